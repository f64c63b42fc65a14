//! Databases of other programs are refused and left as they are, whatever state they are in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, StoreError};

use crate::world::place;

/// Tables as the systems make them that Keyward replaces, and one that a migration tool leaves.
const TABLES: [&str; 4] = [
    "create table licenses (client_id varchar(64) primary key, token text not null, revoked integer default 0);",
    "create table licenses (id integer primary key, license_key varchar(12) unique not null, duration_days integer \
       not null, duration_label varchar(50) not null, status varchar(20) default 'ACTIVE', \
       used_date timestamp, used_domain varchar(100));
     create table license_activations (id integer primary key, license_key varchar(12) \
       references licenses (license_key), domain_fingerprint varchar(100) not null, user_agent text);",
    "create table licenses (id integer primary key, license_key varchar(255) unique not null, \
       user_id varchar(255) not null, email varchar(255), \
       tier varchar(20) not null check (tier in ('free', 'pro', 'elite', 'lifetime')), active boolean default true);
     create index idx_license_key on licenses (license_key);
     create table license_verifications (id integer primary key, license_key varchar(255) not null, \
       verified_at timestamp default current_timestamp, origin varchar(255));",
    "create table schema_version (installed_rank integer primary key, version varchar(50), script varchar(1000));
     create table licenses (id integer primary key);",
];

fn check(error: &StoreError) {
    assert_eq!(error.code(), "DATABASE_FOREIGN", "{error}");
    assert!(error.to_string().contains("licenses"), "{error}");
    assert!(error.remedy().contains("`keyward import A|B|C|D|E --from"));
}

/// Every file of a directory with its bytes. What SQLite's programs share memory through is no data.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| {
        let shared = path.to_string_lossy().ends_with("-shm");
        let bytes = if shared { Vec::new() } else { fs::read(&path).unwrap() };
        (path, bytes)
    };
    fs::read_dir(directory).unwrap().map(|file| read(file.unwrap().path())).collect()
}

async fn refused_unchanged(database: &Database, path: &Path) {
    let before = contents(path.parent().unwrap());
    for _ in 0..2 {
        check(&database.open().await.err().expect("a refusal"));
    }
    assert_eq!(contents(path.parent().unwrap()), before);
}

#[tokio::test]
async fn a_sqlite_file_of_another_program_is_refused_unchanged() {
    for tables in TABLES {
        for journal in ["delete", "wal"] {
            let database = Database::sqlite(&place());
            let DatabaseAddress::Sqlite(path) = &database.address else { panic!("a file") };
            let theirs = rusqlite::Connection::open(path).unwrap();
            let mode = format!("pragma journal_mode = {journal}; {tables}");
            theirs.execute_batch(&mode).unwrap();
            // While it runs, with its tables in the log alone, and after it has ended.
            refused_unchanged(&database, path).await;
            drop(theirs);
            refused_unchanged(&database, path).await;
        }
    }
}

#[tokio::test]
async fn a_copy_with_everything_in_its_log_is_refused_unchanged() {
    for tables in TABLES {
        let (database, source) = (Database::sqlite(&place()), Database::sqlite(&place()));
        let (DatabaseAddress::Sqlite(path), DatabaseAddress::Sqlite(original)) =
            (&database.address, &source.address)
        else {
            panic!("files")
        };
        let theirs = rusqlite::Connection::open(original).unwrap();
        theirs.execute_batch(&format!("pragma journal_mode = wal; {tables}")).unwrap();
        for ending in ["", "-wal"] {
            let name = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
            fs::copy(name(original), name(path)).unwrap();
        }
        refused_unchanged(&database, path).await;
        assert_eq!(contents(path.parent().unwrap()).len(), 2);
    }
}

#[tokio::test]
async fn our_own_copy_with_everything_in_its_log_opens() {
    let w = crate::world::sqlite().await;
    let database = Database::sqlite(&place());
    let DatabaseAddress::Sqlite(path) = &database.address else { panic!("a file") };
    for ending in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        fs::copy(name(w.file()), name(path)).unwrap();
    }
    let store = database.open().await.unwrap();
    let first = keyward_store::accounts::first(&store).await.unwrap();
    assert_eq!(first, Some(crate::world::account()));
}

#[tokio::test]
async fn a_postgresql_database_of_another_program_is_refused_unchanged() {
    for tables in TABLES {
        let Some(database) = Database::postgres().await else { return };
        let url = database.address.to_string();
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(tables).await.unwrap();
        let everything = async || -> Vec<String> {
            let query = "select nspname || '.' || relname || ' ' || relkind::text || ' ' || coalesce((select \
                           string_agg(attname || ' ' || atttypid::regtype, ',' order by attnum) from pg_attribute \
                           where attrelid = c.oid), '') \
                         from pg_class c join pg_namespace n on n.oid = relnamespace \
                         where nspname not in ('pg_catalog', 'pg_toast', 'information_schema') \
                         union all select nspname from pg_namespace where nspname not like 'pg\\_temp%' \
                           and nspname not like 'pg\\_toast\\_temp%' order by 1";
            client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
        };
        let before = everything().await;
        assert!(before.len() > 3);
        check(&database.open().await.err().expect("a refusal"));
        assert_eq!(everything().await, before);
    }
}
