//! The rows that the program wrote into a database of SQLite, for raw loops that write them again.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::Value;

/// Those of our writer.
pub(crate) const SETTINGS: &str =
    "pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 0;
    pragma temp_store = memory; pragma cache_size = -64000; pragma mmap_size = 1073741824;";

/// What a raw loop inserts.
pub(crate) struct Tables {
    /// The statements of the tables and their indexes.
    pub(crate) schema: Vec<String>,
    pub(crate) tables: Vec<Table>,
}

/// The rows of one.
pub(crate) struct Table {
    pub(crate) name: String,
    /// What is there before.
    pub(crate) before: Vec<Vec<Value>>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Tables {
    /// Ours, with what was added to a database that had so many rows.
    pub(crate) fn since(before: &HashMap<String, i64>, path: &Path) -> Self {
        let connection = Connection::open(path).expect("it opens");
        let tables = names(&connection).into_iter().map(|name| {
            let (mut before, rows) = (rows(&connection, &name, 0), rows(&connection, &name, before[&name]));
            before.truncate(before.len() - rows.len());
            Table { name, before, rows }
        });
        Self { schema: schema(&connection, "sql is not null"), tables: tables.collect() }
    }

    /// Inserts the rows in one transaction, into a new database in this directory; says how long that took.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub(crate) fn insert(&self, directory: &Path) -> Duration {
        let path = directory.join("raw.db");
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(directory.join(format!("raw.db{ending}")));
        }
        let mut connection = Connection::open(path).expect("it opens");
        connection.execute_batch(SETTINGS).expect("it is set");
        for statement in &self.schema {
            connection.execute_batch(statement).expect("the table is made");
        }
        for Table { name, before, .. } in &self.tables {
            insert_into(&connection, name, before);
        }
        let begun = Instant::now();
        let transaction = connection.transaction().expect("it begins");
        for Table { name, rows, .. } in &self.tables {
            insert_into(&transaction, name, rows);
        }
        transaction.commit().expect("it commits");
        begun.elapsed()
    }
}

/// The last row of each table; one whose rows have no number must be empty.
pub(crate) fn last_rows(connection: &Connection) -> HashMap<String, i64> {
    let last = |name: String| {
        let number = if has_rowid(connection, &name) { "max(rowid)" } else { "sum(1)" };
        let find = format!("select coalesce({number}, 0) from {name}");
        let last: i64 = connection.query_row(&find, [], |row| row.get(0)).expect("it is asked");
        assert!(last == 0 || has_rowid(connection, &name), "nobody knows which rows of {name} are new");
        (name, last)
    };
    names(connection).into_iter().map(last).collect()
}

fn has_rowid(connection: &Connection, table: &str) -> bool {
    let find = "select wr from pragma_table_list where name = ?1";
    let without: bool = connection.query_row(find, [table], |row| row.get(0)).expect("it is asked");
    !without
}

/// The names of all tables.
pub(crate) fn names(connection: &Connection) -> Vec<String> {
    let find =
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by rowid";
    let mut statement = connection.prepare(find).expect("it prepares");
    let names = statement.query_map([], |row| row.get(0)).expect("it is asked");
    names.collect::<Result<_, _>>().expect("it reads")
}

/// The statements of tables, and with them those of indexes where they are wanted.
pub(crate) fn schema(connection: &Connection, which: &str) -> Vec<String> {
    let find =
        format!("select sql from sqlite_master where {which} and name not like 'sqlite_%' order by rowid");
    let mut statement = connection.prepare(&find).expect("it prepares");
    let schema = statement.query_map([], |row| row.get(0)).expect("it is asked");
    schema.collect::<Result<_, _>>().expect("it reads")
}

/// The rows behind one, in their order.
pub(crate) fn rows(connection: &Connection, table: &str, after: i64) -> Vec<Vec<Value>> {
    let find = if has_rowid(connection, table) {
        format!("select * from {table} where rowid > ?1 order by rowid")
    } else {
        format!("select * from {table} where ?1 = 0")
    };
    let mut statement = connection.prepare(&find).expect("it prepares");
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
    let rows = statement.query_map([after], row).expect("it is asked");
    rows.collect::<Result<_, _>>().expect("it reads")
}

fn insert_into(connection: &Connection, table: &str, rows: &[Vec<Value>]) {
    let Some(first) = rows.first() else { return };
    let marks = vec!["?"; first.len()].join(", ");
    let insert = format!("insert into {table} values ({marks})");
    let mut statement = connection.prepare(&insert).expect("it prepares");
    for row in rows {
        statement.execute(rusqlite::params_from_iter(row)).expect("a row is added");
    }
}
