//! Every form: issued, and verified with the same key.

use crate::world::World;

const LK3: [&str; 6] = ["issue", "lk3", "--product", "acme", "--tier", "PRO"];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

#[test]
fn each_form_is_issued_and_verified() {
    let world = World::with_keys();
    let secret = ["--secret-env", "SECRET"];
    for (issue, keys) in [
        (vec!["issue", "record", "example.com", "--key", "rsa.pem"], ["--key", "rsa.pub"]),
        (
            vec!["issue", "record", "example.com", "--type", "Premium", "--key", "rsa1.pem"],
            ["--key", "rsa.pem"],
        ),
        (vec!["issue", "tier", "pro", "--secret-env", "SECRET"], secret),
        (vec!["issue", "lk1", "--tier", "PRO-10", "--secret-env", "SECRET"], secret),
        (vec!["issue", "lk2", "--tier", "PRO-10", "--secret-env", "SECRET"], secret),
        (with(&LK3, &["--key", "ed.pem"]), ["--key", "ed.pem"]),
        (with(&LK3, &secret), secret),
        (with(&LK3, &["--secret-env", "SECRET", "--encrypt"]), secret),
    ] {
        let license = world.out(&issue);
        let run = world.run_with(&["verify", "-", keys[0], keys[1], "--json"], &license);
        assert_eq!(run.status, 0, "{issue:?}: {}{}", run.out, run.err);
        assert_eq!(run.json()["code"], "VALID", "{issue:?}");
        let inspected = world.run_with(&["inspect", "-", "--secret-env", "SECRET"], &license);
        assert_eq!(inspected.status, 0, "{issue:?}: {}", inspected.err);
    }
}

#[test]
fn a_signed_and_encrypted_key_needs_both_keys() {
    let world = World::with_keys();
    let more = ["--key", "ed.pem", "--secret-env", "SECRET", "--encrypt", "--company", "Acme"];
    let license = world.out(&with(&LK3, &more));
    let both = world.run(&["verify", &license, "--key", "ed.pem", "--secret-env", "SECRET", "--json"]);
    assert_eq!(both.json()["license"]["holder"], "Acme");
    let signature_only = world.run(&["verify", &license, "--key", "ed.pem", "--json"]).json();
    assert_eq!(signature_only["reason"], "CANNOT_DECRYPT");
    let secret_only = world.run(&["verify", &license, "--secret-env", "SECRET", "--json"]).json();
    assert_eq!(secret_only["reason"], "SEAL_NOT_ACCEPTED");
}

#[test]
fn a_secret_beside_a_public_key_decrypts_and_does_not_seal() {
    let world = World::with_keys();
    let forged = world.out(&with(&LK3, &["--secret-env", "SECRET"]));
    let verify = ["verify", &forged, "--secret-env", "SECRET", "--json"];
    assert_eq!(world.run(&verify).json()["code"], "VALID");
    let both = world.run(&with(&verify, &["--key", "ed.pem"]));
    assert_eq!((both.status, both.json()["reason"].as_str()), (1, Some("SEAL_NOT_ACCEPTED")));
}

#[test]
fn a_licence_says_all_that_was_asked_for() {
    let world = World::with_keys();
    let license = world.out(&with(
        &LK3,
        &[
            "--key",
            "ed.pem",
            "--company",
            "Zoë & Söhne",
            "--devices",
            "7",
            "--days",
            "30",
            "--grace",
            "5",
            "--feature",
            "export",
            "--feature",
            "sso",
            "--limit",
            "api_calls=1000",
            "--pool",
            "floor=5@2026-01-15",
            "--device",
            "D1",
            "--now",
            "2026-01-01",
            "--trial",
        ],
    ));
    let run = world.run(&["verify", &license, "--key", "ed.pem", "--now", "2026-01-02", "--json"]);
    let said = run.json();
    assert_eq!(said["code"], "TRIAL");
    assert_eq!(said["expiry"], "2026-01-31T00:00:00Z");
    assert_eq!(said["graceUntil"], "2026-02-05T00:00:00Z");
    assert_eq!(said["daysLeft"], 29);
    let license = &said["license"];
    assert_eq!(license["holder"], "Zoë & Söhne");
    assert_eq!(license["maxDevices"], 7);
    assert_eq!(license["features"], serde_json::json!(["export", "sso"]));
    assert_eq!(license["limits"]["api_calls"], 1000);
    assert_eq!(license["pools"][0]["expires"], "2026-01-15T00:00:00Z");
    assert_eq!(license["device"], "D1");
}

