//! The database itself, asked beside the server and by none of its code.

use std::path::PathBuf;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::world::World;

pub(super) enum Database {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Values as texts; bytes in hexadecimal digits, and null as nothing.
pub(super) type Line = Vec<String>;

impl Database {
    pub(super) fn of(world: &World) -> Self {
        match world.url() {
            Some(url) => Self::Postgres(url.to_owned()),
            None => Self::Sqlite(world.path("data/keyward.db")),
        }
    }

    /// What a question gives that both databases understand.
    pub(super) fn rows(&self, sql: &str) -> Vec<Line> {
        match self {
            Self::Sqlite(path) => sqlite(path, sql).unwrap_or_else(|error| panic!("{error}: {sql}")),
            Self::Postgres(url) => postgres(url, sql).unwrap_or_else(|error| panic!("{error}: {sql}")),
        }
    }

    pub(super) fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql);
        rows[0][0].parse().unwrap_or_else(|_| panic!("no number: {rows:?}"))
    }
}

fn sqlite(path: &std::path::Path, sql: &str) -> rusqlite::Result<Vec<Line>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let lines = statement.query_map([], |row| {
        let text = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => String::new(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            })
        };
        (0..columns).map(text).collect()
    })?;
    lines.collect()
}

/// Whether a PostgreSQL server can be asked; where its address has several hosts, one that takes changes.
pub(super) fn postgres(url: &str, sql: &str) -> Result<Vec<Line>, tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    config.options("-c search_path=keyward").connect_timeout(std::time::Duration::from_secs(5));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = config.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        drop(client);
        // Its end says nothing that the answer did not.
        let _ = connection.await;
        let text = |value: Option<&str>| {
            let value = value.unwrap_or_default();
            value.strip_prefix("\\x").unwrap_or(value).to_owned()
        };
        let lines = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| text(row.get(at))).collect()),
            _ => None,
        });
        Ok(lines.collect())
    })
}
