//! `verify` and `inspect`: what is said of good, bad and strange input.

use crate::world::{Run, World};

fn code(run: &Run) -> (i32, String) {
    (run.status, run.json()["code"].as_str().expect("a code").to_owned())
}

#[test]
fn exit_statuses_tell_yes_no_and_could_not_ask() {
    let world = World::with_keys();
    let key =
        world.out(&["issue", "lk2", "--tier", "PRO-10", "--expires", "2026-12-31", "--secret-env", "SECRET"]);
    let verify = |more: &[&str]| world.run(&[&["verify", key.as_str(), "--json"], more].concat());
    let secret = ["--secret-env", "SECRET"];
    assert_eq!(code(&verify(&[&secret[..], &["--now", "2026-12-31"]].concat())), (0, "VALID".to_owned()));
    assert_eq!(
        code(&verify(&[&secret[..], &["--now", "2026-12-31T00:00:01Z"]].concat())),
        (1, "EXPIRED".to_owned())
    );
    assert_eq!(code(&verify(&["--secret-env", "OTHER"])), (1, "BAD_SIGNATURE".to_owned()));
    let without = verify(&[]);
    assert_eq!((without.status, without.json()["error"]["code"].as_str()), (2, Some("NO_KEY")));
    assert_eq!(world.run(&["verify"]).status, 2);
}

