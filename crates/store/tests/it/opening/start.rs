//! First starts: two at once, interrupted ones, and schemas of a newer program.

use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, Options, Store, versions};

use crate::world::{place, raw, worlds};

async fn databases() -> Vec<Database> {
    Database::all(&place()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn several_may_open_a_new_database_at_once() {
    for _ in 0..5 {
        for database in databases().await {
            let opened = (0..6).map(|_| {
                let address = database.address.clone();
                tokio::spawn(async move { Store::open(&address, Options::default()).await })
            });
            for store in futures_util::future::join_all(opened).await {
                let store = store.unwrap().unwrap();
                assert_eq!(versions::get(&store, versions::CATALOG).await.unwrap(), 1);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_is_enough_to_be_asked_for() {
    for database in databases().await {
        Store::open(&database.address, Options { connections: 1, ..Options::default() }).await.unwrap();
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_keyward_is_refused() {
    for w in worlds().await {
        let newer = "update schema_version set version = 99991231000000 where version = (select max(version) from schema_version)";
        w.write((), move |(), tx| Box::pin(raw(tx, newer))).await.unwrap();
        let error = w.database.open().await.err().unwrap();
        assert_eq!(error.code(), "DATABASE_NEWER", "{error}");
        assert!(error.remedy().contains("newer Keyward"));
    }
}

#[tokio::test]
async fn an_interrupted_first_start_is_finished_by_the_next() {
    let table = "create table {}schema_version (version bigint primary key, name varchar(255), \
                 applied_on varchar(255), checksum varchar(255))";
    for database in databases().await {
        match &database.address {
            DatabaseAddress::Sqlite(path) => {
                let table = table.replace("{}", "").replace("bigint primary key", "int8 primary key");
                rusqlite::Connection::open(path).unwrap().execute_batch(&table).unwrap();
            }
            DatabaseAddress::Postgres(_) => {
                let url = database.address.to_string();
                let (client, connection) =
                    tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                let lock = "create schema keyward; \
                            create table keyward.migration_lock (held bigint primary key)";
                client.batch_execute(lock).await.unwrap();
                database.open().await.map(drop).unwrap();
                client.batch_execute("drop schema keyward cascade; create schema keyward").await.unwrap();
                client.batch_execute(&table.replace("{}", "keyward.")).await.unwrap();
            }
        }
        let store = database.open().await.unwrap();
        assert_eq!(versions::get(&store, versions::CATALOG).await.unwrap(), 1);
    }
}
