//! Licences that are remembered: whoever asks is told what the newest commit says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use keyward_store::batches::{self, Batch};
use keyward_store::licenses::{self, Found};
use keyward_store::users::{self, User};
use keyward_store::{Store, StoreError, Tx};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, World, digest, id, job, license, raw, sqlite, worlds};

const OWNER: Uuid = id(70);
const BATCH: Uuid = id(71);

async fn asked(store: &Store) -> Option<Found> {
    licenses::by_digest(store, ACCOUNT, &digest(1)).await.expect("reads")
}

/// A licence that has an owner and came out of a batch, remembered.
async fn remembered(w: &World) {
    let owner = User {
        id: OWNER,
        account_id: ACCOUNT,
        external_id: Some("u-1".to_owned()),
        email: None,
        name: None,
        role: "user".to_owned(),
        banned_at: None,
        created_at: NOW,
    };
    w.write(owner, |owner, tx| Box::pin(users::insert(tx, owner))).await.expect("an owner");
    let batch =
        Batch { id: BATCH, account_id: ACCOUNT, name: "spring".to_owned(), wanted: 1, created_at: NOW };
    w.write(batch, |batch, tx| Box::pin(batches::insert(tx, batch))).await.expect("a batch");
    w.license(1, |license| {
        license.batch_id = Some(BATCH);
        license.user_id = Some(OWNER);
    })
    .await;
    assert_eq!(asked(&w.store).await, None, "its batch is not ready");
    w.write((), |(), tx| Box::pin(batches::advance(tx, BATCH, 1))).await.expect("it has all");
    w.write((), |(), tx| Box::pin(batches::finish(tx, BATCH, NOW))).await.expect("it is ready");
    assert!(asked(&w.store).await.is_some());
    let before = w.store.told_from_memory();
    assert!(asked(&w.store).await.is_some());
    let is_sqlite = w.store.kind() == "sqlite";
    assert_eq!(w.store.told_from_memory() - before, u64::from(is_sqlite), "{}", w.store.kind());
}