#[test]
fn a_file_licence_is_asked_for_its_device_clock_and_grace() {
    let world = World::with_keys();
    let issue =
        ["issue", "file", "ABC Traders", "DCF11F6D6E393616", "12", "--product", "Books", "--key", "rsa.pem"];
    world.out(&[&issue[..], &["--now", "2025-01-01"]].concat());
    let verify = |more: &[&str]| {
        let first = ["verify", "ABC Traders.key", "--key", "rsa.pub", "--json"];
        world.run(&[&first[..], more].concat())
    };
    for (more, status, wanted, access) in [
        (vec!["--now", "2025-06-01", "--device", "DCF11F6D6E393616"], 0, "VALID", "full"),
        (vec!["--now", "2026-01-02", "--device", "DCF11F6D6E393616"], 0, "GRACE_PERIOD", "full"),
        (vec!["--now", "2026-01-17", "--device", "DCF11F6D6E393616"], 1, "EXPIRED", "read_only"),
        (vec!["--now", "2025-06-01", "--device", "dcf11f6d6e393616"], 1, "WRONG_DEVICE", "read_only"),
        (vec!["--now", "2025-06-01", "--last-seen", "1767225600000"], 1, "CLOCK_TAMPERED", "read_only"),
        (vec!["--now", "2025-06-01", "--product", "Other"], 1, "PRODUCT_SCOPE_MISMATCH", "none"),
        (vec!["--now", "2025-06-01", "--feature", "export"], 1, "ENTITLEMENTS_MISSING", "none"),
    ] {
        let run = verify(&more);
        assert_eq!(code(&run), (status, wanted.to_owned()), "{more:?}");
        assert_eq!(run.json()["access"], access, "{more:?}");
    }
    let unasked = verify(&["--now", "2025-12-20"]).json();
    let warnings = unasked["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().any(|w| w == "expires in 12 days"), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.as_str().is_some_and(|w| w.contains("not compared"))), "{warnings:?}");
}

#[test]
fn what_is_no_licence_is_refused_with_a_reason_and_a_remedy() {
    let world = World::with_keys();
    std::fs::write(world.path("latin1.key"), b"{\"payload\": \"\xe9\"}").expect("written");
    std::fs::write(world.path("huge.key"), vec![b'A'; 300_000]).expect("written");
    for (input, code, reason) in [
        ("hello", "MALFORMED", Some("UNKNOWN_FORM")),
        ("", "MALFORMED", Some("EMPTY")),
        ("LK-9-x", "UNSUPPORTED_VERSION", None),
        ("LK%2D2%2Dx%2D12345678", "MALFORMED", Some("DOUBLY_ENCODED")),
        ("{\"payload\":", "MALFORMED", Some("TRUNCATED")),
        ("latin1.key", "MALFORMED", Some("NOT_TEXT")),
        ("huge.key", "TOO_LARGE", None),
    ] {
        let run = world.run(&["verify", input, "--json"]);
        assert_eq!((run.status, run.json()["code"].as_str()), (1, Some(code)), "{input}");
        assert_eq!(run.json()["reason"].as_str(), reason, "{input}");
        let people = world.run(&["verify", input]);
        assert!(people.out.contains("help"), "{}", people.out);
    }
}

#[test]
fn a_missing_file_is_not_taken_for_a_key() {
    let world = World::new();
    for name in ["gone.key", "some/where", "x.json", "licence.txt", "."] {
        let run = world.run(&["verify", name, "--json"]);
        assert_eq!((run.status, run.json()["error"]["code"].as_str()), (2, Some("FILE")), "{name}");
    }
}

#[test]
fn what_was_not_compared_is_said() {
    let world = World::with_keys();
    let key = world.out(&["issue", "lk2", "--tier", "PRO-10", "--secret-env", "SECRET"]);
    let verify = ["verify", &key, "--secret-env", "SECRET", "--product", "other", "--json"];
    let warnings = world.run(&verify).json()["warnings"].to_string();
    assert!(warnings.contains("names no product"), "{warnings}");
}

#[test]
fn a_key_of_the_wrong_kind_is_not_called_an_altered_licence() {
    let world = World::with_keys();
    let record = world.out(&["issue", "record", "a.example", "--key", "rsa.pem"]);
    let tier = world.out(&["issue", "tier", "pro", "--secret-env", "SECRET"]);
    for (license, wrong) in
        [(&record, ["--key", "ed.pem"]), (&record, ["--secret-env", "SECRET"]), (&tier, ["--key", "rsa.pem"])]
    {
        let run = world.run_with(&["verify", "-", wrong[0], wrong[1], "--json"], license);
        assert_eq!((run.status, run.json()["reason"].as_str()), (1, Some("SEAL_NOT_ACCEPTED")), "{wrong:?}");
    }
}

#[test]
fn a_folded_key_is_joined_and_a_prefixed_signature_refused() {
    let world = World::with_keys();
    let key = world.out(&["issue", "lk3", "--product", "p", "--key", "ed.pem"]);
    let folded = format!("{}\n  {}\r\n", &key[..60], &key[60..]);
    assert_eq!(world.run_with(&["verify", "-", "--key", "ed.pem"], &folded).status, 0);
    let record = world.out(&["issue", "record", "a.example", "--key", "rsa.pem"]);
    for prefix in ["0x", "0X", " "] {
        let spoiled = record.replace("\"signature\": \"", &format!("\"signature\": \"{prefix}"));
        let run = world.run_with(&["verify", "-", "--key", "rsa.pub", "--json"], &spoiled);
        assert_eq!(run.json()["reason"], "BAD_ENCODING", "{prefix:?}");
    }
}

#[test]
#[cfg(unix)]
fn nobody_listening_is_no_panic() {
    let world = World::with_keys();
    let keyward = env!("CARGO_BIN_EXE_keyward");
    let sh = |script: &str| {
        let mut shell = std::process::Command::new("bash");
        shell.args(["-c", script]).current_dir(&world.directory).env("SECRET", "s").env("KEYWARD", keyward);
        let output = shell.output().expect("bash starts");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!error.contains("panicked"), "{script}: {error}");
        output.status.code()
    };
    let issue = "\"$KEYWARD\" issue tier pro --secret-env SECRET";
    // The reader is gone before anything is written.
    assert_eq!(sh(&format!("(sleep 0.2; {issue}; exit $?) | true; exit ${{PIPESTATUS[0]}}")), Some(0));
    assert_eq!(sh(&format!("{issue} 2>&-")), Some(0));
    assert_eq!(sh(&format!("{issue} > /dev/full")), Some(2));
    assert_eq!(sh("(sleep 0.2; \"$KEYWARD\" verify hello; exit $?) | true; exit ${PIPESTATUS[0]}"), Some(1));
    assert_eq!(sh("\"$KEYWARD\" issue pool --offline | head -3 > first; exit ${PIPESTATUS[0]}"), Some(0));
}

#[test]
fn pool_keys_are_read_in_groups_and_left_to_their_server() {
    let world = World::new();
    for key in ["ABC123XYZ789", "abc1-23xy-z789", " ABC1 23XY Z789\n"] {
        let run = world.run_with(&["verify", "-", "--json"], key);
        assert_eq!((run.status, run.json()["error"]["code"].as_str()), (2, Some("NO_SERVER")), "{key}");
        assert_eq!(world.run_with(&["inspect", "-", "--json"], key).json()["license"]["scheme"], "pool");
    }
}

#[test]
fn control_characters_of_a_licence_do_not_reach_the_terminal() {
    let world = World::with_keys();
    let run = world.run(&["issue", "lk3", "--product", "x\u{1b}[2Jy\nvalid yes", "--key", "ed.pem"]);
    assert_eq!(run.status, 0);
    assert!(!run.err.contains('\u{1b}') && run.err.contains(r"x\u{1b}[2Jy\u{a}valid yes"), "{}", run.err);
}
