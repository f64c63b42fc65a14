//! Records, files and self-contained keys on a database.

use super::first_column;
use crate::world::World;

const DEVICE: &str = "A1B2C3D4E5F60718";

/// The file of the public key that an answer names.
fn public_key(world: &World, tell: &str) -> &'static str {
    let id = tell.split("keys public ").nth(1).and_then(|rest| rest.split('`').next()).expect("an id");
    std::fs::write(world.path("vendor.pub"), world.db_out(&["keys", "public", id]) + "\n").expect("written");
    "vendor.pub"
}

#[test]
fn each_form_is_issued_renewed_and_verified_offline() {
    for world in World::of_each_database() {
        assert_eq!(world.db(&["secret", "set", "lk", "--secret-env", "SECRET"]).status, 0);
        let file = ["issue", "file", "ABC Traders", DEVICE, "--product", "Versoll Books", "--to", "-"];
        for (issue, signed) in [
            (&["issue", "record", "example.com", "--user", "u-1"][..], true),
            (&file, true),
            (&["issue", "lk1", "--tier", "PRO-10", "--days", "9"], false),
            (&["issue", "lk2", "--tier", "PRO-10", "--company", "Acme", "--expires", "2126-12-31"], false),
            (&["issue", "lk3", "--tier", "PRO-10", "--days", "30"], true),
            (&["issue", "lk3", "--tier", "PRO-10", "--days", "30", "--mac", "--installation", "own"], false),
        ] {
            let issued = world.db_json(issue);
            assert_eq!(issued["check"]["code"], "VALID", "{issue:?}: {issued}");
            let text = issued["license"].as_str().expect("a licence");
            let keys = if signed {
                ["--key", public_key(&world, issued["tell"].as_str().expect("a sentence"))]
            } else {
                ["--secret-env", "SECRET"]
            };
            let verify = |text: &str| world.run_with(&["verify", "-", keys[0], keys[1], "--json"], text);
            assert_eq!(verify(text).json()["code"], "VALID", "{issue:?}");
            let id = issued["kept"]["id"].as_str().expect("an id");
            let renewed = world.db_json(&["license", "renew", id, "--until", "2126-01-01"]);
            let shown = world.db_json(&["license", "show", id]);
            match renewed["newKey"].as_str() {
                // The first version says nothing of its end.
                None => assert_eq!(issue[1], "lk1"),
                Some(form) => {
                    assert_ne!(form, text);
                    assert_eq!(verify(form).json()["code"], "VALID", "{issue:?}");
                    assert_eq!(shown["forms"].as_array().map(Vec::len), Some(2), "{issue:?}: {shown}");
                }
            }
        }
        let second = world.db(&["issue", "record", "example.com", "--type", "Basic", "--json"]);
        assert_eq!(second.failure(), (2, "TAKEN".to_owned()));
        let people = world.db(&["issue", "record", "b.example"]);
        assert!(people.err.contains("kept as") && people.err.contains("keys public"), "{}", people.err);
    }
}

#[test]
fn many_are_issued_one_after_another() {
    for world in World::of_each_database() {
        for (issue, column) in [
            (&["issue", "record", "site-{n}.example"][..], "client_id,license,license_id"),
            (&["issue", "lk1", "--tier", "PRO-10"], "license_key,tier,license_id"),
            (&["issue", "lk2", "--tier", "PRO-10"], "license_key,tier,company,expires,license_id"),
            (&["issue", "lk3", "--tier", "PRO-10"], "license_key,license_id"),
        ] {
            let csv = world.db_out(&[issue, &["--count", "3"]].concat());
            assert_eq!(csv.lines().next(), Some(column));
            assert_eq!(first_column(&csv).len(), 3, "{csv}");
        }
    }
}

#[test]
fn a_file_needs_a_product_that_somebody_named() {
    let world = World::with_keys();
    let issue = ["issue", "file", "ABC", DEVICE];
    let none = world.db(&[&issue[..], &["--json"]].concat());
    assert_eq!(none.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    let remedy = none.json()["error"]["remedy"].to_string();
    assert!(remedy.contains("--product") && remedy.contains("file.product"), "{remedy}");
    std::fs::write(world.path("keyward.toml"), "[file]\nproduct = \"Books\"\n").expect("written");
    assert!(world.db(&issue).err.contains("--product \"Books\""));
    let first = world.db(&[&issue[..], &["--product", "Books"]].concat());
    assert!(first.err.contains("the product Books was made"), "{}", first.err);
    assert!(world.read("ABC.key").contains("payload"));
    let second = world.db(&["issue", "file", "DEF", DEVICE, "--months", "3"]);
    assert_eq!(second.status, 2, "months have their place: {}", second.err);
    let second = world.db(&["issue", "file", "DEF", DEVICE, "3"]);
    assert!(second.status == 0 && !second.err.contains("was made"), "{}", second.err);
    std::fs::write(world.path("GHI.key"), "something else").expect("written");
    let in_the_way = world.db(&["issue", "file", "GHI", DEVICE, "--json"]);
    assert_eq!(in_the_way.failure(), (2, "FILE_EXISTS".to_owned()));
}

#[test]
fn self_contained_keys_made_elsewhere_are_taken_in() {
    let world = World::with_keys();
    world.db_out(&["secret", "set", "lk", "--secret-env", "SECRET"]);
    assert_eq!(world.db_out(&["secret", "show"]), "a secret that both sides share");
    world.db_out(&["keys", "import", "ed.pem", "--product", "lk"]);
    for (form, issue) in [
        ("lk1", &["issue", "lk1", "--tier", "PRO-10", "--secret-env", "SECRET"][..]),
        ("lk2", &["issue", "lk2", "--tier", "PRO-20", "--secret-env", "SECRET"]),
        ("lk3", &["issue", "lk3", "--tier", "PRO-50", "--product", "lk", "--key", "ed.pem"]),
    ] {
        let key = world.out(issue);
        let taken = world.db_json(&["register", form, &key, "--user", "u-1"]);
        assert_eq!(
            (&taken["registered"]["scheme"], &taken["registered"]["user"]),
            (&form.into(), &"u-1".into())
        );
        assert_eq!(world.db(&["register", form, &key, "--json"]).failure(), (2, "TAKEN".to_owned()));
        let other = if form == "lk1" { "lk2" } else { "lk1" };
        let wrong = world.db(&["register", other, &key, "--json"]);
        assert_eq!(wrong.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    }
    let other = world.out(&["issue", "lk2", "--tier", "PRO-20", "--secret-env", "OTHER"]);
    assert_eq!(world.db(&["register", "lk2", &other, "--json"]).failure(), (2, "BAD_SIGNATURE".to_owned()));
}

#[test]
fn what_there_is_is_named_beside_what_there_is_not() {
    let world = World::with_keys();
    let policy = world.db(&["issue", "lk2", "--tier", "GOLD", "--devices", "3"]);
    assert!(policy.err.contains("the policies are"), "{}", policy.err);
    let named = world.db(&["issue", "lk2", "--tier", "GOLD", "--devices", "3", "--policy", "pro-10"]);
    assert_eq!(named.status, 0, "{}", named.err);
    let product = world.db(&["issue", "lk3", "--tier", "PRO-10", "--product", "nothing"]);
    assert!(product.err.contains("the products are"), "{}", product.err);
}
