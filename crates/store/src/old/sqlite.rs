//! A SQLite file of an older system: opened so that neither it nor anything beside it changes.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use tokio::sync::mpsc;

use super::value::Names;
use super::{Columns, Coming, OldRow, OldRows, OldTable, OldValue, Parts, WAITING, failed, quoted};
use crate::StoreError;
use crate::driver::sqlite::beside;

/// Our own lock is enough: SQLite's is taken for each value.
const UNSHARED: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// Bytes of a value or a row: a small file can speak of values that fill the memory.
const MAX_LENGTH: i32 = 1 << 20;

pub(super) struct Database {
    connection: Arc<Mutex<Connection>>,
    /// What the files were like when they were opened, where SQLite takes no lock on them.
    unlocked: Option<(PathBuf, Stamp)>,
}

/// Length and time of change of the file, and whether there is a log beside it.
type Stamp = (u64, Option<SystemTime>, bool);

impl Database {
    pub(super) fn open(path: &Path, place: &str) -> Result<Self, StoreError> {
        let refused = |why: &dyn std::fmt::Display| failed(place, why);
        if !path.is_file() {
            let why = if path.exists() { "it is no file" } else { "there is no such file" };
            return Err(failed(place, why));
        }
        let mut header = [0; 20];
        let read =
            File::open(path).and_then(|mut file| file.read(&mut header)).map_err(|why| refused(&why))?;
        if read > 0 && !header.starts_with(b"SQLite format 3\0") {
            return Err(failed(place, "it is no SQLite database"));
        }
        let mut unlocked = None;
        let has_log = || beside(path, "wal").metadata().is_ok_and(|file| file.len() > 0);
        let connection = if header[18] != 2 || beside(path, "shm").exists() {
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | UNSHARED)
        } else if has_log() {
            with_its_log(path)
        } else {
            // Nobody uses it: SQLite would make two files beside it and leave them there.
            unlocked = Some((path.to_owned(), stamp(path)));
            immutable(path)
        };
        let connection = connection.map_err(|why| refused(&why))?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_LENGTH).map_err(|why| refused(&why))?;
        // From the first look on, all that is read is as it was then.
        connection
            .execute_batch("pragma busy_timeout = 5000; begin; select count(*) from sqlite_master;")
            .map_err(|why| refused(&why))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), unlocked })
    }

    pub(super) fn unchanged(&self, place: &str) -> Result<(), StoreError> {
        match &self.unlocked {
            Some((path, before)) if stamp(path) != *before => {
                Err(failed(place, "it was written while it was read; stop the old system, or give a copy"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn rows(&self, table: &OldTable, place: &str) -> Result<Option<OldRows>, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = |why: rusqlite::Error| failed(place, &why);
        let Some((name, has)) = columns(&connection, table.name).map_err(refused)? else { return Ok(None) };
        let own = Columns::find(table, &has, place)?;
        let joined = match &table.beside {
            Some(beside) => columns(&connection, beside.name)
                .map_err(refused)?
                .and_then(|(name, has)| Some((beside, name, Columns::find_beside(beside, &has)?))),
            None => None,
        };
        let count = format!("select count(*) from {}", quoted(&name));
        let total: i64 = connection.query_row(&count, [], |row| row.get(0)).map_err(refused)?;
        let order = own.order.as_deref().map(|name| format!("l.{}", quoted(name)));
        let row = rowid(&connection, &name, &has).map_err(refused)?.map(|rowid| format!("l.{rowid}"));
        drop(connection);
        // What tells rows apart, and their order: ids may be missing or repeated, and a view has nothing else.
        let key = row.clone().or_else(|| order.clone()).unwrap_or_else(|| "null".to_owned());
        let order = order.into_iter().chain(row).collect::<Vec<_>>().join(", ");
        let order = if order.is_empty() { "1".to_owned() } else { order };
        let mut reads = vec![key];
        reads.extend(own.read.iter().map(|(_, name)| format!("l.{}", quoted(name))));
        let mut names = Names { own: own.read.iter().map(|(name, _)| *name).collect(), ..Names::default() };
        let (mut from, mut by) = (format!("{} l", quoted(&name)), order);
        if let (Some((beside, name, columns)), Some(key)) =
            (&joined, joined.as_ref().and_then(|(beside, ..)| own.named(beside.key)))
        {
            let of = columns.named(beside.of).unwrap_or(beside.of);
            from = format!("{from} left join {} a on a.{} = l.{}", quoted(name), quoted(of), quoted(key));
            by = match &columns.order {
                Some(name) => format!("{by}, a.{}", quoted(name)),
                None => format!("{by}, a.rowid"),
            };
            reads.push(format!("a.{} is not null", quoted(of)));
            reads.extend(columns.read.iter().map(|(_, name)| format!("a.{}", quoted(name))));
            names.beside = columns.read.iter().map(|(name, _)| *name).collect();
        }
        let text = format!("select {} from {from} order by {by}", reads.join(", "));
        let (sender, parts) = mpsc::channel(WAITING);
        let (connection, place) = (Arc::clone(&self.connection), place.to_owned());
        tokio::task::spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let mut parts = Parts::new(sender, place);
            if let Err(why) = read(&connection, &text, &Arc::new(names), &mut parts) {
                let _ = parts.sender.blocking_send(Err(failed(&parts.place, &why)));
            }
        });
        Ok(Some(OldRows { total: total.unsigned_abs(), ignored: 0, coming: Coming::Rows(parts) }))
    }
}

fn read(
    connection: &Connection,
    text: &str,
    names: &Arc<Names>,
    parts: &mut Parts,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(text)?;
    let mut rows = statement.query([])?;
    let (own, beside) = (names.own.len(), names.beside.len());
    while let Some(row) = rows.next()? {
        let key = if beside > 0 { Some(value(row.get_ref(0)?)) } else { None };
        let more = if beside > 0 && row.get::<_, Option<bool>>(own + 1)? == Some(true) {
            let values = (own + 2..own + 2 + beside).map(|at| row.get_ref(at).map(value));
            Some(values.collect::<Result<_, _>>()?)
        } else {
            None
        };
        let values = (1..=own).map(|at| row.get_ref(at).map(value)).collect::<Result<Vec<_>, _>>()?;
        let make = |number| OldRow { number, names: Arc::clone(names), values, beside: Vec::new() };
        // Whoever asked may have gone.
        if let Some(part) = parts.add(key, make, more)
            && parts.sender.blocking_send(part).is_err()
        {
            return Ok(());
        }
    }
    let part = parts.take();
    let _ = parts.sender.blocking_send(Ok(part));
    Ok(())
}

fn value(value: ValueRef<'_>) -> OldValue {
    match value {
        ValueRef::Null => OldValue::Null,
        ValueRef::Integer(value) => OldValue::Int(value),
        ValueRef::Real(value) => OldValue::Real(value),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => OldValue::Text(text.to_owned()),
            Err(_) => OldValue::Blob(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => OldValue::Blob(bytes.to_vec()),
    }
}

/// The table as it is spelled, and its columns.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Option<(String, Vec<String>)>> {
    let find = "select name from sqlite_master where type in ('table', 'view') and name = ?1 collate nocase";
    let Some(name) = connection.query_row(find, [table], |row| row.get::<_, String>(0)).optional()? else {
        return Ok(None);
    };
    let mut statement = connection.prepare("select name from pragma_table_info(?1) order by cid")?;
    let columns = statement.query_map([&name], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Some((name, columns)))
}

/// The name by which each row of a table has a number of its own; a view has none, nor has every table.
fn rowid(connection: &Connection, name: &str, has: &[String]) -> rusqlite::Result<Option<&'static str>> {
    let is_table = "select exists (select 1 from sqlite_master where type = 'table' and name = ?1)";
    if !connection.query_row(is_table, [name], |row| row.get::<_, bool>(0))? {
        return Ok(None);
    }
    let is_free = |wanted: &&str| !has.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let is_there =
        |wanted: &&str| connection.prepare(&format!("select l.{wanted} from {} l", quoted(name))).is_ok();
    Ok(["rowid", "_rowid_", "oid"].into_iter().filter(is_free).find(is_there))
}

/// Immutable: SQLite makes no file beside it and takes no lock.
fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let escaped: String = bytes.map(|byte| format!("%{byte:02x}")).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | UNSHARED;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// A copy with its log, which nobody uses: SQLite keeps its index of the log in memory, and leaves the log as it is.
fn with_its_log(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | UNSHARED)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch("pragma locking_mode = exclusive; pragma query_only = on;")?;
    Ok(connection)
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok();
    let log = beside(path, "wal").exists() || beside(path, "journal").exists();
    (file.as_ref().map_or(0, fs::Metadata::len), file.and_then(|file| file.modified().ok()), log)
}
