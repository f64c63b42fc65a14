//! Stored keys, the master key, and secrets.

use crate::world::World;

const PASSPHRASE: [&str; 2] = ["--passphrase-env", "SECRET"];

#[test]
fn keys_are_imported_rotated_exported_and_retired() {
    for world in World::of_each_database() {
        let imported = world.db_json(&["keys", "import", "rsa.pem", "--product", "records"]);
        assert_eq!((&imported["state"], &imported["product"]), (&"active".into(), &"records".into()));
        let id = imported["id"].as_str().expect("an id");
        assert_eq!(world.db_out(&["keys", "public", id]), world.read("rsa.pub").trim_end());
        let again = world.db(&["keys", "import", "rsa.pem", "--product", "records", "--json"]);
        assert_eq!(again.failure(), (2, "TAKEN".to_owned()));
        let small = world.db_out(&["keys", "import", "small.pem", "--product", "records"]);
        assert!(small.contains("signs nothing"), "{small}");

        let rotated = world.db_json(&["keys", "rotate", id]);
        assert_ne!(rotated["id"], imported["id"]);
        let list = world.db_json(&["keys", "list"]);
        let state = |id: &str| {
            let key = list.as_array().expect("a list").iter().find(|key| key["id"] == id).expect("the key");
            key["state"].as_str().expect("a state").to_owned()
        };
        assert_eq!(
            (state(id), state(rotated["id"].as_str().expect("an id"))),
            ("verify_only".into(), "active".into())
        );
        assert!(world.db_out(&["keys", "list"]).contains("verify_only"));

        let export = ["keys", "export", id, "--out", "key.sealed"];
        let told = world.db_out(&[&export[..], &PASSPHRASE].concat());
        assert!(told.contains("passphrase"), "{told}");
        assert!(!world.read("key.sealed").contains("PRIVATE KEY"));
        let wrong =
            ["keys", "import", "key.sealed", "--product", "pool", "--passphrase-env", "OTHER", "--json"];
        assert_eq!(world.db(&wrong).failure(), (2, "PASSPHRASE_WRONG".to_owned()));
        let back = ["keys", "import", "key.sealed", "--product", "pool"];
        let back = world.db_json(&[&back[..], &PASSPHRASE].concat());
        assert_eq!(back["keyId"], imported["keyId"]);
        let short = world.db_with(&["keys", "export", id, "--json"], "short\n");
        assert_eq!(short.failure(), (2, "PASSPHRASE_TOO_SHORT".to_owned()));

        assert_eq!(world.db_json(&["keys", "retire", id])["state"], "retired");
        let rsa = world.db_json(&["keys", "rotate", "--algorithm", "rsa", "--product", "records"]);
        assert_eq!(rsa["state"], "active");
        let unknown = world.db(&["keys", "retire", "00000000-0000-7000-8000-000000000000", "--json"]);
        assert_eq!(unknown.failure(), (2, "NOT_FOUND".to_owned()));
    }
}

#[test]
fn the_master_key_is_exchanged_and_written_under_a_passphrase() {
    for world in World::of_each_database() {
        let key = world.db_out(&["issue", "tier", "pro"]);
        let before = world.read("data/master.key");
        let rotated = world.db_json(&["keys", "rotate-master"]);
        let after = world.read("data/master.key");
        assert_ne!(before, after);
        let kept = rotated["previous"].as_str().expect("a file");
        assert_eq!(world.read(kept), before);
        assert_eq!(world.db_json(&["license", "show", &key])["verdicts"]["run"]["valid"], true);
        let old = [("KEYWARD_MASTER_KEY", before.trim())];
        let mut show = vec!["license", "show", &key, "--json", "--data", "data"];
        let url = world.url();
        show.extend(url.into_iter().flat_map(|url| ["--database", url]));
        assert_eq!(world.run_in(&old, &show, "").failure(), (2, "MASTER_KEY_WRONG".to_owned()));
        let sealed = world.db_out(&[&["keys", "export-master"][..], &PASSPHRASE].concat());
        assert!(sealed.contains("KEYWARD SEALED KEY") && !sealed.contains(after.trim()), "{sealed}");
    }
}

