//! A PostgreSQL database of an older system: one transaction that sees one snapshot and may write nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Config, NoTls};

use super::value::Names;
use super::{Columns, Coming, OldRow, OldRows, OldTable, OldValue, Parts, WAITING, failed, quoted};
use crate::driver::postgres::{stays_here, tls};
use crate::{PostgresAddress, StoreError};

/// How long an address is tried.
const PATIENCE: Duration = Duration::from_secs(10);
/// 2000-01-01T00:00:00Z, in microseconds since 1970: from when PostgreSQL counts.
const ITS_BEGINNING: i64 = 946_684_800_000_000;
/// Whether each row of a table has a place of its own: not those of a view.
const HAS_PLACES: &str = "select exists (select 1 from pg_attribute
    where attrelid = to_regclass($1) and attname = 'ctid' and attnum < 0)";

pub(super) struct Database {
    client: Arc<Client>,
    cursors: AtomicU32,
}

impl Database {
    pub(super) async fn open(address: &PostgresAddress, place: &str) -> Result<Self, StoreError> {
        let mut config: Config = address
            .url
            .parse()
            .map_err(|_| StoreError::Address("the PostgreSQL address cannot be read".to_owned()))?;
        config.connect_timeout(PATIENCE).application_name("keyward import");
        let refused = |why: tokio_postgres::Error| failed(place, &said(&why));
        let client = if stays_here(&mut config) {
            let (client, connection) = config.connect(NoTls).await.map_err(refused)?;
            tokio::spawn(connection);
            client
        } else {
            let connector = tls::connector(address.root_certificate.as_deref())?;
            let (client, connection) = config.connect(connector).await.map_err(refused)?;
            tokio::spawn(connection);
            client
        };
        // From the first look on, all that is read is as it was then.
        client
            .batch_execute("begin isolation level repeatable read read only; select 1")
            .await
            .map_err(refused)?;
        Ok(Self { client: Arc::new(client), cursors: AtomicU32::new(0) })
    }

    pub(super) async fn rows(&self, table: &OldTable, place: &str) -> Result<Option<OldRows>, StoreError> {
        let refused = |why: tokio_postgres::Error| failed(place, &said(&why));
        let Some((name, has)) = self.columns(table.name).await.map_err(refused)? else { return Ok(None) };
        let own = Columns::find(table, &names_of(&has), place)?;
        let joined = match &table.beside {
            Some(beside) => self.columns(beside.name).await.map_err(refused)?.and_then(|(name, has)| {
                Some((beside, name, Columns::find_beside(beside, &names_of(&has))?, has))
            }),
            None => None,
        };
        let total = self.client.query_one(&format!("select count(*) from {name}"), &[]).await;
        let total: i64 = total.and_then(|row| row.try_get(0)).map_err(refused)?;

        let order = own.order.as_deref().map(|name| format!("l.{}", quoted(name)));
        // What tells rows apart, and their order: ids may be missing or repeated, and a view has nothing else.
        let has_places = self.client.query_one(HAS_PLACES, &[&name]).await;
        let has_places: bool = has_places.and_then(|row| row.try_get(0)).map_err(refused)?;
        let key = match (&order, has_places) {
            (_, true) => "(l.tableoid, l.ctid)::text".to_owned(),
            (Some(order), false) => format!("{order}::text"),
            (None, false) => "null::text".to_owned(),
        };
        let places = has_places.then(|| "l.tableoid, l.ctid".to_owned());
        let order = order.into_iter().chain(places).collect::<Vec<_>>().join(", ");
        let order = if order.is_empty() { "1".to_owned() } else { order };
        let mut reads = vec![key];
        reads.extend(own.read.iter().map(|(_, name)| expression("l", name, &has)));
        let mut names = Names { own: own.read.iter().map(|(name, _)| *name).collect(), ..Names::default() };
        let (mut from, mut by) = (format!("{name} l"), order);
        if let (Some((beside, name, columns, has)), Some(key)) =
            (&joined, joined.as_ref().and_then(|(beside, ..)| own.named(beside.key)))
        {
            let of = columns.named(beside.of).unwrap_or(beside.of);
            from = format!("{from} left join {name} a on a.{} = l.{}", quoted(of), quoted(key));
            by = match &columns.order {
                Some(name) => format!("{by}, a.{}", quoted(name)),
                None => format!("{by}, a.ctid"),
            };
            reads.push(format!("a.{} is not null", quoted(of)));
            reads.extend(columns.read.iter().map(|(_, name)| expression("a", name, has)));
            names.beside = columns.read.iter().map(|(name, _)| *name).collect();
        }
        let cursor = format!("rows_{}", self.cursors.fetch_add(1, Ordering::Relaxed));
        let declare = format!(
            "declare {cursor} no scroll cursor for select {} from {from} order by {by}",
            reads.join(", ")
        );
        self.client.batch_execute(&declare).await.map_err(refused)?;
        let (sender, parts) = mpsc::channel(WAITING);
        let (client, place, names) = (Arc::clone(&self.client), place.to_owned(), Arc::new(names));
        tokio::spawn(async move {
            let mut parts = Parts::new(sender, place);
            if let Err(why) = read(&client, &cursor, &names, &mut parts).await {
                let _ = parts.sender.send(Err(failed(&parts.place, &said(&why)))).await;
            }
        });
        Ok(Some(OldRows { total: total.unsigned_abs(), ignored: 0, coming: Coming::Rows(parts) }))
    }

