//! From each kind of database to each, and back, under a new master key each time.

use std::path::Path;
use std::sync::Arc;

use keyward_store::testing::Database;

use super::*;

#[tokio::test]
async fn everything_works_in_another_database_under_another_master_key_and_back_again() {
    for stored in Stored::all().await {
        let known = filled(&stored).await;
        let (file, written) = export(&stored, Some(PASSPHRASE)).await;
        let empty: Vec<_> = written.counts.rows.iter().filter(|(_, rows)| **rows == 0).collect();
        // Nothing but the vault is kept there so far, and the vault stays.
        assert_eq!(empty, [(&"settings".to_owned(), &0)]);
        for database in Database::all(Path::new(env!("CARGO_TARGET_TMPDIR"))).await {
            let (there, loaded) = moved(&stored, &file, database).await;
            assert_eq!(loaded.file, written.counts);
            assert_eq!(loaded.file, loaded.database);
            assert_ne!(loaded.master_key, stored.master().id());
            // Nothing that was sealed is the same, and all that it says is.
            let (again, second) = export(&there, Some(PASSPHRASE)).await;
            assert_eq!(second.counts.content, written.counts.content);
            assert_ne!(second.counts.log, written.counts.log, "the log says that it came");
            let (rows, before) = (&second.counts.rows, &written.counts.rows);
            assert_eq!(rows["audit_log"], before["audit_log"] + 1);

            let back = Database::sqlite(Path::new(env!("CARGO_TARGET_TMPDIR")));
            let (home, third) = moved(&there, &again, back).await;
            assert_eq!(third.database.content, written.counts.content);
            works(&home, &known).await;
            works(&there, &known).await;
        }
        works(&stored, &known).await;
        let events = stored.events().await;
        assert_eq!(events.iter().filter(|event| *event == "account.export").count(), 1);
    }
}

/// Takes a file in and starts an engine there.
async fn moved(stored: &Stored, file: &TestFile, database: Database) -> (Stored, Loaded) {
    let master = another_master();
    let store = database.open().await.expect("it opens");
    let loaded = load(&store, open(file, PASSPHRASE).expect("it opens"), stored, &source(&master)).await;
    let loaded = loaded.expect("it is taken in");
    drop(store);
    let there = Stored::on(database, Arc::clone(&stored.clock), &master).await;
    assert_eq!(there.events().await.last().map(String::as_str), Some("account.import"));
    (there, loaded)
}

#[tokio::test]
async fn a_database_that_was_only_started_may_be_filled() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let (file, written) = export(&stored, Some(PASSPHRASE)).await;
    for fresh in Stored::all().await {
        let archive = || open(&file, PASSPHRASE).expect("it opens");
        // Its own master key is asked for.
        let other = source(&another_master());
        let wrong = load(fresh.engine.store(), archive(), &stored, &other).await.expect_err("another key");
        assert_eq!(wrong.code(), "MASTER_KEY_WRONG");
        let own = source(&fresh.master());
        let loaded = load(fresh.engine.store(), archive(), &stored, &own).await.expect("taken in");
        assert_eq!(loaded.database.content, written.counts.content);
        assert_eq!(loaded.master_key, fresh.master().id());
    }
}

#[tokio::test]
async fn one_without_secrets_has_none_and_can_be_read_by_anybody() {
    for stored in Stored::all().await {
        let known = filled(&stored).await;
        let (file, written) = export(&stored, None).await;
        let text = String::from_utf8(file.bytes()).expect("lines of text");
        let secrets = known.texts.iter().filter_map(|(_, text)| text.lines().max_by_key(|line| line.len()));
        for secret in secrets.chain([known.tier.as_str(), &known.pool, &known.token, "argon2", "PRIVATE KEY"])
        {
            assert!(!text.contains(secret), "a secret stands in it");
        }
        for absent in ["_sealed\"", "key_digest\"", "password_hash\"", "lookupKey", "vault."] {
            assert!(!text.contains(absent), "{absent}");
        }
        assert!(text.contains("\"subject\":\"example.com\"") && text.contains(ADA));
        let head = text.lines().next().expect("a head");
        assert!(head.starts_with("{\"keyward\":\"export\",\"version\":1,\"schema\":"), "{head}");
        assert!(head.contains(&stored.master().id()), "{head}");
        let archive = Archive::in_clear(&file.0).expect("it opens");
        assert_eq!(archive.check(|_| {}).expect("it is whole"), written.counts);
        // As anybody can check it: the digest is of the lines.
        let log = |line: &&str| {
            ["audit_log", "audit_head", "checkpoints"]
                .iter()
                .any(|log| line.starts_with(&format!("{{\"{log}\"")))
        };
        let lines: Vec<&str> = text.lines().collect();
        let rows = &lines[1..lines.len() - 1];
        assert_eq!(rows.len() as u64, written.counts.total());
        let digest = |of_log: bool| {
            use sha2::Digest as _;
            let mut digest = sha2::Sha256::new();
            rows.iter().filter(|line| log(line) == of_log).for_each(|line| {
                digest.update(line);
                digest.update("\n");
            });
            digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!((digest(false), digest(true)), (written.counts.content, written.counts.log));
    }
}
