//! What moves a database as a whole knows every table and every column of it.

use std::collections::BTreeMap;

use keyward_store::tables::{self, Datum, Kept, Kind, LEFT_OUT, TABLES, Table};
use keyward_store::{StoreError, latest_schema};

use crate::world::{World, postgres, raw, sqlite, worlds};

/// Tables and their columns, with types, as SQLite has them.
fn of_schema(w: &World) -> BTreeMap<String, Vec<(String, String)>> {
    let connection = rusqlite::Connection::open(w.file()).expect("the file opens");
    let mut statement = connection
        .prepare(
            "select m.name, c.name, lower(c.type) from sqlite_master m join pragma_table_info(m.name) c
             where m.type = 'table' and m.name not like 'sqlite_%' and m.name <> 'schema_version' order by c.cid",
        )
        .expect("the query");
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?))))
        .expect("rows");
    let mut found = BTreeMap::<String, Vec<(String, String)>>::new();
    for row in rows {
        let (table, column) = row.expect("a row");
        found.entry(table).or_default().push(column);
    }
    found
}

const fn stored_as(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Id | Kind::Bytes | Kind::Sealed | Kind::Digest => &["blob"],
        Kind::Number | Kind::Flag | Kind::Time => &["integer"],
        Kind::Text | Kind::Password => &["text"],
        Kind::Here(_) => &["integer", "blob"],
    }
}

#[tokio::test]
async fn every_table_and_column_is_known_with_its_type() {
    let w = sqlite().await;
    let mut schema = of_schema(&w);
    for (name, reason) in LEFT_OUT {
        assert!(schema.remove(*name).is_some() && reason.len() > 10, "{name} is no table");
    }
    for table in TABLES {
        let columns = schema.remove(table.name).unwrap_or_else(|| panic!("{} is no table", table.name));
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let known: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let (mut one, mut other) = (names.clone(), known.clone());
        one.sort_unstable();
        other.sort_unstable();
        assert_eq!(one, other, "{}: the schema has left, the list of tables has right", table.name);
        for column in table.columns {
            let (_, of_schema) = columns.iter().find(|(name, _)| name == column.name).expect("a column");
            let fits = stored_as(column.kind).contains(&of_schema.as_str());
            assert!(fits, "{}.{} is {of_schema}, not {:?}", table.name, column.name, column.kind);
            assert_eq!(
                column.name.ends_with("_sealed"),
                column.kind == Kind::Sealed,
                "{}.{}: whether it is sealed shows in its name",
                table.name,
                column.name
            );
        }
        assert!(table.key.iter().all(|key| known.contains(key)) && table.about.ends_with('.'));
    }
    assert!(schema.is_empty(), "these tables are in no list: {:?}", schema.keys());
}