    /// The table as it is named here, and its columns with their types.
    async fn columns(
        &self,
        table: &str,
    ) -> Result<Option<(String, Vec<(String, Kind)>)>, tokio_postgres::Error> {
        const COLUMNS: &str = "select a.attname, t.typname, t.typcategory::text from pg_attribute a
            join pg_type t on t.oid = a.atttypid
            where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum";
        for name in [quoted(table), quoted(&table.to_lowercase())] {
            let rows = self.client.query(COLUMNS, &[&name]).await?;
            if !rows.is_empty() {
                let column = |row: &tokio_postgres::Row| {
                    Ok((row.try_get(0)?, Kind::of(row.try_get(1)?, row.try_get(2)?)))
                };
                return Ok(Some((
                    name,
                    rows.iter().map(column).collect::<Result<_, tokio_postgres::Error>>()?,
                )));
            }
        }
        Ok(None)
    }
}

fn names_of(columns: &[(String, Kind)]) -> Vec<String> {
    columns.iter().map(|(name, _)| name.clone()).collect()
}

/// How a column is asked for.
#[derive(Clone, Copy)]
enum Kind {
    Int,
    Real,
    Date,
    Address,
    List,
    /// Booleans, bytes and instants: read as they are.
    Own,
    /// Everything else, as it is written.
    Text,
}

impl Kind {
    fn of(name: &str, category: &str) -> Self {
        match (name, category) {
            ("int2" | "int4" | "int8" | "oid", _) => Self::Int,
            ("float4" | "float8", _) => Self::Real,
            ("date", _) => Self::Date,
            ("inet" | "cidr", _) => Self::Address,
            ("bool" | "bytea" | "timestamp" | "timestamptz", _) => Self::Own,
            (_, "A") => Self::List,
            _ => Self::Text,
        }
    }
}

fn expression(table: &str, name: &str, has: &[(String, Kind)]) -> String {
    let kind = has.iter().find(|(known, _)| known == name).map_or(Kind::Text, |(_, kind)| *kind);
    let column = format!("{table}.{}", quoted(name));
    match kind {
        Kind::Int => format!("{column}::int8"),
        Kind::Real => format!("{column}::float8"),
        Kind::Date => format!("{column}::timestamp"),
        Kind::Address => format!("host({column})"),
        Kind::List => format!("{column}::text[]"),
        Kind::Own => column,
        Kind::Text => format!("{column}::text"),
    }
}

async fn read(
    client: &Client,
    cursor: &str,
    names: &Arc<Names>,
    parts: &mut Parts,
) -> Result<(), tokio_postgres::Error> {
    let fetch = client.prepare(&format!("fetch {} from {cursor}", super::AT_ONCE)).await?;
    let (own, beside) = (names.own.len(), names.beside.len());
    loop {
        let rows = client.query(&fetch, &[]).await?;
        for row in &rows {
            let key = if beside > 0 { Some(value(row, 0)?) } else { None };
            let more = if beside > 0 && row.try_get::<_, Option<bool>>(own + 1)? == Some(true) {
                Some((own + 2..own + 2 + beside).map(|at| value(row, at)).collect::<Result<_, _>>()?)
            } else {
                None
            };
            let values = (1..=own).map(|at| value(row, at)).collect::<Result<Vec<_>, _>>()?;
            let make = |number| OldRow { number, names: Arc::clone(names), values, beside: Vec::new() };
            // Whoever asked may have gone.
            if let Some(part) = parts.add(key, make, more)
                && parts.sender.send(part).await.is_err()
            {
                return Ok(());
            }
        }
        if rows.is_empty() {
            let part = parts.take();
            let _ = parts.sender.send(Ok(part)).await;
            return Ok(());
        }
    }
}

/// Microseconds as PostgreSQL sends them.
struct Micros(i64);

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        // Its ends stand for infinity.
        let infinite = micros == i64::MAX || micros == i64::MIN;
        Ok(Self(if infinite { micros } else { micros.saturating_add(ITS_BEGINNING) }))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::TIMESTAMP | Type::TIMESTAMPTZ)
    }
}

fn value(row: &tokio_postgres::Row, at: usize) -> Result<OldValue, tokio_postgres::Error> {
    fn or_null<T>(value: Option<T>, made: fn(T) -> OldValue) -> OldValue {
        value.map_or(OldValue::Null, made)
    }
    Ok(match *row.columns()[at].type_() {
        Type::INT8 => or_null(row.try_get(at)?, OldValue::Int),
        Type::FLOAT8 => or_null(row.try_get(at)?, OldValue::Real),
        Type::BOOL => or_null(row.try_get(at)?, OldValue::Bool),
        Type::BYTEA => or_null(row.try_get(at)?, OldValue::Blob),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            or_null(row.try_get::<_, Option<Micros>>(at)?, |micros| OldValue::Time(micros.0))
        }
        Type::TEXT_ARRAY => or_null(row.try_get::<_, Option<Vec<Option<String>>>>(at)?, |list| {
            OldValue::List(list.into_iter().flatten().collect())
        }),
        _ => or_null(row.try_get(at)?, OldValue::Text),
    })
}

/// What the server or the system says: the driver's own words repeat no password, and neither do these.
fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    }
}
