//! The schema: made and brought up to date at start, never turned back, and never laid over another program's tables.

#[cfg(feature = "testing")]
use refinery::Target;
use refinery::{Migration, Report, Runner};
use rusqlite::Connection;

use crate::StoreError;
use crate::driver::postgres::{Database, failure};

/// The table in which each migration is written down with its digest.
const TABLE: &str = "schema_version";

mod sqlite_files {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres_files {
    refinery::embed_migrations!("migrations/postgres");
}

/// Refuses a database that holds tables, but not ours. Other programs have a table of that name, too: ours stands alone
/// only when the very first start was interrupted, and with the others after that.
pub(crate) fn refuse_foreign(place: &str, tables: &[String]) -> Result<(), StoreError> {
    let has = |name: &str| tables.iter().any(|table| table == name);
    if tables.is_empty() || has(TABLE) && (tables.len() == 1 || has("audit_head") && has("versions")) {
        return Ok(());
    }
    let shown: Vec<&str> = tables.iter().take(5).map(String::as_str).collect();
    let more = if tables.len() > shown.len() { ", …" } else { "" };
    Err(StoreError::Foreign { place: place.to_owned(), tables: shown.join(", ") + more })
}

/// Migrates a SQLite database whose file is locked by the caller.
pub(crate) fn sqlite(connection: &mut Connection) -> Result<(), StoreError> {
    let mut runner = sqlite_files::migrations::runner();
    let latest = connection
        .query_row("select count(*) from sqlite_master where name = $1", [TABLE], |row| row.get::<_, i64>(0))
        .and_then(|tables| match tables {
            0 => Ok(None),
            _ => connection.query_row("select max(version) from schema_version", [], |row| row.get(0)),
        })
        .map_err(crate::driver::sqlite::error)?;
    if is_current(&runner, latest)? {
        return Ok(());
    }
    done(prepared(&mut runner).run(connection), latest.is_none())
}

/// Migrates a PostgreSQL database; of several nodes one does it and the others wait.
pub(crate) async fn postgres(database: &Database) -> Result<(), StoreError> {
    let error = |error| failure(error).error;
    let mut connection = database.connection().await?;
    // The catalogue shows also what this role may not read. What an extension brought is nobody's data.
    let tables = "select n.nspname || '.' || c.relname from pg_catalog.pg_class c \
                  join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
                  where c.relkind in ('r', 'p', 'f') and n.nspname <> 'information_schema' \
                    and n.nspname not like 'pg\\_%' and not exists (select 1 from pg_catalog.pg_depend d \
                      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') \
                  order by 1";
    let rows = connection.query(tables, &[]).await.map_err(error)?;
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let ours = format!("keyward.{TABLE}");
    let mut runner = postgres_files::migrations::runner();
    let is_new = !names.contains(&ours);
    if !is_new {
        let row =
            connection.query_one("select max(version) from schema_version", &[]).await.map_err(error)?;
        if is_current(&runner, row.get(0))? {
            return Ok(());
        }
    } else if !names.iter().any(|name| name == LOCK_TABLE) {
        refuse_foreign("the PostgreSQL database", &names)?;
    }
    // The row is locked by a second connection as long as the first one migrates.
    connection.batch_execute(LOCK).await.or_else(made_by_another).map_err(error)?;
    let mut lock = database.connection().await?;
    let lock = lock.transaction().await.map_err(error)?;
    lock.query("select held from keyward.migration_lock for update", &[]).await.map_err(error)?;
    done(prepared(&mut runner).run_async(&mut **connection).await, is_new)?;
    lock.commit().await.map_err(error)
}

const LOCK_TABLE: &str = "keyward.migration_lock";
const LOCK: &str = "create schema if not exists keyward; \
    create table if not exists keyward.migration_lock (held bigint primary key); \
    insert into keyward.migration_lock (held) values (0) on conflict do nothing;";

/// Two nodes that start at once may both find nothing and make it; the second's failure means that it is there.
fn made_by_another(error: tokio_postgres::Error) -> Result<(), tokio_postgres::Error> {
    use tokio_postgres::error::SqlState;
    match error.code() {
        Some(&SqlState::UNIQUE_VIOLATION | &SqlState::DUPLICATE_TABLE | &SqlState::DUPLICATE_SCHEMA) => {
            Ok(())
        }
        _ => Err(error),
    }
}

fn prepared(runner: &mut Runner) -> Runner {
    let mut runner = Runner::new(runner.get_migrations()).set_grouped(true).set_abort_divergent(true);
    runner.set_migration_table_name(TABLE);
    runner
}

/// Whether nothing is to be done. A schema that this program does not know yet is refused.
fn is_current(runner: &Runner, found: Option<i64>) -> Result<bool, StoreError> {
    let known = known(runner);
    match found {
        Some(found) if found > known => Err(StoreError::Newer { found, known }),
        found => Ok(found == Some(known)),
    }
}

/// The version of the schema that this program makes.
pub fn latest() -> i64 {
    known(&sqlite_files::migrations::runner())
}

fn known(runner: &Runner) -> i64 {
    runner.get_migrations().iter().map(Migration::version).max().unwrap_or_default()
}

/// Says what was changed; nothing of how a new database came to be what it is.
fn done(report: Result<Report, refinery::Error>, is_new: bool) -> Result<(), StoreError> {
    let report = report.map_err(|error| StoreError::Migration(error.to_string()))?;
    for migration in report.applied_migrations().iter().filter(|_| !is_new) {
        tracing::info!(migration.version = migration.version(), "migrated the database to {migration}");
    }
    Ok(())
}

/// Every schema there was, by the version of its last migration, the oldest first.
#[cfg(feature = "testing")]
pub(crate) fn versions() -> Vec<i64> {
    sqlite_files::migrations::runner().get_migrations().iter().map(Migration::version).collect()
}

/// Makes a new SQLite database of an older schema.
#[cfg(feature = "testing")]
pub(crate) fn sqlite_of(connection: &mut Connection, version: i64) -> Result<(), StoreError> {
    let runner = prepared(&mut sqlite_files::migrations::runner()).set_target(Target::Version(version));
    done(runner.run(connection), true)
}

/// Makes a new PostgreSQL database of an older schema.
#[cfg(feature = "testing")]
pub(crate) async fn postgres_of(client: &mut tokio_postgres::Client, version: i64) -> Result<(), StoreError> {
    client.batch_execute(LOCK).await.map_err(|error| failure(error).error)?;
    client.batch_execute("set search_path = keyward").await.map_err(|error| failure(error).error)?;
    let runner = prepared(&mut postgres_files::migrations::runner()).set_target(Target::Version(version));
    done(runner.run_async(client).await, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |runner: Runner| -> Vec<String> {
            runner.get_migrations().iter().map(ToString::to_string).collect()
        };
        let sqlite = names(sqlite_files::migrations::runner());
        assert!(!sqlite.is_empty());
        assert_eq!(sqlite, names(postgres_files::migrations::runner()));
    }
}
