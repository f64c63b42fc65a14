//! Databases of every earlier schema, as `testdata/databases` keeps them: each opens, is brought up to date, and has whatever it
//! had.
//!
//! A schema that has no files yet gets them by `UPDATE_DATABASES=1 cargo test -p keyward-engine --test it upgrade`, which needs
//! PostgreSQL and its `pg_dump`. Files that are there are never written again: they are what is out there.

mod frozen;
mod make;

use std::collections::{BTreeMap, BTreeSet};

use keyward_core::code::Code;
use keyward_store::testing::{Database, schemas};
use keyward_store::{DatabaseAddress, StoreError, audit};
use tokio::task::JoinSet;

use crate::stored::Stored;
use frozen::{Frozen, Kind};

#[tokio::test]
async fn every_schema_there_was_opens_and_verifies_on_sqlite() {
    every(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_there_was_opens_and_verifies_on_postgres() {
    every(Kind::Postgres).await;
}

/// Tables and their columns, as a schema had them.
pub(crate) async fn columns(version: i64) -> BTreeMap<String, BTreeSet<String>> {
    let database = Frozen::read(Kind::Sqlite, version).database().await.expect("SQLite is never left out");
    let DatabaseAddress::Sqlite(path) = &database.address else { unreachable!("it is a file") };
    let connection = rusqlite::Connection::open(path).expect("it opens");
    let sql =
        "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    let mut columns = BTreeMap::<String, BTreeSet<String>>::new();
    for row in rows {
        let (table, column): (String, String) = row.expect("a row");
        columns.entry(table).or_default().insert(column);
    }
    columns
}

async fn every(kind: Kind) {
    if std::env::var_os("UPDATE_DATABASES").is_some() {
        make::missing(kind).await;
    }
    let versions = schemas();
    assert!(versions.len() > 10, "{versions:?}");
    // Together: PostgreSQL takes a while for a new database, and waits for the disk most of it.
    let mut checks = JoinSet::new();
    for version in versions {
        checks.spawn(async move {
            let frozen = Frozen::read(kind, version);
            if let Some(database) = frozen.database().await {
                check(&frozen, database).await;
            }
        });
    }
    checks.join_all().await;
}

async fn check(frozen: &Frozen, database: Database) {
    let what = format!("{:?} of schema {}", frozen.kind, frozen.version);
    let stored = Stored::of(database, &frozen.contents.master_key).await;
    let engine = &stored.engine;
    stored.clock.advance(60);

    // What was sealed and signed fits, and what was not yet gets its place.
    let before = engine.verify_audit(&[], |_| {}).await.expect("the log is read");
    assert!(before.report.is_sound(), "{what}: {:?}", before.report);
    assert!(before.report.checkpoints >= 1 && before.unsealed >= 1, "{what}: {before:?}");
    engine.seal_audit().await.expect("it seals");
    let after = engine.verify_audit(&[], |_| {}).await.expect("the log is read");
    assert!(after.report.is_sound() && after.unsealed == 0, "{what}: {after:?}");
    assert_eq!(after.report.head.count, before.report.head.count + before.unsealed, "{what}");

    // Every form is found, was made by a key that opens, and may run.
    assert!(frozen.contents.forms.len() >= 9, "{what}");
    for (form, text) in &frozen.contents.forms {
        let examined = engine.examine(text).await.expect("it is a licence");
        assert!(examined.found.is_some(), "{what}: {form} is not found");
        if !form.contains("pool") {
            assert!(examined.made_with.is_some(), "{what}: nothing made {form}");
        }
        let verdict = examined.verdict.expect("it is registered");
        let wanted = if form == "used pool key" { Code::AlreadyUsed } else { Code::Valid };
        assert_eq!(verdict.code, wanted, "{what}: {form}: {verdict:?}");
    }

    // What later schemas find things by is made for what was there before.
    engine.sweep(90).await.expect("it sweeps");
    let found = engine.customers_like("lovel", 9).await.expect("reads");
    assert_eq!(found.len(), 1, "{what}: found by a word of the name");
    assert_eq!(found[0].email.as_deref(), Some("ada@example.com"), "{what}");
    let people = engine.people().await.expect("reads");
    assert_eq!(
        people.iter().map(|it| it.email.as_str()).collect::<Vec<_>>(),
        ["grace@example.com"],
        "{what}"
    );
    let events = audit::latest(engine.store(), 1_000).await.expect("reads");
    assert!(events.iter().any(|entry| entry.event == "license.issue"), "{what}");
}

#[tokio::test]
async fn a_schema_that_is_newer_is_refused_and_left_as_it_is() {
    let newest = *schemas().last().expect("there is one");
    for kind in Kind::ALL {
        let Some(database) = Frozen::read(kind, newest).database().await else { continue };
        drop(database.open().await.expect("it opens"));
        let later = "insert into keyward.schema_version (version, name, applied_on, checksum) \
                     select version + 1, 'later', applied_on, '1' from keyward.schema_version \
                     order by version desc limit 1";
        match &database.address {
            DatabaseAddress::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("the database");
                connection.execute_batch(&later.replace("keyward.", "")).expect("a later schema");
            }
            DatabaseAddress::Postgres(_) => database.run_script(later).await,
        }
        let refused = database.open().await.map(drop);
        let told = matches!(refused, Err(StoreError::Newer { found, known }) if found == newest + 1 && known == newest);
        assert!(told, "{kind:?}: {refused:?}");
    }
}