#[test]
fn a_lost_master_key_comes_back_from_its_export() {
    for world in World::of_each_database() {
        let key = world.db_out(&["issue", "tier", "pro"]);
        let master = world.read("data/master.key");
        let export = ["keys", "export-master", "--out", "master.sealed"];
        world.db_out(&[&export[..], &PASSPHRASE].concat());
        let import = ["keys", "import-master", "master.sealed"];
        let there = world.db(&[&import[..], &PASSPHRASE, &["--json"]].concat());
        assert_eq!(there.failure(), (2, "MASTER_KEY_FILE".to_owned()), "one that is there stays");

        std::fs::remove_file(world.path("data/master.key")).expect("it is lost");
        assert_eq!(world.db(&["keys", "list", "--json"]).failure(), (2, "MASTER_KEY_MISSING".to_owned()));
        let wrong = world.db(&[&import[..], &["--passphrase-env", "OTHER", "--json"]].concat());
        assert_eq!(wrong.failure(), (2, "PASSPHRASE_WRONG".to_owned()));
        let told = world.db_out(&[&import[..], &PASSPHRASE].concat());
        assert!(told.contains("master.key") && !told.contains(master.trim()), "{told}");
        assert_eq!(world.read("data/master.key"), master);
        assert_eq!(world.db_json(&["license", "show", &key])["verdicts"]["run"]["valid"], true);

        let elsewhere = world.db_json(&[&import[..], &PASSPHRASE, &["--out", "copy.key"]].concat());
        assert_eq!((&elsewhere["file"], world.read("copy.key")), (&"copy.key".into(), master));
        let id = world.db_json(&["keys", "rotate", "--algorithm", "ed25519"])["id"].clone();
        let other = ["keys", "export", id.as_str().expect("an id"), "--out", "other.sealed"];
        world.db_out(&[&other[..], &PASSPHRASE].concat());
        let other = ["keys", "import-master", "other.sealed", "--out", "no.key", "--json"];
        assert_eq!(
            world.db(&[&other[..], &PASSPHRASE].concat()).failure(),
            (2, "INVALID_ARGUMENT".to_owned())
        );
        assert!(!world.path("no.key").exists());
    }
}

#[test]
fn a_secret_is_set_until_something_was_made_with_it() {
    for world in World::of_each_database() {
        let set = |variable: &str, product: &str| {
            world.db(&["secret", "set", product, "--secret-env", variable, "--json"])
        };
        assert_eq!(set("OTHER", "tier").status, 0);
        assert_eq!(set("SECRET", "tier").status, 0);
        let key = world.db_out(&["issue", "tier", "pro"]);
        assert_eq!(world.run(&["verify", &key, "--secret-env", "SECRET"]).status, 0);
        assert_eq!(set("SECRET", "tier").status, 0, "the same one again");
        assert_eq!(set("OTHER", "tier").failure(), (2, "SECRET_IN_USE".to_owned()));
        assert_eq!(set("SECRET", "lk").status, 0);
        assert_eq!(set("SECRET", "nothing").failure(), (2, "NOT_FOUND".to_owned()));
        assert_eq!(set("MISSING", "tier").failure(), (2, "SECRET".to_owned()));
        let public = "installation-key\n";
        let refused = world.db_with(&["secret", "set", "lk", "--json"], public);
        assert_eq!(refused.failure(), (2, "PUBLIC_SECRET".to_owned()));
        let accepted = world.db_with(&["secret", "set", "lk", "--accept-public-secret"], public);
        assert_eq!(accepted.status, 0, "{}", accepted.err);
        assert!(!accepted.out.contains("installation-key") && !accepted.err.contains("installation-key"));
        assert!(world.db(&["keys", "list"]).err.contains("public document"));
    }
}