#[test]
fn premium_takes_the_text_profile_and_never_the_other() {
    let world = World::with_keys();
    let record =
        world.out(&["issue", "record", "a.example", "--type", "Premium", "--days", "5", "--key", "rsa.pem"]);
    assert!(record.contains(r#""exp": "Never""#), "{record}");
    let run = world.run(&[
        "issue",
        "record",
        "a.example",
        "--type",
        "Premium",
        "--profile",
        "epoch",
        "--key",
        "rsa.pem",
        "--json",
    ]);
    assert_eq!(run.status, 2);
    assert_eq!(run.json()["error"]["code"], "INVALID_DURATION");
}

#[test]
fn keys_of_the_wrong_kind_and_too_small_ones_do_not_sign() {
    let world = World::with_keys();
    for (arguments, code) in [
        (with(&LK3, &["--key", "rsa.pem"]), "WRONG_KEY"),
        (vec!["issue", "record", "a", "--key", "ed.pem"], "WRONG_KEY"),
        (vec!["issue", "record", "a", "--key", "small.pem"], "KEY_FILE"),
        (vec!["issue", "record", "a", "--key", "rsa.pub"], "KEY_FILE"),
        (vec!["issue", "record", "a", "--key", "nowhere.pem"], "FILE"),
        (vec!["issue", "lk3", "--tier", "PRO-10", "--offline"], "INVALID_ARGUMENT"),
        (vec!["issue", "lk2", "--tier", "PRO-10", "--offline"], "NO_KEY"),
        (vec!["issue", "record", "a", "--key", "rsa.pem", "--user", "u"], "INVALID_ARGUMENT"),
        (vec!["issue", "record", "a", "--offline"], "NO_KEY"),
        (vec!["issue", "tier", "pro", "--secret-env", "NOT_SET"], "SECRET"),
        (vec!["issue", "tier", "pro plus", "--secret-env", "SECRET"], "MALFORMED"),
        (vec!["issue", "lk2", "--tier", "GOLD", "--secret-env", "SECRET"], "INVALID_ARGUMENT"),
        (vec!["issue", "lk2", "--batch", "PRO-10", "", "soon", "", "secret"], "MALFORMED"),
        (
            vec!["issue", "lk2", "--tier", "PRO-10", "--secret-env", "SECRET", "--out", "x"],
            "INVALID_ARGUMENT",
        ),
        (vec!["issue", "lk2", "--count", "2", "--secret-env", "SECRET"], "INVALID_ARGUMENT"),
        (with(&LK3, &["--key", "ed.pem", "--secret-env", "SECRET"]), "INVALID_ARGUMENT"),
        (
            with(&LK3, &["--key", "ed.pem", "--expires", "2026-01-01", "--not-before", "2026-01-02"]),
            "INVALID_ARGUMENT",
        ),
        (vec!["issue", "pool", "--offline", "--count", "99999999999"], "TOO_MANY"),
        (vec!["issue", "record", "a", "--days", "99999999999", "--key", "rsa.pem"], "DATE_OUT_OF_RANGE"),
    ] {
        let run = world.run(&with(&arguments, &["--json"]));
        assert_eq!(run.status, 2, "{arguments:?}");
        assert_eq!(run.json()["error"]["code"], code, "{arguments:?}: {}", run.out);
        assert!(run.json()["error"]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    }
}

#[test]
fn a_key_too_small_to_sign_still_verifies_what_it_signed() {
    let world = World::with_keys();
    let vectors: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(crate::world::testdata("vectors/format_a.json")).expect("the vectors"),
    )
    .expect("the vectors are JSON");
    let cases = vectors["cases"].as_array().expect("cases");
    let case = cases.iter().find(|case| case["name"] == "valid_small_key_512").expect("the case");
    let record = case["inputs"]["licence_json"].as_str().expect("a text");
    let run = world.run_with(&["verify", "-", "--key", "small.pem", "--now", "2025-04-01", "--json"], record);
    assert_eq!(run.json()["code"], "VALID");
}

#[test]
fn secrets_of_public_documents_are_warned_about() {
    let world = World::with_keys();
    std::fs::write(world.path("sample"), "XoYgqu2wJYVZVg5AdWO9NqhKM52qXQ_ob9oeWMVeYhw=\n").expect("written");
    let run = world.run(&["issue", "tier", "pro", "--secret-file", "sample"]);
    assert_eq!(run.status, 0);
    assert!(run.err.contains("public document"), "{}", run.err);
    assert!(!run.err.contains("XoYgqu2w"), "the secret itself is not repeated");
}
