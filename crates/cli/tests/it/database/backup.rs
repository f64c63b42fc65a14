//! `keyward backup` and `keyward restore`: the drill, and everything that stands in its way.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::month_keys;
use crate::served::Served;
use crate::world::{Run, World};

/// The same database on another machine: its master key is there, the database is not.
struct Elsewhere {
    world: World,
    url: Option<String>,
    /// Keeps the other database.
    _other: Option<World>,
}

impl Elsewhere {
    fn of(world: &World) -> Self {
        let there = World::new();
        std::fs::create_dir(there.path("data")).expect("a directory");
        std::fs::copy(world.path("data/master.key"), there.path("data/master.key")).expect("the key");
        let other =
            world.url().and_then(|_| World::of_each_database().into_iter().find(|it| it.url().is_some()));
        let url = other.as_ref().and_then(World::url).map(str::to_owned);
        Self { world: there, url, _other: other }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut all = [arguments, &["--data", "data"]].concat();
        all.extend(self.url.iter().flat_map(|url| ["--database", url.as_str()]));
        self.world.run(&all)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(run.status, 0, "{arguments:?}: {}{}", run.out, run.err);
        run.json()
    }

    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        self.run(&[arguments, &["--json"]].concat()).failure()
    }
}

fn files(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).expect("the directory");
    entries.map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_drill() {
    for world in World::of_each_database() {
        let keys = month_keys(&world, "20");
        let made = world.db_json(&["backup", "b1"]);
        let kind = if world.url().is_some() { "archive" } else { "sqlite" };
        assert_eq!((&made["kind"], &made["log"]["sound"]), (&kind.into(), &true.into()), "{made}");
        assert_eq!(made["rows"]["licenses"], 20);
        let master = made["masterKey"].as_str().expect("an id").to_owned();
        assert!(world.db_out(&["audit", "log"]).contains("account.backup"));
        let text = world.db(&["backup", "b2"]);
        assert_eq!(text.status, 0, "{}", text.err);
        assert!(text.out.contains(&master) && text.out.contains("licences    20"), "{}", text.out);
        assert_eq!(world.db(&["backup", "b1", "--json"]).failure(), (2, "FILE_EXISTS".to_owned()));
        world.db_out(&["license", "suspend", &keys[0]]);

        let there = Elsewhere::of(&world);
        let backup = world.path("b1").display().to_string();
        let restored = there.json(&["restore", &backup]);
        assert_eq!((&restored["masterKey"], &restored["rows"]), (&made["masterKey"], &made["rows"]));
        let verified = there.json(&["audit", "verify"]);
        assert_eq!((&verified["sound"], &verified["unsealed"]), (&true.into(), &0.into()));
        let log = there.run(&["audit", "log", "--limit", "1"]);
        assert!(log.out.contains("account.restore"), "{}", log.out);
        // As it was then: what was done afterwards is gone.
        let shown = there.json(&["license", "show", &keys[0]]);
        assert_ne!(shown["verdicts"]["run"]["code"], "SUSPENDED", "{shown}");
        let another = there.run(&["issue", "pool", "--duration", "1m"]);
        assert_eq!(another.status, 0, "{}", another.err);
        let again = if world.url().is_some() { "DATABASE_NOT_EMPTY" } else { "FILE_EXISTS" };
        assert_eq!(there.refused(&["restore", &backup]), (2, again.to_owned()));
        if kind == "archive" {
            // Of PostgreSQL also into a file.
            let file = Elsewhere { url: None, ..Elsewhere::of(&world) };
            assert_eq!(file.json(&["restore", &backup])["rows"], made["rows"]);
            assert_eq!(
                files(&file.world.path("data")),
                ["keyward.db", "keyward.db-migrating", "master.key"].map(str::to_owned).into()
            );
        } else {
            let wanted = ["keyward.db", "keyward.db-migrating", "master.key"].map(str::to_owned);
            assert_eq!(files(&there.world.path("data")), wanted.into());
        }
    }
}

