//! System D's support: files issued, followed, renewed, moved, given out once more, and old ones taken in.

use std::process::Command;

use serde_json::{Value, json};

use crate::world::{Run, World};

const DEVICE: &str = "A1B2C3D4E5F60718";
const OTHER: &str = "0123456789ABCDEF";
const BOOKS: &str = "Versoll Books";

/// A world whose database has the product of files with its key.
fn with_product(world: World) -> World {
    world.db_out(&["keys", "import", "rsa.pem", "--product", BOOKS, "--files"]);
    world
}

fn listed(world: &World, arguments: &[&str]) -> Vec<Value> {
    let page = world.db_json(&[&["license", "list"], arguments].concat());
    page["licenses"].as_array().expect("a list").clone()
}

fn error(run: &Run) -> String {
    run.json()["error"].to_string()
}

#[test]
fn support_follows_a_file_from_its_issue_to_its_end() {
    for world in World::of_each_database().into_iter().map(with_product) {
        let issued = world.db_json(&["issue", "file", "ABC Traders", DEVICE, "--now", "2026-01-01"]);
        let id = issued["kept"]["id"].as_str().expect("an id");
        let first = world.read("ABC Traders.key");

        let one = listed(&world, &["--scheme", "file", "--now", "2026-02-01"]);
        let [one] = one.as_slice() else { panic!("{one:?}") };
        assert_eq!(
            (&one["customer"], &one["device"], &one["status"], &one["daysLeft"], &one["graceUntil"]),
            (
                &json!("ABC Traders"),
                &json!(DEVICE),
                &json!("VALID"),
                &json!(334),
                &json!("2027-01-16T00:00:00Z")
            )
        );
        let soon = |now| listed(&world, &["--scheme", "file", "--expires-within", "30d", "--now", now]).len();
        assert_eq!((soon("2026-12-01"), soon("2026-12-02"), soon("2027-01-02")), (0, 1, 0));
        let expired = listed(&world, &["--expired", "--now", "2027-01-10"]);
        assert_eq!(expired[0]["status"], "GRACE_PERIOD");
        for (word, found) in [("abc", 1), ("trad abc", 1), ("raders", 0)] {
            assert_eq!(listed(&world, &[word]).len(), found, "{word}");
        }

        // The renewal takes the place of the customer's file, and both are shown.
        let renewed = world.db_json(&[
            "license",
            "renew",
            "ABC Traders.key",
            "--until",
            "2028-01-01",
            "--now",
            "2026-12-10",
        ]);
        assert_eq!(renewed["file"], "ABC Traders.key");
        let message = renewed["message"].as_str().expect("a sentence");
        assert!(
            message.contains("must get the new file") && message.contains("the old one goes on"),
            "{message}"
        );
        let second = world.read("ABC Traders.key");
        assert_ne!(first, second);
        let shown = world.db_with(&["license", "show", "-", "--json"], &first).json();
        assert_eq!(shown["id"], id, "the old file still finds its licence");
        let forms = shown["forms"].as_array().expect("forms");
        assert_eq!(forms.len(), 2);
        assert_eq!(
            (&forms[0]["superseded"], &forms[1]["superseded"]),
            (&json!("2026-12-10T00:00:00Z"), &json!(null))
        );
        assert!(
            forms.iter().all(|form| form["device"] == DEVICE && form["signedBy"].is_string()),
            "{forms:?}"
        );

        // The customer lost it.
        std::fs::remove_file(world.path("ABC Traders.key")).expect("removed");
        world.db_out(&["license", "file", id]);
        assert_eq!(world.read("ABC Traders.key"), second);
        assert_eq!(world.db_out(&["license", "file", id, "--to", "-"]), second);
        let log = world.db_out(&["audit", "log", "--json"]);
        assert!(log.contains("license.reveal"), "{log}");
        let by_name = world.db(&["license", "file", "XYZ Corp"]);
        assert!(
            by_name.status != 0 && by_name.err.contains("`keyward license list NAME`"),
            "{}",
            by_name.err
        );

        // The customer has another device.
        let moved = world.db_json(&["license", "transfer", id, "--device", OTHER]);
        assert!(moved["newKey"].as_str().expect("a form").contains(OTHER));
        assert!(world.read("ABC Traders.key").contains(OTHER));
        assert_eq!(
            (listed(&world, &["--device", "0123"]).len(), listed(&world, &["--device", "A1B2"]).len()),
            (1, 0)
        );

        let revoked = world.db_json(&["license", "revoke", id]);
        let message = revoked["message"].as_str().expect("a sentence");
        assert!(message.contains("goes on working until 2028-01-01"), "{message}");
        assert_eq!(listed(&world, &["--status", "revoked"])[0]["status"], "REVOKED");
        assert!(listed(&world, &["--status", "active"]).is_empty());
        let verified = world.db(&["verify", "ABC Traders.key", "--now", "2027-01-01", "--json"]);
        let answer = verified.json();
        assert_eq!(
            (verified.status, &answer["valid"], &answer["online"]["code"], &answer["offline"]["code"]),
            (1, &json!(false), &json!("REVOKED"), &json!("VALID"))
        );
        world.db_out(&["license", "reinstate", id]);
        let people = world.db(&["verify", "ABC Traders.key", "--now", "2027-01-01"]);
        assert!(people.status == 0 && people.out.contains("offline"), "{}{}", people.out, people.err);
    }
}