#[tokio::test]
async fn a_table_comes_after_those_that_it_refers_to() {
    let w = sqlite().await;
    let connection = rusqlite::Connection::open(w.file()).expect("the file opens");
    let mut statement = connection
        .prepare("select m.name, f.\"table\" from sqlite_master m join pragma_foreign_key_list(m.name) f")
        .expect("the query");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    let place = |name: &str| Table::named(name).map(|(place, _)| place);
    let mut seen = 0;
    for row in rows {
        let (table, other): (String, String) = row.expect("a row");
        if let (Some(table), Some(other)) = (place(&table), place(&other)) {
            assert!(other < table, "{} before {}", TABLES[other].name, TABLES[table].name);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// An archive of an older schema has no value for a newer column: nothing, or a flag that is not set.
#[test]
fn a_column_that_came_later_may_be_empty_or_is_a_flag() {
    let mut seen = 0;
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).expect("there") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for line in text.lines() {
            let mut words = line.split_whitespace().skip_while(|word| *word != "table").skip(1);
            let (Some(table), Some("add"), Some("column"), Some(name)) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                continue;
            };
            let Some((_, table)) = Table::named(table) else { continue };
            let column = table.columns.iter().find(|column| column.name == name).expect("a column");
            let fits = !line.contains("not null") || column.kind == Kind::Flag && line.contains("default 0");
            assert!(fits, "{}: an import would write null into it", line.trim());
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen}");
}

/// A row with something in each column; `number` keeps those apart that must be.
fn row(table: &Table, number: u8, ids: &BTreeMap<&str, Vec<u8>>) -> Vec<Datum> {
    let value = |column: &tables::Column| match (column.name, column.kind) {
        ("name", Kind::Text) if table.name == "audit_head" => Datum::Text("audit".to_owned()),
        ("serial" | "seq", _) => Datum::Int(i64::from(number) * 10),
        ("id", _) => Datum::Bytes(vec![table.name.len() as u8 ^ number; 16]),
        (name, Kind::Id) => Datum::Bytes(ids.get(name).cloned().unwrap_or_else(|| vec![number; 16])),
        (_, Kind::Here(fixed)) => fixed.map_or(Datum::Null, Datum::Int),
        (_, Kind::Flag) => Datum::Int(1),
        (_, Kind::Number | Kind::Time) => Datum::Int(i64::from(number) - 3),
        (_, Kind::Text | Kind::Password) => Datum::Text(format!("Ž'\\{number} 🐎")),
        (_, Kind::Bytes | Kind::Sealed | Kind::Digest) => Datum::Bytes(vec![number, 0, 255]),
    };
    table.columns.iter().map(value).collect()
}

async fn rows_of(w: &World, table: &'static Table) -> Vec<Vec<Datum>> {
    w.store
        .snapshot(async |snapshot| {
            let mut rows = Vec::new();
            snapshot
                .each(table, |row| {
                    let cells = table.columns.iter().map(|_| row.cell().map(Datum::from));
                    rows.push(cells.collect::<Result<Vec<_>, StoreError>>()?);
                    Ok::<_, StoreError>(())
                })
                .await?;
            assert_eq!(tables::count(snapshot, table).await?, rows.len() as i64);
            Ok::<_, StoreError>(rows)
        })
        .await
        .expect("a snapshot")
}

#[tokio::test]
async fn rows_of_every_table_go_in_and_come_out_the_same_in_the_same_order() {
    let mut of_each = Vec::new();
    for w in worlds().await {
        let kind = w.store.kind();
        w.write((), |(), tx| Box::pin(tables::clear(tx))).await.expect("emptied");
        assert!(tables::is_empty(&w.store).await.expect("asks"), "{kind}");
        assert!(tables::is_as_made(&w.store).await.expect("asks"), "{kind}");
        let mut ids = BTreeMap::new();
        let mut all = Vec::new();
        for table in TABLES {
            // Of what there is one, one; texts as keys in an order that a language would not have.
            let single = ["accounts", "audit_head"].contains(&table.name);
            let rows: Vec<_> = (1..=if single { 1 } else { 2 }).map(|n| row(table, n, &ids)).collect();
            let id = table.columns.iter().position(|column| column.name == "id");
            if let Some(Datum::Bytes(id)) = id.map(|at| &rows[0][at]) {
                let refers = match table.name {
                    "accounts" => "account_id",
                    "products" => "product_id",
                    "policies" => "policy_id",
                    "entitlements" => "entitlement_id",
                    "users" => "user_id",
                    "installations" => "installation_id",
                    "batches" => "batch_id",
                    "licenses" => "license_id",
                    "signing_keys" => "signing_key_id",
                    "tokens" => "token_id",
                    _ => "",
                };
                ids.insert(refers, id.clone());
                if table.name == "users" {
                    ids.insert("invited_by", id.clone());
                }
            }
            // Two rows of a table of pairs would be the same.
            let rows = if id.is_none() && !table.key.iter().any(|k| ["serial", "name"].contains(k)) {
                rows[..1].to_vec()
            } else {
                rows
            };
            let added = w.write(rows.clone(), |rows, tx| Box::pin(tables::insert(tx, table, rows))).await;
            added.unwrap_or_else(|why| panic!("{kind} {}: {why:?}", table.name));
            all.push(rows);
        }
        w.write((), |(), tx| Box::pin(tables::fill(tx))).await.expect("ends");
        for (table, rows) in TABLES.iter().zip(&all) {
            assert_eq!(&rows_of(&w, table).await, rows, "{kind} {}", table.name);
        }
        assert!(!tables::is_empty(&w.store).await.expect("asks"));
        assert!(!tables::is_as_made(&w.store).await.expect("asks"));
        // The next licence is numbered behind those that came, and the search index is to be made.
        assert_eq!(w.count("select max(serial) from licenses").await, 20);
        assert_eq!(w.count("select count(*) from search_backlog where serial = 20").await, 2);
        let copy = "insert into batches (id, account_id, name, wanted, made, created_at)
                    select account_id, account_id, name, wanted, made, created_at from batches where serial = 10";
        w.write((), |(), tx| Box::pin(raw(tx, copy))).await.expect("another batch");
        assert_eq!(w.count("select max(serial) from batches").await, 21, "{kind}");
        of_each.push(all);
        w.write((), |(), tx| Box::pin(tables::clear(tx))).await.expect("emptied again");
        assert!(tables::is_empty(&w.store).await.expect("asks"), "{kind}");
    }
}

#[tokio::test]
async fn a_snapshot_stays_as_it_was_while_others_write() {
    for w in worlds().await {
        let (_, products) = Table::named("products").expect("a table");
        w.store
            .snapshot(async |snapshot| {
                let before = tables::count(snapshot, products).await?;
                w.write((), |(), tx| Box::pin(raw(tx, "update products set name = 'other'"))).await?;
                let mut names = Vec::new();
                snapshot
                    .each(products, |row| {
                        for _ in 0..4 {
                            row.cell()?;
                        }
                        names.push(Datum::from(row.cell()?));
                        Ok::<_, StoreError>(())
                    })
                    .await?;
                assert_eq!((before, names), (1, vec![Datum::Text("Versoll Books".to_owned())]));
                assert_eq!(snapshot.schema().await?, latest_schema());
                Ok::<_, StoreError>(())
            })
            .await
            .expect("a snapshot");
        assert_eq!(w.count("select count(*) from products where name = 'other'").await, 1);
    }
}

#[tokio::test]
async fn a_copy_is_whole_and_a_broken_one_is_noticed() {
    let w = sqlite().await;
    w.license(1, |_| ()).await;
    let copy = w.file().with_file_name("copy.db");
    assert!(w.store.copy_to(&copy).expect("copied"));
    assert_eq!(w.store.copy_to(&copy).expect_err("it is there").code(), "DATABASE_FILE");
    let still = tables::Snapshot::of_file(&copy).expect("opens");
    assert_eq!(still.broken().expect("asks"), None);
    let (_, licenses) = Table::named("licenses").expect("a table");
    assert_eq!(tables::count(&still, licenses).await.expect("counts"), 1);
    let beside: Vec<_> = std::fs::read_dir(copy.parent().expect("a folder"))
        .expect("the folder")
        .filter_map(|file| file.expect("a file").file_name().into_string().ok())
        .filter(|name| name.starts_with("copy.db"))
        .collect();
    assert_eq!(beside, ["copy.db"]);
    // An index that lacks its row.
    let mut bytes = std::fs::read(&copy).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0x5a);
    std::fs::write(&copy, bytes).expect("writes");
    let still = tables::Snapshot::of_file(&copy).expect("opens");
    assert!(!matches!(still.broken(), Ok(None)));
    if let Some(other) = postgres().await {
        assert!(!other.store.copy_to(&copy).expect("there is no file"));
    }
}

#[test]
fn what_is_transient_has_its_reason() {
    let reasons: Vec<_> = TABLES.iter().filter_map(|table| table.kept.reason()).collect();
    assert_eq!(reasons.len(), 2);
    assert!(TABLES.iter().all(|table| table.is_exported() != matches!(table.kept, Kept::Backup(_))));
}