#[test]
fn it_is_made_beside_a_server_that_activates() {
    for world in World::of_each_database() {
        let keys = month_keys(&world, "200");
        let place = ["--data".to_owned(), "data".to_owned()].into_iter();
        let place: Vec<String> = place
            .chain(world.url().into_iter().flat_map(|url| ["--database".to_owned(), url.to_owned()]))
            .collect();
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        let served = Served::with(&world, &place, &[]);
        let done = AtomicBool::new(false);
        let (before, after) = std::thread::scope(|scope| {
            let activating = scope.spawn(|| {
                let mut count = 0;
                for key in &keys {
                    let body = json!({ "license_key": key, "domain_fingerprint": "d" });
                    let (status, answer) = served.post("/api/activate", &body);
                    assert_eq!(status, 200, "{answer}");
                    count += 1;
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
                count
            });
            let run = world.db_json(&["backup", "live"]);
            done.store(true, Ordering::Relaxed);
            (run["rows"]["machines"].as_u64().expect("a count"), activating.join().expect("it ends"))
        });
        assert!(before <= after, "{before} of {after}");
        let there = Elsewhere::of(&world);
        let live = world.path("live").display().to_string();
        let restored = there.json(&["restore", &live]);
        assert_eq!(restored["rows"]["machines"].as_u64(), Some(before));
        assert_eq!(there.json(&["audit", "verify"])["sound"], true);
        // They were activated one after the other: all up to one are in it, whole, and none after it.
        let has_device = |key: &str| {
            there.json(&["license", "show", key])["machines"].as_array().is_some_and(|all| !all.is_empty())
        };
        let before = usize::try_from(before).expect("a count");
        assert!(before == 0 || has_device(&keys[before - 1]));
        assert!(keys.get(before).is_none_or(|key| !has_device(key)));
    }
}

#[test]
fn nothing_stays_of_a_restore_that_is_refused() {
    for world in World::of_each_database() {
        month_keys(&world, "5");
        let made = world.db_json(&["backup", "good"]);
        let id = made["masterKey"].as_str().expect("an id").to_owned();
        let good = world.path("good").display().to_string();
        let bytes = std::fs::read(&good).expect("the backup");
        let there = Elsewhere::of(&world);
        let before = files(&there.world.path("data"));
        std::fs::write(there.world.path("cut"), &bytes[..bytes.len() / 2]).expect("written");
        let mut bent = bytes.clone();
        let middle = bent.len() / 2;
        bent[middle..middle + 4_096].fill(b'0');
        std::fs::write(there.world.path("bent"), bent).expect("written");
        std::fs::write(there.world.path("other"), "what is this").expect("written");
        for (file, status, codes) in [
            ("cut", 1, &["ARCHIVE_DAMAGED", "ARCHIVE_TRUNCATED"][..]),
            ("bent", 1, &["ARCHIVE_DAMAGED"]),
            ("nothing", 2, &["FILE"]),
        ] {
            let (found, code) = there.refused(&["restore", file]);
            assert!(found == status && codes.contains(&code.as_str()), "{file}: {found} {code}");
            assert_eq!(files(&there.world.path("data")), before, "{file}");
        }
        assert_ne!(there.refused(&["restore", "other"]).0, 0);

        // Another master key, and none.
        std::fs::write(there.world.path("data/master.key"), "ab".repeat(32)).expect("written");
        let wrong = there.run(&["restore", &good]);
        assert!(
            wrong.status == 2 && wrong.err.contains("MASTER_KEY_WRONG") && wrong.err.contains(&id),
            "{}",
            wrong.err
        );
        std::fs::remove_file(there.world.path("data/master.key")).expect("removed");
        let none = there.run(&["restore", &good]);
        assert!(
            none.status == 2 && none.err.contains("MASTER_KEY_MISSING") && none.err.contains(&id),
            "{}",
            none.err
        );
        assert!(files(&there.world.path("data")).is_empty());
        let nowhere = there.world.run(&["restore", &good, "--data", "not/there", "--json"]);
        assert_eq!(nowhere.failure(), (2, "MASTER_KEY_MISSING".to_owned()));
        assert!(!there.world.path("not").exists());
        // And then it works.
        std::fs::copy(world.path("data/master.key"), there.world.path("data/master.key")).expect("the key");
        assert_eq!(there.json(&["restore", &good])["rows"], made["rows"]);
    }
}

#[test]
fn a_broken_log_is_said_when_it_is_backed_up_and_restored_on_purpose_only() {
    let world = World::with_keys();
    let keys = month_keys(&world, "2");
    world.db_out(&["license", "suspend", &keys[0]]);
    let database = rusqlite::Connection::open(world.path("data/keyward.db")).expect("the database");
    let change = "update audit_log set detail = '{}' where event = 'license.suspend'";
    assert_eq!(database.execute(change, []).expect("a change"), 1);
    drop(database);
    let made = world.db(&["backup", "b"]);
    assert!(made.status == 1 && made.out.contains("BROKEN at entry"), "{}{}", made.out, made.err);
    let there = Elsewhere::of(&world);
    let backup = world.path("b").display().to_string();
    assert_eq!(there.refused(&["restore", &backup]), (1, "AUDIT_BROKEN".to_owned()));
    let taken = there.json(&["restore", &backup, "--accept-broken-log"]);
    assert_eq!(taken["log"]["sound"], false);
    // Not a file in use, nor one without a database.
    assert_eq!(world.run(&["backup", "x", "--data", "empty", "--json"]).failure(), (2, "FILE".to_owned()));
    assert!(!world.path("empty").exists());
    let export = there.run(&["import", "keyward", &backup]);
    assert!(export.status == 2 && export.err.contains("ARCHIVE_FOREIGN"), "{}", export.err);
}
