//! Backups: made beside a running server, checked, and good only with the master key of their time.

use std::path::Path;

use keyward_engine::backup::{Backup, check_file};
use keyward_store::testing::Database;

use super::*;

async fn backup(stored: &Stored) -> (TestFile, Backup) {
    let file = TestFile::new();
    let made = stored.engine.backup(&stored.caller(), &file.0, |_, _| {}).await.expect("it is made");
    (file, made)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_one_instant_while_others_go_on() {
    for stored in Stored::all().await {
        let known = filled(&stored).await;
        let (engine, caller) = (Arc::clone(&stored.engine), stored.caller());
        let busy = tokio::spawn(async move {
            for number in 0..40 {
                let name = format!("token {number}");
                engine.create_token(&caller, Role::ReadOnly, &name, None).await.expect("a token");
            }
        });
        let (file, made) = backup(&stored).await;
        busy.await.expect("it ends");
        assert!(made.log.report.is_sound(), "{:?}", made.log);
        assert_eq!(made.master_key, stored.master().id());
        // A token is there exactly where its entry is: nothing is half in it.
        let tokens = made.rows["tokens"];
        assert!((2..=42).contains(&tokens));
        let bytes = file.bytes();
        let master = stored.master();
        for secret in [master.bytes().as_slice(), master.to_text().as_bytes(), known.pool.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "a secret stands in it");
        }
        let again =
            stored.engine.backup(&stored.caller(), &file.0, |_, _| {}).await.expect_err("it is there");
        assert!(["DATABASE_FILE", "FILE"].contains(&again.code()), "{again}");
        assert_eq!(file.bytes(), bytes);
        restored(&stored, &file, &made, &known).await;
    }
}

/// Puts it into every kind of database that takes it.
async fn restored(stored: &Stored, file: &TestFile, made: &Backup, known: &Known) {
    let master = stored.master();
    let databases = Database::all(Path::new(env!("CARGO_TARGET_TMPDIR"))).await;
    match &made.archive {
        None => {
            let checked = check_file(&file.0, &source(&master), false, |_, _| {}).await.expect("it is good");
            assert_eq!(checked.rows, made.rows);
            let database = Database::sqlite(Path::new(env!("CARGO_TARGET_TMPDIR")));
            let keyward_store::DatabaseAddress::Sqlite(path) = &database.address else { panic!("a file") };
            std::fs::copy(&file.0, path).expect("copied");
            let there = Stored::on(database, Arc::clone(&stored.clock), &master).await;
            works(&there, known).await;
        }
        Some(counts) => {
            for database in databases {
                let store = database.open().await.expect("it opens");
                let archive = Archive::in_clear(&file.0).expect("it opens");
                archive.must_be(true).expect("it is a backup");
                assert_eq!(archive.must_be(false).expect_err("no export").code(), "ARCHIVE_FOREIGN");
                let loaded = load(&store, archive, stored, &source(&master)).await.expect("taken in");
                assert_eq!(&loaded.database, counts);
                drop(store);
                let there = Stored::on(database, Arc::clone(&stored.clock), &master).await;
                assert_eq!(there.events().await.last().map(String::as_str), Some("account.restore"));
                works(&there, known).await;
            }
        }
    }
}

#[tokio::test]
async fn it_needs_the_master_key_of_its_time() {
    for stored in Stored::all().await {
        let (file, made) = backup(&stored).await;
        let absent = MasterKeySource::File(TestFile::new().0.clone());
        for (key, code) in [(source(&another_master()), "MASTER_KEY_WRONG"), (absent, "MASTER_KEY_MISSING")] {
            let refused = match &made.archive {
                None => check_file(&file.0, &key, false, |_, _| {}).await.map(drop),
                Some(_) => {
                    let database = Database::sqlite(Path::new(env!("CARGO_TARGET_TMPDIR")));
                    let store = database.open().await.expect("it opens");
                    let archive = Archive::in_clear(&file.0).expect("it opens");
                    let early = archive.check_key(&key).expect_err("before anything is made");
                    assert_eq!(early.code(), code);
                    load(&store, archive, &stored, &key).await.map(drop)
                }
            };
            let refused = refused.expect_err(code);
            assert_eq!(refused.code(), code);
            assert!(refused.to_string().contains(&made.master_key), "{refused}");
        }
    }
}

#[tokio::test]
async fn a_broken_log_and_a_broken_file_are_named() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let key = source(&stored.master());
    let (file, _) = backup(&stored).await;
    let change = |statement: &str| {
        let database = rusqlite::Connection::open(&file.0).expect("it opens");
        database.execute_batch(statement).expect("changed");
    };
    let check = async |accept| {
        let checked = check_file(&file.0, &key, accept, |_, _| {}).await;
        checked.map_err(|error| (error.code(), error.to_string()))
    };
    change("update audit_log set detail = '{}' where seq = 2");
    let (code, said) = check(false).await.expect_err("an entry was altered");
    assert!(code == "AUDIT_BROKEN" && said.contains("entry 2"), "{code} {said}");
    assert!(!check(true).await.expect("it was said").log.report.is_sound());
    change(
        "update schema_version set version = version + 1 where version = (select max(version) from schema_version)",
    );
    assert_eq!(check(true).await.expect_err("it is newer").0, "ARCHIVE_NEWER");
    change("delete from settings where name = 'vault.canary'");
    assert_eq!(check(true).await.expect_err("it has no keys").0, "ARCHIVE_DAMAGED");
    let foreign = TestFile::new();
    rusqlite::Connection::open(&foreign.0).expect("opens").execute_batch("create table t (x)").expect("made");
    let other = check_file(&foreign.0, &key, true, |_, _| {}).await.expect_err("another program's");
    assert_eq!(other.code(), "ARCHIVE_FOREIGN");
    let (whole, _) = backup(&stored).await;
    let mut bytes = whole.bytes();
    let middle = bytes.len() / 3;
    bytes[middle..middle + 20_000].fill(0x5a);
    for bytes in [bytes, b"nothing of the kind".to_vec(), Vec::new()] {
        let file = TestFile::of(&bytes);
        let broken = check_file(&file.0, &key, true, |_, _| {}).await.expect_err("it is broken");
        assert!(["ARCHIVE_DAMAGED", "ARCHIVE_FOREIGN"].contains(&broken.code()), "{broken}");
    }
}