/// A change of the licence, of its owner or of its batch.
type Change = for<'t, 'c> fn(&'t (), &'t Tx<'c>) -> BoxFuture<'t, Result<(), StoreError>>;

macro_rules! changes {
    ($($change:expr;)*) => { [$((stringify!($change), |(), tx| Box::pin(async move { $change(tx).await.map(drop) }))),*] };
}

#[tokio::test]
async fn each_change_is_seen_as_soon_as_it_is_made() {
    let all: [(&str, Change); 18] = changes! {
        async |tx: &Tx<'_>| licenses::use_once(tx, license(1).id, NOW, None).await;
        async |tx: &Tx<'_>| licenses::count_machine(tx, license(1).id, None, NOW).await;
        async |tx: &Tx<'_>| licenses::uncount_machine(tx, license(1).id, NOW).await;
        async |tx: &Tx<'_>| licenses::use_up(tx, license(1).id, 3, None, NOW).await;
        async |tx: &Tx<'_>| licenses::suspend(tx, license(1).id, "revoked", NOW).await;
        async |tx: &Tx<'_>| licenses::reinstate(tx, license(1).id, NOW).await;
        async |tx: &Tx<'_>| licenses::set_expiry(tx, license(1).id, Some(NOW), None, NOW).await;
        async |tx: &Tx<'_>| licenses::set_max_machines(tx, license(1).id, Some(3), NOW).await;
        async |tx: &Tx<'_>| licenses::record_transfer(tx, license(1).id, None, NOW).await;
        async |tx: &Tx<'_>| licenses::touch_validated(tx, license(1).id, NOW, None).await;
        async |tx: &Tx<'_>| users::set_email(tx, OWNER, Some("a@example.org")).await;
        async |tx: &Tx<'_>| users::set_banned(tx, OWNER, Some(NOW)).await;
        async |tx: &Tx<'_>| users::set_banned(tx, OWNER, None).await;
        async |tx: &Tx<'_>| licenses::set_user(tx, license(1).id, None, NOW).await;
        async |tx: &Tx<'_>| raw(tx, "update batches set name = 'autumn'").await;
        async |tx: &Tx<'_>| raw(tx, "update batches set ready_at = null").await;
        async |tx: &Tx<'_>| raw(tx, "update batches set ready_at = 1").await;
        async |tx: &Tx<'_>| raw(tx, "delete from licenses where serial > 0").await;
    };
    for w in worlds().await {
        remembered(&w).await;
        for (name, change) in all {
            let before = asked(&w.store).await;
            w.write((), change).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            let after = asked(&w.store).await;
            assert_ne!(after, before, "{name} on {}", w.store.kind());
            assert_eq!(after, licenses::by_id(&w.store, license(1).id).await.expect("reads"), "{name}");
        }
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_asked_for_as_what_is_unknown() {
    let w = sqlite().await;
    for (owner, change) in [(false, "suspended"), (true, "banned")] {
        if !owner {
            remembered(&w).await;
        }
        w.write(owner, |owner, tx| {
            Box::pin(async move {
                licenses::reinstate(tx, license(1).id, NOW).await?;
                match owner {
                    false => licenses::suspend(tx, license(1).id, "revoked", NOW).await,
                    true => users::set_banned(tx, OWNER, Some(NOW)).await,
                }
            })
        })
        .await
        .expect("it is changed");
        let before = w.store.told_from_memory();
        for _ in 0..3 {
            assert!(asked(&w.store).await.is_some());
        }
        assert_eq!(w.store.told_from_memory(), before, "{change}");
    }
}

#[tokio::test]
async fn what_is_rolled_back_changes_nothing() {
    let w = sqlite().await;
    remembered(&w).await;
    let before = asked(&w.store).await;
    let failed = w
        .write((), |(), tx| {
            Box::pin(async move {
                licenses::suspend(tx, license(1).id, "revoked", NOW).await?;
                raw(tx, "insert into nothing values (1)").await
            })
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(asked(&w.store).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_told_less_than_was_acknowledged_before_he_asked() {
    let w = sqlite().await;
    remembered(&w).await;
    let (acknowledged, is_over) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let store = w.store.clone();
            let (acknowledged, is_over) = (Arc::clone(&acknowledged), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut questions = 0_u64;
                while !is_over.load(Ordering::Acquire) {
                    let least = acknowledged.load(Ordering::Acquire);
                    let told = asked(&store).await.expect("it is there").license.uses;
                    assert!(told >= least, "{told} after {least}");
                    questions += 1;
                    if questions.is_multiple_of(64) {
                        tokio::task::yield_now().await;
                    }
                }
                questions
            })
        })
        .collect();
    for uses in 1..=300 {
        let used = w.store.write(job((), |(), tx| {
            Box::pin(async move { licenses::use_up(tx, license(1).id, 1, None, NOW).await })
        }));
        assert_eq!(used.await.expect("it is used"), Some(uses));
        acknowledged.store(uses, Ordering::Release);
    }
    is_over.store(true, Ordering::Release);
    let mut questions = 0;
    for reader in readers {
        questions += reader.await.expect("a reader");
    }
    assert!(w.store.told_from_memory() * 2 > questions, "most of {questions} are answered from memory");
}

#[tokio::test]
async fn what_a_command_changed_is_seen_as_soon_as_it_says_so() {
    let w = sqlite().await;
    remembered(&w).await;
    let command = w.database.open().await.expect("it opens");
    for uses in 1..=20 {
        assert_eq!(asked(&w.store).await.expect("it is there").license.uses, uses - 1);
        let used = command.write(job((), |(), tx| {
            Box::pin(async move { licenses::use_up(tx, license(1).id, 1, None, NOW).await })
        }));
        assert_eq!(used.await.expect("it is used"), Some(uses));
        assert_eq!(asked(&w.store).await.expect("it is there").license.uses, uses);
    }
    assert!(w.store.told_from_memory() > 0);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "another process is noticed in real time")]
async fn what_another_process_changed_is_seen_within_a_second() {
    let w = sqlite().await;
    remembered(&w).await;
    let other = rusqlite::Connection::open(w.file()).expect("it opens");
    for change in ["max_machines = 5", "suspended_at = 1"] {
        let before = asked(&w.store).await;
        other.execute(&format!("update licenses set {change}"), []).expect("it changes");
        let changed = Instant::now();
        while asked(&w.store).await == before {
            assert!(changed.elapsed() < Duration::from_secs(1), "{change} is not seen");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// SQLite says of each of these rows that it changed: by its number, and only where a statement names some of them.
#[test]
fn each_table_that_is_remembered_numbers_its_rows() {
    for table in ["licenses", "users", "batches"] {
        let made = include_str!("../../migrations/sqlite/V20261125000000__model.sql");
        let (_, made) = made.split_once(&format!("create table {table} (\n")).expect("it is made there");
        assert!(made.trim_start().starts_with("serial integer primary key,"), "{table}");
        // What empties a table for a copy of another database does so where nobody serves.
        for sql in keyward_store::testing::everyday() {
            let text = sql.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let empties = text.starts_with(&format!("delete from {table}")) && !text.contains(" where ");
            assert!(!empties && !text.contains("or replace"), "{text}");
        }
    }
}
