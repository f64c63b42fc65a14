//! The server as an operator meets it: two commands, what stands in its way, commands beside it, and a power cut.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::served::{Served, ask, command};
use crate::world::World;

/// New pool keys.
fn keys(world: &World, count: u32) -> Vec<String> {
    let count = count.to_string();
    let out = world.out(&["issue", "pool", "--duration", "1m", "--count", &count, "--format", "jsonl"]);
    let key = |line: &str| -> String {
        let row: Value = serde_json::from_str(line).expect("a row");
        row["license_key"].as_str().expect("a key").to_owned()
    };
    out.lines().map(key).collect()
}

#[test]
fn it_starts_with_nothing_and_says_what_to_do_next() {
    let world = World::new();
    let mut served = Served::start(&world);
    for wanted in ["keyward-data/keyward.db", "master.key", "token create", "issue pool", "/api/validate/"] {
        assert!(served.said.contains(wanted), "{wanted}: {}", served.said);
    }
    assert_eq!(served.get("/health/ready").0, 200);
    let key = &keys(&world, 1)[0];
    served.within_a_second(&format!("/api/validate/{key}"), 200);
    assert_eq!(served.stop(), 0);
    // The second start finds everything.
    let served = Served::start(&world);
    assert_eq!(served.get(&format!("/api/validate/{key}")).0, 200);
}

#[test]
fn what_a_command_changes_a_running_server_respects_within_a_second() {
    let world = World::new();
    let served = Served::start(&world);
    let key = &keys(&world, 1)[0];
    let path = format!("/api/validate/{key}");
    served.within_a_second(&path, 200);
    world.out(&["license", "suspend", key]);
    served.within_a_second(&path, 400);
    world.out(&["license", "reinstate", key]);
    served.within_a_second(&path, 200);
    let tier = world.out(&["issue", "tier", "pro", "--user", "user_1"]);
    let body = json!({ "license": tier.lines().last().expect("a key") });
    std::thread::sleep(Duration::from_secs(1));
    let (status, answer) = served.post("/api/verify", &body);
    assert_eq!((status, &answer["userId"]), (200, &json!("user_1")), "{answer}");
}

#[test]
fn what_stands_in_its_way_is_said_in_one_sentence() {
    let world = World::new();
    let served = Served::start(&world);
    let refused = |arguments: &[&str]| {
        let output = command(&world).arg("serve").args(arguments).output().expect("keyward runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said) = refused(&["--listen", "127.0.0.1:0"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("DATABASE_IN_USE") && said.contains("another"), "{said}");
    let (status, said) = refused(&["--listen", &served.host, "--data", "other"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains(&served.host) && said.contains("help"), "{said}");
    std::fs::write(world.path("bad.toml"), "[server]\nlisten = \"nowhere\"\nlistne = 1\n").expect("written");
    let (status, said) = refused(&["--config", "bad.toml", "--data", "third"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("listne") && said.contains("listen"), "{said}");
    std::fs::write(world.path("file"), "not a directory").expect("written");
    let (status, said) = refused(&["--listen", "127.0.0.1:0", "--data", "file"]);
    assert_eq!(status, Some(2), "{said}");
    let (status, said) =
        refused(&["--listen", "127.0.0.1:0", "--database", "postgres://nobody@127.0.0.1:1/none"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("DATABASE_UNREACHABLE"), "{said}");
}

#[test]
fn it_ends_although_the_database_takes_nothing() {
    let world = World::new();
    let mut served = Served::start(&world);
    let other = rusqlite::Connection::open(world.path("keyward-data/keyward.db")).expect("the database");
    other.execute_batch("begin immediate").expect("nobody else writes");
    assert_eq!(served.get("/api/validate/ABC123XYZ789").0, 404, "questions are answered");
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(served.stop()));
    assert_eq!(end.recv_timeout(Duration::from_secs(40)), Ok(0), "it ends, and well");
}

#[test]
fn after_a_power_cut_every_answered_activation_is_there_and_no_other_is_half_done() {
    let world = World::new();
    let mut served = Served::start(&world);
    let keys = keys(&world, 400);
    let (next, answered) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(key) = keys.get(number) else { return };
                    let body = json!({ "license_key": key, "domain_fingerprint": "d" }).to_string();
                    match ask(&served.host, "POST", "/api/activate", "", &body) {
                        Some((200, _)) => answered.lock().expect("no panic").push(key.clone()),
                        Some((status, body)) => panic!("{status} {body}"),
                        None => return,
                    }
                }
            });
        }
        while answered.lock().expect("no panic").len() < 60 {
            std::thread::sleep(Duration::from_millis(2));
        }
        let id = served.id().to_string();
        assert!(std::process::Command::new("kill").args(["-9", &id]).status().expect("kill").success());
    });
    served.gone();
    let answered = answered.into_inner().expect("no panic");
    assert!((60..400).contains(&answered.len()), "{}", answered.len());

    let served = Served::start(&world);
    for key in &keys {
        let (status, body) = served.get(&format!("/api/validate/{key}"));
        match status {
            200 => assert!(!answered.contains(key), "{key} was answered and is not there"),
            400 => {
                // Whatever was done was done whole: the domain gets its dates.
                let body =
                    served.post("/api/activate", &json!({"license_key": key, "domain_fingerprint": "d"})).1;
                assert_eq!(body["status"], "ACTIVE", "{body}");
            }
            _ => panic!("{status} {body}"),
        }
    }
    let used = served.get("/api/stats").1["used_licenses"].as_u64().expect("a number");
    assert!(used >= answered.len() as u64);
    drop(served);
    let verified = world.run(&["audit", "verify"]);
    assert_eq!(verified.status, 0, "{}{}", verified.out, verified.err);
}

#[test]
fn a_batch_that_was_cut_off_is_never_seen_and_removed_at_the_next_start() {
    let world = World::new();
    drop(Served::start(&world));
    let mut issuing = command(&world)
        .args(["issue", "pool", "--duration", "1d", "--count", "200000", "--out", "keys.csv"])
        .spawn()
        .expect("keyward runs");
    std::thread::sleep(Duration::from_millis(1_500));
    issuing.kill().expect("it is killed");
    issuing.wait().expect("it ends");
    let served = Served::start(&world);
    assert_eq!(served.get("/api/stats").1["total_licenses"], 0);
    drop(served);
    let size = |name: &str| std::fs::metadata(world.path(name)).map_or(0, |file| file.len());
    assert!(size("keyward-data/keyward.db") > 0);
    let verified = world.run(&["audit", "verify"]);
    assert_eq!(verified.status, 0, "{}{}", verified.out, verified.err);
}
