//! `keyward device`: an application on a device, from its first start to the receipt for its seat.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::world::{Run, World};

/// A world with the application `books` set up.
fn set_up() -> World {
    let world = World::with_keys();
    let public = world.out(&["keys", "public", "ed.pem"]);
    std::fs::write(world.path("ed.pub"), public).expect("written");
    world.out(&["device", "setup", "--product", "books", "--key", "ed.pub"]);
    world
}

fn device(world: &World) -> String {
    world.out(&["device", "id", "--data", "keyward-device"])
}

/// A key for the device.
fn issued(world: &World, device: &str, days: &str) -> String {
    let key = ["issue", "lk3", "--key", "ed.pem", "--product", "books", "--device", device];
    let more = ["--days", days, "--grace", "15", "--company", "ABC Traders", "--feature", "export", "--json"];
    let object = world.run(&[&key[..], &more].concat()).json();
    object["license"].as_str().or(object["key"].as_str()).unwrap_or_else(|| panic!("{object}")).to_owned()
}

fn status(world: &World, arguments: &[&str]) -> (i32, Value) {
    let run = world.run(&[&["device", "status", "--json"], arguments].concat());
    (run.status, run.json())
}

fn failed(run: &Run, status: i32, code: &str) {
    assert_eq!(run.status, status, "{}{}", run.out, run.err);
    assert!(run.err.contains(&format!("code  {code}\n")), "{}", run.err);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the command asks the system's clock")]
fn a_licence_comes_goes_and_ends() {
    let world = set_up();
    let (code, none) = status(&world, &[]);
    assert_eq!((code, &none["code"], &none["color"]), (1, &"NOT_FOUND".into(), &"#6b7280".into()));
    let id = device(&world);
    assert_eq!(none["deviceId"], id.as_str());

    let others = issued(&world, "FFFFFFFFFFFFFFFF", "365");
    let refused = world.run(&["device", "import", &others]);
    failed(&refused, 1, "WRONG_DEVICE");
    assert!(refused.err.contains("FFFFFFFFFFFFFFFF") && refused.err.contains(&id), "{}", refused.err);

    let run = world.run(&["device", "import", &issued(&world, &id, "365")]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.starts_with("Licence active.\n"), "{}", run.out);
    for (days, code, word) in [(364, 0, "VALID"), (366, 0, "GRACE_PERIOD"), (390, 1, "EXPIRED")] {
        let then = (SystemTime::now() + Duration::from_secs(days * 86_400))
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970");
        let then =
            keyward_core::time::Timestamp::from_seconds(i64::try_from(then.as_secs()).expect("it fits"));
        let (found, object) = status(&world, &["--now", &then.to_string()]);
        assert_eq!((found, &object["code"]), (code, &word.into()), "{object}");
    }
    let (code, now) = status(&world, &[]);
    assert_eq!((code, &now["code"]), (0, &"VALID".into()), "what was asked of other times is not remembered");

    failed(&world.run(&["device", "remove"]), 2, "NOT_CONFIRMED");
    world.out(&["device", "remove", "--yes"]);
    assert_eq!(status(&world, &[]).0, 1);
}

#[test]
fn a_false_alarm_is_cleared_by_support() {
    let world = set_up();
    let id = device(&world);
    world.out(&["device", "import", &issued(&world, &id, "36500")]);
    world.out(&["device", "usage", "--record", "export", "--now", "2099-01-01"]);
    let (code, alarm) = status(&world, &[]);
    assert_eq!((code, &alarm["code"], &alarm["access"]), (1, &"CLOCK_TAMPERED".into(), &"read_only".into()));
    let number = alarm["recoveryNumber"].as_u64().expect("a number").to_string();
    let code = world.out(&["issue", "recovery-code", "books", &id, &number, "--key", "ed.pem"]);
    let code = code.split_whitespace().find(|word| word.starts_with("KR-")).expect("a code");
    assert!(code.len() <= 160, "{}", code.len());
    let run = world.run_with(&["device", "recover", "-"], &format!("{code}\n"));
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    failed(&world.run(&["device", "recover", code]), 2, "RECOVERY_NUMBER");
}

#[test]
fn a_trial_is_started_once() {
    let world = set_up();
    let trial = |days: &str| {
        let issue = [
            "issue",
            "lk3",
            "--key",
            "ed.pem",
            "--product",
            "books",
            "--trial",
            "--trial-days",
            days,
            "--json",
        ];
        let object = world.run(&issue).json();
        object["license"].as_str().or(object["key"].as_str()).expect("a key").to_owned()
    };
    let run = world.run(&["device", "trial", &trial("14")]);
    assert!(run.status == 0 && run.out.starts_with("Trial. 14 days left.\n"), "{}{}", run.out, run.err);
    failed(&world.run(&["device", "trial", &trial("30")]), 2, "TRIAL_SPENT");
}

#[test]
fn a_seat_goes_to_and_fro_without_a_network() {
    for world in World::of_each_database() {
        let key = world.db_out(&["issue", "lk3", "--tier", "PRO-10", "--company", "Acme"]);
        let keys = world.db_json(&["keys", "list"]);
        let keys = keys.as_array().or(keys["keys"].as_array()).expect("a list").clone();
        let signs = keys.iter().find(|key| key["algorithm"] == "ed25519").expect("a key that signs");
        let public = world.db_out(&["keys", "public", signs["id"].as_str().expect("an id")]);
        std::fs::write(world.path("lk.pub"), public).expect("written");
        world.out(&["device", "setup", "--product", "lk", "--key", "lk.pub"]);
        assert_eq!(status(&world, &[]).1["code"], "NOT_FOUND");

        let asked =
            world.run(&["device", "request", &key, "--name", "Kim's desk", "--out", "request.txt", "--qr"]);
        assert_eq!(asked.status, 0, "{}", asked.err);
        assert!(asked.out.contains('█'), "a QR code");
        assert_eq!(
            world.out(&["device", "request", &key, "--name", "Kim's desk"]),
            world.read("request.txt").trim()
        );
        let answer = world.db_out(&["activate-offline", "request.txt"]);
        let run = world.run_with(&["device", "complete", "-"], &answer);
        assert_eq!(run.status, 0, "{}{}", run.out, run.err);
        let (_, held) = status(&world, &[]);
        assert_eq!((&held["source"], &held["license"]["holder"]), (&"seat".into(), &"Acme".into()), "{held}");
        let shown = world.db_json(&["license", "show", &key]);
        let devices = shown["devices"].as_array().or(shown["machines"].as_array()).map(Vec::len);
        assert_eq!(devices, Some(1), "{shown}");

        let receipt = world.out(&["device", "release"]);
        assert_eq!(status(&world, &[]).1["code"], "NOT_FOUND");
        world.db_out(&["release-offline", &receipt]);
        let shown = world.db_json(&["license", "show", &key]);
        let devices = shown["devices"].as_array().or(shown["machines"].as_array()).map(Vec::len);
        assert_eq!(devices, Some(0), "{shown}");
        failed(&world.run_with(&["device", "complete", "-"], &answer), 1, "NOT_FOUND");
    }
}

#[test]
fn a_report_for_support_has_no_key() {
    let world = set_up();
    let license = issued(&world, &device(&world), "365");
    world.out(&["device", "import", &license]);
    world.out(&["device", "usage", "--record", "export"]);
    world.out(&["device", "status", "--report", "report.json"]);
    let report = world.read("report.json");
    let object: Value = serde_json::from_str(&report).expect("an object");
    assert_eq!((&object["code"], &object["usage"]["export"]), (&"VALID".into(), &1.into()));
    assert!(!report.contains(&license) && !report.contains("LK-3"), "{report}");
    failed(&world.run(&["device", "status", "--report", "report.json"]), 2, "FILE_EXISTS");
}

#[test]
fn what_is_counted_is_forgotten_on_request() {
    let world = set_up();
    for _ in 0..3 {
        world.out(&["device", "usage", "--record", "export"]);
    }
    let usage = world.run(&["device", "usage", "--json"]).json();
    assert_eq!((&usage["consent"], &usage["totals"]["export"]), (&Value::Null, &3.into()));
    let usage = world.run(&["device", "usage", "--consent", "no", "--json"]).json();
    assert_eq!((&usage["consent"], &usage["totals"]), (&false.into(), &serde_json::json!({})));
}

#[test]
fn watching_prints_what_changes() {
    let world = set_up();
    let run = world.run(&["device", "watch", "--lines", "1"]);
    assert_eq!(run.status, 1, "{}", run.err);
    assert!(run.out.starts_with("No licence found."), "{}", run.out);
}

#[test]
fn the_environment_names_a_proxy() {
    let world = set_up();
    let more = ["--server", "http://licences.example", "--dialect", "pool"];
    world.out(&[&["device", "setup", "--product", "books", "--key", "ed.pub"][..], &more].concat());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr();
    let proxy = format!("http://kim:hidden@{}", nobody.expect("an address"));
    let run = world.run_in(
        &[("http_proxy", &proxy), ("NO_PROXY", "")],
        &["device", "activate", "ABCDEFGHJKMN"],
        "",
    );
    failed(&run, 2, "SERVER_PROXY");
    assert!(!run.err.contains("hidden"), "{}", run.err);
}

#[test]
fn nothing_is_set_up() {
    let world = World::new();
    let run = world.run(&["device", "status"]);
    failed(&run, 2, "FILE");
    assert!(run.err.contains("keyward device setup"), "{}", run.err);
    failed(&world.run(&["device", "setup", "--product", "books", "--key", "no.pub"]), 2, "FILE");
    std::fs::write(world.path("no.pub"), "rubbish").expect("written");
    failed(&world.run(&["device", "setup", "--product", "books", "--key", "no.pub"]), 2, "KEY_FILE");
    assert!(!world.path("keyward-device/device.json").exists());
}

#[test]
fn what_changed_of_the_device_is_explained() {
    let world = set_up();
    let object = world.run(&["device", "id", "--data", "keyward-device", "--explain", "--json"]).json();
    assert_eq!(object["matches"]["holds"], true, "{object}");
    assert_eq!(object["product"], "books");
}
