//! Makes the files of schemas that have none. The newest is written by the program itself; of what it wrote, an older one gets the
//! tables and columns that it has.

use std::path::Path;
use std::process::Command;

use keyward_engine::license::{Activate, Activation, NewLicense, Question};
use keyward_engine::people::Welcome;
use keyward_engine::token::Role;
use keyward_engine::{Caller, NewUser};
use keyward_store::testing::{Database, schemas};
use keyward_store::{DatabaseAddress, Read as _, Row, Sql, Store, StoreError};

use super::frozen::{Contents, Frozen, Kind};
use crate::forms::every_form;
use crate::stored::Stored;

pub(super) async fn missing(kind: Kind) {
    for stored in Stored::all().await {
        let its = match stored.database.address {
            DatabaseAddress::Sqlite(_) => Kind::Sqlite,
            DatabaseAddress::Postgres(_) => Kind::Postgres,
        };
        let missing: Vec<i64> =
            schemas().into_iter().filter(|version| !Frozen::exists(kind, *version)).collect();
        if its != kind || missing.is_empty() {
            continue;
        }
        let contents = fill(&stored).await;
        for version in missing {
            let bytes = match kind {
                Kind::Sqlite => sqlite(&stored.database, version).await,
                Kind::Postgres => postgres(&stored, version).await,
            };
            Frozen::write(kind, version, &bytes, &contents);
        }
    }
}

/// Something of everything.
async fn fill(stored: &Stored) -> Contents {
    let (engine, caller) = (&stored.engine, stored.caller());
    let ada = NewUser {
        external_id: Some("customer-7".to_owned()),
        email: Some("ada@example.com".to_owned()),
        name: Some("Ada Lovelace".to_owned()),
    };
    let of_ada = || NewLicense {
        user: Some(ada.clone()),
        name: Some("Analytical".to_owned()),
        ..NewLicense::default()
    };
    let mut forms = Vec::new();
    let pool = engine.issue_pool_key(&caller, "pool", "30", of_ada()).await.expect("a key");
    forms.push(("pool".to_owned(), pool.key));
    let used = engine.issue_pool_key(&caller, "pool", "30", NewLicense::default()).await.expect("a key");
    let device = Activate { key: used.key.clone(), fingerprint: "example.com".to_owned(), name: None };
    let asked = Caller {
        address: Some("192.0.2.7".parse().expect("an address")),
        user_agent: Some("Mill/1".to_owned()),
        ..caller.clone()
    };
    let activated = engine.activate(&asked, device, None).await.expect("it is asked");
    assert!(matches!(activated, keyward_engine::Repeatable::Fresh(Activation::Done(_))), "{activated:?}");
    forms.push(("used pool key".to_owned(), used.key));
    let tier = engine.issue_tier(&caller, "tier", "pro", of_ada()).await.expect("a key");
    engine.validate(&asked, Question::Run, &tier.key, &Default::default()).await.expect("an answer");
    forms.push(("tier".to_owned(), tier.key));
    for (name, form) in every_form() {
        let issued = engine.issue_form(&caller, form).await.expect("a form");
        forms.push((name.to_owned(), issued.key));
    }
    let link = engine.invite(&caller, Role::Admin, Some("grace@example.com")).await.expect("a link");
    let welcome = Welcome { password: "long enough for all".to_owned().into(), ..Welcome::default() };
    engine.accept(&asked, &link, welcome).await.expect("she is in");
    engine.create_token(&caller, Role::ReadOnly, "prometheus", None).await.expect("a token");
    engine.seal_audit().await.expect("it seals");
    engine.checkpoint(true).await.expect("it signs").expect("a checkpoint");
    engine.invite(&caller, Role::SupportAgent, Some("bob@example.com")).await.expect("a link");
    engine.seal_audit().await.expect("it seals");
    engine.release_sealer().await.expect("it leaves");
    // One entry waits for its place.
    engine.invite(&caller, Role::ReadOnly, Some("eve@example.com")).await.expect("a link");
    Contents { master_key: stored.master_text(), forms }
}

