//! Databases of other systems: their values, whatever their types, and their order.

use std::path::PathBuf;

use keyward_store::old::{Beside, OldDatabase, OldRow, OldTable, OldValue};
use keyward_store::testing::Database;

use crate::world::{TEXTS, place};

const THINGS: OldTable = OldTable {
    name: "Things",
    order: "Id",
    needed: &["Id", "name"],
    optional: &["number", "real", "flag", "blob", "time", "zoned", "names", "object", "address", "nothing"],
    beside: Some(Beside {
        name: "parts",
        key: "name",
        of: "thing",
        order: "id",
        columns: &["thing", "part", "nothing"],
    }),
};

async fn read(old: &OldDatabase, table: &OldTable) -> Vec<OldRow> {
    let mut rows = old.rows(table).await.unwrap().expect("there is such a table");
    let (total, mut all) = (rows.total, Vec::new());
    while let Some(part) = rows.next().await.unwrap() {
        all.extend(part);
    }
    assert_eq!(total, all.len() as u64);
    assert!((1..).zip(&all).all(|(number, row)| row.number == number));
    all
}

fn text(text: &str) -> OldValue {
    OldValue::Text(text.to_owned())
}

#[tokio::test]
async fn values_of_sqlite_keep_their_types() {
    let file = place().join(format!("old-values-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "create table things (ID integer primary key, NAME, number, real, flag, blob, \"time\");
             create table parts (id integer primary key, thing, part);
             insert into things values (9, 'b', 1, 1.5, 1, x'ff00', '2026-01-01'), (2, 'a', null, null, 0, '', null);
             insert into parts values (1, 'b', 'first'), (2, 'nobody', 'x'), (3, 'b', 'second');",
        )
        .unwrap();
    connection.execute("insert into things (name) values (cast(x'ff' as text))", []).unwrap();
    let old = OldDatabase::open(file.to_str().unwrap()).await.unwrap();
    assert_eq!(old.kind(), "sqlite");
    let rows = read(&old, &THINGS).await;
    let get = |row: usize, name| rows[row].fields().get(name).clone();
    assert_eq!(
        (get(0, "Id"), get(0, "name"), get(0, "number")),
        (OldValue::Int(2), text("a"), OldValue::Null)
    );
    assert_eq!((get(1, "real"), get(1, "flag")), (OldValue::Real(1.5), OldValue::Int(1)));
    assert_eq!((get(1, "blob"), get(1, "time")), (OldValue::Blob(vec![0xff, 0]), text("2026-01-01")));
    assert_eq!((get(2, "name"), get(1, "nothing")), (OldValue::Blob(vec![0xff]), OldValue::Null));
    assert!(rows[0].fields().has("number") && !rows[0].fields().has("nothing"));
    let parts: Vec<_> = rows[1].beside().map(|part| part.get("part").clone()).collect();
    assert_eq!(parts, [text("first"), text("second")]);
    assert_eq!(rows[0].beside().count(), 0);
    // What is not there: a table, a column that must be.
    assert!(old.rows(&OldTable { name: "none", ..THINGS }).await.unwrap().is_none());
    let refused = old.rows(&OldTable { needed: &["colour"], ..THINGS }).await.err().unwrap();
    assert!(
        refused.code() == "IMPORT_SOURCE" && refused.to_string().contains("no column colour"),
        "{refused}"
    );
    std::fs::remove_file(&file).unwrap();
}

/// An old SQLite file, made by this script.
fn sqlite(name: &str, script: &str) -> PathBuf {
    let file = place().join(format!("old-{name}-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    rusqlite::Connection::open(&file).unwrap().execute_batch(script).unwrap();
    file
}

#[tokio::test]
async fn rows_without_an_id_of_their_own_stay_apart() {
    // As PostgreSQL's `serial` reads in SQLite: a column that nothing fills.
    let script = "create table things (id serial, name text);
        create table parts (id serial, thing text, part text);
        insert into things values (null, 'c'), (null, 'a'), (null, 'c'), (7, 'b'), (7, 'a');
        insert into parts values (1, 'a', '2nd'), (0, 'a', '1st');";
    let file = sqlite("ids", script);
    let mut all = vec![OldDatabase::open(file.to_str().unwrap()).await.unwrap()];
    let database = Database::postgres().await;
    if let Some(database) = &database {
        database.run_script(&script.replace("serial", "int")).await;
        all.push(OldDatabase::open(&database.url().unwrap()).await.unwrap());
    }
    for old in all {
        let rows = read(&old, &THINGS).await;
        let mut names: Vec<String> = rows
            .iter()
            .map(|row| match row.fields().get("name") {
                OldValue::Text(name) => format!("{name}{}", row.beside().count()),
                other => panic!("{other:?}"),
            })
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["a2", "a2", "b0", "c0", "c0"], "{}", old.kind());
        for row in rows.iter().filter(|row| *row.fields().get("name") == text("a")) {
            let parts: Vec<_> = row.beside().map(|part| part.get("part").clone()).collect();
            assert_eq!(parts, [text("1st"), text("2nd")], "{}", old.kind());
        }
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_small_file_of_large_values_is_read_in_small_parts_or_refused() {
    let large = |bytes: u32, rows: u32| {
        format!(
            "create table numbers (n integer primary key);
             with recursive n(n) as (select 1 union all select n + 1 from n where n < {rows})
               insert into numbers select n from n;
             create view things as select n as id, printf('%.*c', {bytes}, 'x') as name from numbers;"
        )
    };
    let file = sqlite("large", &large(400_000, 20));
    let old = OldDatabase::open(file.to_str().unwrap()).await.unwrap();
    let mut rows = old.rows(&THINGS).await.unwrap().unwrap();
    let mut parts = Vec::new();
    while let Some(part) = rows.next().await.unwrap() {
        parts.push(part.len());
    }
    assert_eq!(parts.iter().sum::<usize>(), 20);
    assert!(parts.iter().all(|rows| *rows <= 3), "{parts:?}");
    std::fs::remove_file(&file).unwrap();

    let beside = "create table things (id integer primary key, name text);
         insert into things values (1, 'a');
         create view parts as select n as id, 'a' as thing, printf('%.*c', 400000, 'x') as part from numbers;";
    let together = large(1, 100).replace("view things", "view others") + beside;
    for (name, script) in [("larger", large(2_000_000, 1)), ("beside", together)] {
        let file = sqlite(name, &script);
        let old = OldDatabase::open(file.to_str().unwrap()).await.unwrap();
        let mut rows = old.rows(&THINGS).await.unwrap().unwrap();
        let refused = loop {
            match rows.next().await {
                Ok(part) => assert!(part.is_some(), "{name}: it was read to its end"),
                Err(refused) => break refused,
            }
        };
        assert!(refused.code() == "IMPORT_SOURCE" && refused.to_string().contains("too"), "{refused}");
        std::fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn values_of_postgresql_keep_their_types_and_one_state_is_read() {
    let Some(database) = Database::postgres().await else { return };
    database
        .run_script(
            "create table \"Things\" (\"Id\" serial, name varchar(20), number numeric, real real, flag boolean,
               blob bytea, time timestamp, zoned timestamptz, names text[], object jsonb, address inet);
             create table parts (id serial, thing text, part text);
             insert into \"Things\" (name, number, real, flag, blob, time, zoned, names, object, address) values
               ('a', 7, 1.5, true, '\\xff00', '1970-01-01 00:00:01', '1970-01-01 01:00:00+01', '{x,null,y}', '{\"k\": 1}',
                '192.0.2.1'),
               ('b', null, null, null, null, 'infinity', '12000-01-01', null, 'null', '192.0.2.0/24');
             insert into parts (thing, part) values ('b', 'first'), ('b', 'second');
             insert into \"Things\" (name) select 'row ' || n from generate_series(3, 1500) n;",
        )
        .await;
    let old = OldDatabase::open(&database.url().unwrap()).await.unwrap();
    database.run_script("delete from \"Things\"").await;
    let rows = read(&old, &THINGS).await;
    assert_eq!((old.kind(), rows.len()), ("postgres", 1_500));
    let get = |row: usize, name| rows[row].fields().get(name).clone();
    assert_eq!((get(0, "Id"), get(0, "number")), (OldValue::Int(1), text("7")));
    assert_eq!((get(0, "real"), get(0, "flag")), (OldValue::Real(1.5), OldValue::Bool(true)));
    assert_eq!((get(0, "blob"), get(0, "address")), (OldValue::Blob(vec![0xff, 0]), text("192.0.2.1")));
    assert_eq!((get(0, "time"), get(0, "zoned")), (OldValue::Time(1_000_000), OldValue::Time(0)));
    assert_eq!(get(0, "names"), OldValue::List(vec!["x".to_owned(), "y".to_owned()]));
    assert_eq!((get(0, "object"), get(1, "object")), (text("{\"k\": 1}"), text("null")));
    assert_eq!((get(1, "time"), get(1, "flag")), (OldValue::Time(i64::MAX), OldValue::Null));
    assert_eq!(
        rows[1].beside().map(|part| part.get("part").clone()).collect::<Vec<_>>(),
        [text("first"), text("second")]
    );
    assert_eq!(get(1_499, "name"), text("row 1500"));
}

#[tokio::test]
async fn a_folder_is_read_file_by_file() {
    let folder = place().join(format!("old-folder-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in [("b.key", TEXTS[0].as_bytes()), ("a.KEY", b"\xff"), ("c.txt", b"no")] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let old = OldDatabase::folder(&folder).unwrap();
    let rows = read(&old, &THINGS).await;
    let both = |row: &OldRow| (row.fields().get("name").clone(), row.fields().get("text").clone());
    assert_eq!(both(&rows[0]), (text("a.KEY"), OldValue::Blob(vec![0xff])));
    assert_eq!(both(&rows[1]), (text("b.key"), text(TEXTS[0])));
    assert_eq!(rows.len(), 2);
    assert!(OldDatabase::folder(&folder.join("nowhere")).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}
