//! `issue lk2` and `issue file` as the original generators of systems E and D work.

use crate::world::World;

const DEVICE: &str = "DCF11F6D6E393616";

fn key(letter: &str) -> String {
    let line = letter.lines().find_map(|line| line.strip_prefix("License Key: "));
    line.unwrap_or_else(|| panic!("no key in {letter}")).to_owned()
}

#[test]
fn lk2_asks_all_that_the_original_asks() {
    let world = World::with_keys();
    let answers = "a secret that both sides share\n1\nAcme Corporation\n2026-12-31\nAnnual subscription\n";
    let run = world.run_with(&["issue", "lk2", "--now", "2025-12-27", "--sql"], answers);
    assert_eq!(run.status, 0, "{}", run.err);
    for line in [
        "  Decoded Tier: PRO-10",
        "  Decoded Max Devices: 10",
        "  Decoded Company: Acme Corporation",
        "  Decoded Expiry: 2026-12-31",
        "  Issued Date: 2025-12-27",
        "  Notes (not in the key): Annual subscription",
        "  Hello Acme Corporation,",
    ] {
        assert!(run.out.lines().any(|found| found == line), "{line} is missing in {}", run.out);
    }
    assert!(run.out.contains("INSERT INTO \"Licenses\""), "{}", run.out);
    assert!(!run.out.contains("a secret that"), "the secret is not shown");
    let verdict =
        world.run(&["verify", &key(&run.out), "--secret-env", "SECRET", "--now", "2026-01-01", "--json"]);
    assert_eq!(verdict.json()["code"], "VALID");
}

#[test]
fn what_was_said_before_the_questions_counts() {
    let world = World::with_keys();
    let run = world.run_with(&["issue", "lk2", "--devices", "7", "--secret-env", "SECRET"], "1\n\n\n\n");
    assert!(run.out.contains("Decoded Max Devices: 7"), "{}{}", run.out, run.err);
}

#[test]
fn lk2_stops_a_script_that_answers_wrongly() {
    let world = World::with_keys();
    for answers in ["", "secret\n9\n", "secret\nPRO-10\nAcme\nnext year\n", "\n1\n\n\n\n"] {
        let run = world.run_with(&["issue", "lk2"], answers);
        assert_eq!(run.status, 2, "{answers:?}");
        assert!(!run.out.contains("LK-2-"), "{answers:?}");
    }
}

#[test]
fn lk2_takes_the_originals_batch() {
    let world = World::with_keys();
    let batch =
        ["issue", "lk2", "--now", "2024-06-01", "--batch", "PRO-10", "Test Co", "2025-01-01", "Expired test"];
    let given = world.run(&[&batch[..], &["on the command line"]].concat());
    assert_eq!(given.status, 0, "{}", given.err);
    assert!(given.err.contains("process lists"), "{}", given.err);
    let from_env = world.run(&[&batch[..], &["--secret-env", "SECRET"]].concat());
    assert_eq!(from_env.status, 0, "{}", from_env.err);
    assert!(!from_env.err.contains("process lists"));
    let verdict = world.run(&[
        "verify",
        &key(&from_env.out),
        "--secret-env",
        "SECRET",
        "--now",
        "2025-01-02",
        "--json",
    ]);
    assert_eq!(verdict.json()["code"], "EXPIRED");
    let perpetual = world.run(&["issue", "lk2", "--batch", "PRO-10", "", "", "", "--secret-env", "SECRET"]);
    assert!(perpetual.out.contains("Decoded Expiry: Perpetual"), "{}{}", perpetual.out, perpetual.err);
    assert!(perpetual.out.contains("your license (PRO-10, 10 devices) never expires."), "{}", perpetual.out);
}

#[test]
fn two_equal_orders_are_two_keys() {
    let world = World::with_keys();
    for order in [
        &["issue", "lk2", "--tier", "pro-10", "--company", "A", "--secret-env", "SECRET"][..],
        &["issue", "lk3", "--product", "p", "--company", "A", "--secret-env", "SECRET"],
    ] {
        assert_ne!(world.out(order), world.out(order), "{order:?}");
    }
}

#[test]
fn sql_and_file_are_fields_of_the_json() {
    let world = World::with_keys();
    let lk2 = ["issue", "lk2", "--tier", "PRO-10", "--secret-env", "SECRET", "--sql", "--json"];
    assert!(world.run(&lk2).json()["sql"].as_str().is_some_and(|sql| sql.starts_with("INSERT")));
    let file = ["issue", "file", "A", DEVICE, "--product", "B", "--key", "rsa.pem", "--json"];
    let said = world.run(&file).json();
    assert_eq!(said["file"], "A.key");
    assert_eq!(said["license"], world.read("A.key"));
}

#[test]
fn a_date_in_the_past_is_issued_with_a_warning() {
    let world = World::with_keys();
    let run =
        world.run(&["issue", "lk2", "--tier", "PRO-10", "--expires", "2020-01-01", "--secret-env", "SECRET"]);
    assert_eq!(run.status, 0);
    assert!(run.err.contains("already expired"), "{}", run.err);
}

#[test]
fn sql_quotes_what_a_company_may_be_called() {
    let world = World::with_keys();
    let company = "O'Brien'); DROP TABLE \"Licenses\"; --";
    let run = world.run(&[
        "issue",
        "lk2",
        "--tier",
        "PRO-10",
        "--company",
        company,
        "--secret-env",
        "SECRET",
        "--sql",
    ]);
    assert!(run.out.contains("'O''Brien''); DROP TABLE \"Licenses\"; --'"), "{}", run.out);
}

#[test]
fn file_writes_the_customers_file() {
    let world = World::with_keys();
    let issue = |customer: &str, months: &str| {
        world.run(&["issue", "file", customer, DEVICE, months, "--product", "Books", "--key", "rsa.pem"])
    };
    assert_eq!(issue("ABC Traders", "12").status, 0);
    assert!(world.read("ABC Traders.key").starts_with("{\n  \"payload\": {\n    \"product\": \"Books\""));
    // A renewal replaces the customer's own file.
    assert_eq!(issue("ABC Traders", "24").status, 0);
    assert_eq!(issue("../up", "12").status, 0);
    assert!(world.path("_up.key").exists(), "the name stays in the directory");
    let other_device =
        world.run(&["issue", "file", "ABC Traders", "X1", "--product", "Books", "--key", "rsa.pem"]);
    assert_eq!(other_device.status, 2, "a second device does not take the place of the first");
    // A file of anybody else is left alone.
    std::fs::write(world.path("Other.key"), "precious").expect("written");
    let refused = issue("Other", "12");
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("FILE_EXISTS"), "{}", refused.err);
    assert_eq!(world.read("Other.key"), "precious");
}

#[test]
fn file_looks_at_the_device_id() {
    let world = World::with_keys();
    let issue =
        |id: &str| world.run(&["issue", "file", "A", id, "--product", "B", "--key", "rsa.pem", "--to", "-"]);
    assert_eq!(issue("A1B2C3D4E5F6A7B8").err.find("warning: A1B2"), None);
    // The original document's own example is no hexadecimal number.
    let odd = issue("A1B2C3D4E5F6G7H8");
    assert_eq!(odd.status, 0);
    assert!(odd.err.contains("warning: A1B2C3D4E5F6G7H8 is not 16 digits"), "{}", odd.err);
    for wrong in ["", "A B"] {
        assert_eq!(issue(wrong).status, 2, "{wrong:?}");
    }
}