/// A file of an older schema.
async fn sqlite(newest: &Database, version: i64) -> Vec<u8> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let older = Database::sqlite(place);
    older.make_older(version).await;
    let (DatabaseAddress::Sqlite(from), DatabaseAddress::Sqlite(to)) = (&newest.address, &older.address)
    else {
        unreachable!("both are files")
    };
    let connection = rusqlite::Connection::open(to).expect("the file");
    let attach = format!("pragma foreign_keys = off; attach '{}' as newest", from.display());
    connection.execute_batch(&attach).expect("attached");
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).expect("a statement");
        statement.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("texts")
    };
    for table in
        texts("select name from main.sqlite_schema where type = 'table' and name <> 'schema_version'")
    {
        let columns = texts(&format!("select name from pragma_table_info('{table}', 'main')")).join(", ");
        let copy = format!(
            "delete from main.{table}; insert into main.{table} ({columns}) select {columns} from newest.{table}"
        );
        connection.execute_batch(&copy).expect("copied");
    }
    let file = to.with_extension("packed");
    connection.execute_batch("detach newest").expect("detached");
    connection.execute("vacuum into ?1", [file.display().to_string()]).expect("packed");
    std::fs::read(file).expect("the file")
}

/// A script of an older schema.
async fn postgres(newest: &Stored, version: i64) -> Vec<u8> {
    let older = Database::postgres().await.expect("PostgreSQL");
    older.make_older(version).await;
    let url = older.url().expect("an address");
    let script = {
        let opened = newest.engine.store();
        let list = list_of(&older).await;
        let mut script = "set search_path = keyward; set session_replication_role = replica;\n".to_owned();
        for (table, columns) in &list {
            script += &format!("delete from {table};\n");
            for row in rows(opened, table, columns).await {
                script += &format!("insert into {table} ({columns}) values ({row});\n");
            }
        }
        script
    };
    older.run_script(&script).await;
    let dumped = Command::new(pg_dump())
        .args(["--schema=keyward", "--inserts", "--no-owner", "--no-privileges", "--no-comments", &url])
        .output()
        .expect("pg_dump starts");
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    let text = String::from_utf8(dumped.stdout).expect("text");
    // What only its own client understands, or newer servers. A text may have lines of its own.
    let is_for_all = |line: &&str| {
        let is_comment = *line == "--" || line.starts_with("-- ");
        !is_comment && !line.starts_with('\\') && !line.starts_with("SET ")
    };
    text.lines().filter(is_for_all).flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

fn pg_dump() -> std::path::PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    versions.map(|version| version.expect("a directory").path().join("bin/pg_dump")).max().expect("a version")
}

async fn texts(store: &Store, sql: String) -> Vec<String> {
    fn first(row: &mut Row<'_>) -> Result<String, StoreError> {
        row.take()
    }
    store.all(Sql::of_test(sql.leak()), &[], first).await.expect("rows")
}

/// Tables of a schema, each with its columns.
async fn list_of(older: &Database) -> Vec<(String, String)> {
    let list = "select c.table_name || ' ' || string_agg(c.column_name, ',' order by c.ordinal_position) \
                from information_schema.columns c where c.table_schema = 'keyward' \
                and c.table_name not in ('schema_version', 'migration_lock') group by c.table_name order by 1";
    let tables = older.texts(list).await.into_iter();
    let split = |line: String| {
        let (table, columns) = line.split_once(' ').expect("a table and its columns");
        (table.to_owned(), columns.to_owned())
    };
    tables.map(split).collect()
}

/// The rows of a table as SQL has them.
async fn rows(store: &Store, table: &str, columns: &str) -> Vec<String> {
    let literals: Vec<String> =
        columns.split(',').map(|column| format!("quote_nullable({column}::text)")).collect();
    texts(store, format!("select {} from {table}", literals.join(" || ', ' || "))).await
}