#[test]
fn no_file_of_somebody_else_is_replaced() {
    let world = with_product(World::with_keys());
    let issued = world.db_json(&["issue", "file", "DEF", DEVICE, "--to", "-"]);
    let id = issued["kept"]["id"].as_str().expect("an id");
    world.db_out(&["issue", "file", "GHI", OTHER, "--to", "DEF.key"]);
    let theirs = world.read("DEF.key");
    for change in [&["renew", id][..], &["transfer", id, "--device", OTHER], &["file", id]] {
        let run = world.db(&[&["license"], change, &["--json"]].concat());
        assert_eq!(run.failure(), (2, "FILE_EXISTS".to_owned()), "{change:?}");
    }
    assert_eq!(world.read("DEF.key"), theirs);
    let shown = world.db_json(&["license", "show", id]);
    assert_eq!(shown["forms"].as_array().map(Vec::len), Some(1), "nothing was changed");
    let again = world.db(&["issue", "file", "DEF", DEVICE, "--to", "-"]);
    assert!(again.err.contains(&format!("license renew {id}")), "{}", again.err);
}

#[test]
fn pages_of_a_list_follow_each_other() {
    let world = World::with_keys();
    world.db_out(&["issue", "pool", "--count", "5", "--duration", "1m", "--format", "csv"]);
    let (mut seen, mut after) = (Vec::new(), Vec::new());
    loop {
        let page = world.db_json(&[&["license", "list", "--limit", "2"], after.as_slice()].concat());
        seen.extend(page["licenses"].as_array().expect("a list").iter().map(|it| it["id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        after = vec!["--after", next.to_owned().leak()];
    }
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let wrong = world.db(&["license", "list", "--after", "nonsense", "--json"]);
    assert_eq!(wrong.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    let unknown = world.db(&["license", "list", "--product", "nothing", "--json"]);
    assert_eq!(unknown.failure(), (2, "NOT_FOUND".to_owned()));
}

#[test]
fn files_and_records_made_elsewhere_are_rehearsed_and_taken_in() {
    for world in World::of_each_database() {
        let make = |to: &str, months: &str, now: &str| {
            let to = ["--key", "rsa.pem", "--product", BOOKS, "--to", to, "--now", now];
            world.out(&[&["issue", "file", "ABC", DEVICE, months][..], &to].concat())
        };
        make("old.key", "12", "2025-01-01");
        make("new.key", "24", "2026-01-01");
        let check = |form: &str| world.db(&["keys", "check", form, "--now", "2026-01-10", "--json"]);
        let none = check("old.key");
        assert_eq!((none.status, &none.json()["verifies"]), (1, &json!(false)), "{}", none.out);
        assert!(none.json()["help"].to_string().contains("keys import FILE --product"), "{}", none.out);
        let refused = world.db(&["register", "file", "old.key", "--json"]);
        assert_eq!(refused.failure(), (2, "UNKNOWN_SIGNER".to_owned()));
        assert!(error(&refused).contains("keyward keys import"), "{}", refused.out);
        let no_product = world.db(&["keys", "import", "rsa.pub", "--product", BOOKS, "--json"]);
        assert!(error(&no_product).contains("--files"), "{}", no_product.out);
        world.db_out(&["keys", "import", "rsa.pub", "--product", BOOKS, "--files"]);
        let fits = check("old.key");
        let answer = fits.json();
        assert_eq!(
            (fits.status, &answer["madeWith"]["product"], &answer["madeWith"]["state"]),
            (0, &json!(BOOKS), &json!("verify_only"))
        );
        assert_eq!((&answer["registered"], &answer["license"]["holder"]), (&json!(null), &json!("ABC")));
        assert_eq!(answer["answer"], "GRACE_PERIOD (offline, on its own device)");

        // The newer one first: the older one becomes its older form.
        let taken = world.db_json(&["register", "file", "new.key", "old.key"]);
        assert_eq!(taken["registered"].as_array().map(Vec::len), Some(2), "{taken}");
        let one = listed(&world, &["--scheme", "file", "--now", "2026-06-01"]);
        assert_eq!((one.len(), &one[0]["expires"]), (1, &json!("2028-01-01T00:00:00Z")));
        let shown = world.db_json(&["license", "show", "old.key"]);
        let forms = shown["forms"].as_array().expect("forms");
        assert_eq!(
            (forms[0]["issued"].as_str(), forms[0]["superseded"].as_str()),
            (Some("2025-01-01T00:00:00Z"), Some("2026-01-01T00:00:00Z"))
        );
        assert_eq!(
            (forms[1]["issued"].as_str(), forms[1]["superseded"].as_str()),
            (Some("2026-01-01T00:00:00Z"), None)
        );
        let again = world.db(&["register", "file", "old.key", "--json"]);
        assert_eq!(again.failure(), (2, "TAKEN".to_owned()));
        assert_eq!(check("old.key").json()["superseded"], "2026-01-01T00:00:00Z");

        let record = world.out(&[
            "issue",
            "record",
            "example.com",
            "--key",
            "rsa.pem",
            "--days",
            "30",
            "--type",
            "Pro",
        ]);
        std::fs::write(world.path("record.json"), &record).expect("written");
        let refused = world.db(&["register", "record", "record.json", "--json"]);
        assert_eq!(refused.failure(), (2, "UNKNOWN_SIGNER".to_owned()));
        world.db_out(&["keys", "import", "rsa1.pem", "--product", "records"]);
        let taken = world.db_json(&["register", "record", "record.json"]);
        assert_eq!(
            (&taken["registered"]["subject"], &taken["registered"]["policy"]),
            (&json!("example.com"), &json!("pro"))
        );
        for name in [&["example.com"][..], &["example.com", "--subject"], &["record.json"]] {
            assert_eq!(world.db_json(&[&["license", "show"], name].concat())["subject"], "example.com");
        }
        assert_eq!(check("record.json").json()["answer"], "success: License is valid.");
        let unknown = world.db(&["license", "show", "nobody.example", "--json"]);
        assert_eq!(unknown.status, 2, "{}", unknown.out);
    }
}

#[test]
fn secrets_of_the_older_systems_are_rehearsed() {
    let world = World::with_keys();
    let tier = world.out(&["issue", "tier", "pro", "--secret-env", "SECRET"]);
    let lk2 = world.out(&["issue", "lk2", "--tier", "PRO-10", "--secret-env", "SECRET"]);
    for (key, product) in [(&tier, "tier"), (&lk2, "lk")] {
        let none = world.db(&["keys", "check", key]);
        assert!(none.status == 1 && none.out.contains(&format!("secret set {product}")), "{}", none.out);
        world.db_out(&["secret", "set", product, "--secret-env", "SECRET"]);
        let fits = world.db(&["keys", "check", key]);
        assert_eq!(fits.status, 0, "{}", fits.out);
    }
    assert_eq!(world.db_json(&["keys", "check", &tier])["answer"], "401 License not found");
    world.db_out(&["register", "tier", &tier]);
    assert_eq!(world.db_json(&["keys", "check", &tier])["answer"], "200 valid");
    assert_eq!(world.db(&["keys", "check", "hello", "--json"]).failure(), (2, "MALFORMED".to_owned()));
}

/// Runs OpenSSL's command in the world's directory.
fn openssl(world: &World, arguments: &str) {
    let run = Command::new("openssl").args(arguments.split(' ')).current_dir(&world.directory).output();
    let run = run.expect("OpenSSL's command is installed");
    assert!(run.status.success(), "{arguments}: {}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn keys_are_taken_in_as_openssl_writes_them() {
    let world = World::new();
    for command in [
        "genrsa -traditional -out one.pem 2048",
        "genrsa -out two.pem 3072",
        "rsa -in two.pem -aes256 -passout pass:secret -traditional -out locked1.pem",
        "pkcs8 -topk8 -in two.pem -passout pass:secret -out locked8.pem",
        "genrsa -out three.pem 2048",
        "rsa -in three.pem -pubout -out three.pub",
        "genrsa -out four.pem 2048",
        "rsa -in four.pem -RSAPublicKey_out -out four.pub",
        "genrsa -out small.pem 1024",
        "genpkey -algorithm ed25519 -out ed.pem",
        "genpkey -algorithm ed25519 -out other.pem",
        "pkey -in other.pem -pubout -out other.pub",
    ] {
        openssl(&world, command);
    }
    for (file, says) in [
        ("one.pem", "signs from now on"),
        ("two.pem", "signs from now on"),
        ("ed.pem", "signs from now on"),
        ("three.pub", "verifies from now on, and signs nothing"),
        ("four.pub", "verifies from now on, and signs nothing"),
        ("other.pub", "verifies from now on, and signs nothing"),
        ("small.pem", "it is smaller than 2048 bits"),
    ] {
        let out = world.db_out(&["keys", "import", file]);
        assert!(out.contains(says), "{file}: {out}");
    }
    for file in ["locked1.pem", "locked8.pem"] {
        let run = world.db(&["keys", "import", file, "--json"]);
        assert_eq!(run.failure(), (2, "KEY_FILE".to_owned()));
        assert!(error(&run).contains("openssl pkey -in"), "{}", run.out);
    }
}

#[test]
fn a_folder_of_files_is_moved_in() {
    for world in World::of_each_database() {
        std::fs::create_dir(world.path("old")).expect("a folder");
        for (name, customer, now, key) in [
            ("a", "ABC", "2025-01-01", "rsa.pem"),
            ("a2", "ABC", "2026-01-01", "rsa.pem"),
            ("b", "Müller 株式会社", "2026-01-01", "rsa.pem"),
        ] {
            let to = format!("old/{name}.key");
            let rest = ["--key", key, "--product", BOOKS, "--to", &to, "--now", now];
            world.out(&[&["issue", "file", customer, DEVICE][..], &rest].concat());
        }
        std::fs::write(world.path("old/notes.txt"), "nothing").expect("written");
        let import = |more: &[&str]| {
            world.db(&[&["import", "D", "--from", "old", "--now", "2026-02-01", "--json"], more].concat())
        };
        let no_product = import(&[]);
        assert!(no_product.status == 2 && error(&no_product).contains("--files"), "{}", no_product.out);
        world.db_out(&["keys", "import", "ed.pem", "--product", BOOKS, "--files"]);
        assert_eq!(import(&[]).failure(), (2, "UNKNOWN_SIGNER".to_owned()));
        world.db_out(&["keys", "import", "rsa.pub", "--product", BOOKS]);

        std::fs::write(world.path("old/c.key"), world.read("old/b.key").replace("YEARLY", "FOREVER"))
            .expect("written");
        let refused = import(&[]);
        assert_eq!((refused.status, &refused.json()["refused"]), (1, &json!(true)), "{}", refused.out);
        assert_eq!(refused.json()["skipped"][0]["rows"][0]["id"], "c.key");
        assert!(listed(&world, &[]).is_empty());
        std::fs::remove_file(world.path("old/c.key")).expect("removed");

        let dry = import(&["--dry-run"]).json();
        assert_eq!(
            (&dry["imported"], &dry["forms"], &dry["ignored"]),
            (&json!(2), &json!(1), &json!(1)),
            "{dry}"
        );
        assert!(listed(&world, &[]).is_empty());
        let done = import(&[]).json();
        assert_eq!(
            (&done["read"], &done["imported"], &done["forms"]),
            (&json!(3), &json!(2), &json!(1)),
            "{done}"
        );
        let all = listed(&world, &["--now", "2026-02-01"]);
        let customers: Vec<_> = all.iter().map(|it| it["customer"].as_str().unwrap_or_default()).collect();
        assert_eq!(customers, ["ABC", "Müller 株式会社"]);
        assert!(all.iter().all(|it| it["status"] == "VALID"), "{all:?}");
        let shown = world.db_json(&["license", "show", "old/a.key"]);
        assert_eq!(shown["forms"].as_array().map(Vec::len), Some(2));
        let over = world.db(&["verify", "old/a.key", "--now", "2026-02-01", "--json"]).json();
        assert_eq!((&over["valid"], &over["offline"]["code"]), (&json!(true), &json!("EXPIRED")), "{over}");
        assert_eq!(world.db_json(&["verify", "old/a2.key", "--now", "2026-02-01"])["valid"], true);

        let again = import(&[]).json();
        assert_eq!((&again["imported"], &again["skippedCount"]), (&json!(0), &json!(3)), "{again}");
        assert_eq!(again["skipped"][0]["reason"], "ALREADY_HERE");
    }
}
