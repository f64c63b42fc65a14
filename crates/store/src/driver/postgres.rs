//! PostgreSQL: a pool of connections, everything in the schema `keyward`.

use std::error::Error as _;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{
    GenericClient, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use futures_util::future::try_join_all;
use futures_util::{FutureExt as _, TryStreamExt as _};
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::error::{DbError, Severity, SqlState};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, IsolationLevel};

use crate::row::{Map, Row};
use crate::{DoorMetrics, Job, Options, PostgresAddress, Sql, StoreError, Tx, Value, migrations};

mod hosts;
mod lines;
mod pulse;
pub(crate) mod tls;

use hosts::Hosts;
use lines::Lines;
use pulse::{Connections, Pulse, Search};

/// How often a job runs at the most.
const ATTEMPTS: u32 = 10;
/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may leave what was sent to it without the least sign.
const SILENCE: Duration = Duration::from_secs(10);

pub(crate) struct Database {
    pool: Pool,
    lines: Lines,
    connections: Arc<Connections>,
    _pulse: Option<Pulse>,
    metrics: Arc<DoorMetrics>,
}

/// A failed statement.
pub(crate) struct Failed {
    pub(crate) error: StoreError,
    /// Another transaction was in the way, and the job is worth running again.
    pub(crate) may_run_again: bool,
}

impl Database {
    pub(crate) async fn open(
        address: &PostgresAddress,
        options: &Options,
        metrics: Arc<DoorMetrics>,
    ) -> Result<Self, StoreError> {
        let mut config: Config = address
            .url
            .parse()
            .map_err(|error: tokio_postgres::Error| StoreError::Address(error.to_string()))?;
        let given = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
        config.options(format!(
            "{given}-c search_path=keyward -c default_transaction_isolation=read\\ committed"
        ));
        want_the_one(&mut config);
        be_impatient(&mut config);
        if config.get_application_name().is_none() {
            config.application_name("keyward");
        }
        let tls = if stays_here(&mut config) {
            None
        } else {
            Some(tls::connector(address.root_certificate.as_deref())?)
        };
        let connections = Arc::<Connections>::default();
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager =
            Manager::from_connect(config.clone(), Hosts::new(tls.as_ref(), &connections), recycling);
        // While one migrates, another holds the lock; one is shared, and one feels the pulse.
        let all = options.connections.max(4);
        let pool = Pool::builder(manager)
            .max_size(all - 1)
            .timeouts(Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: Some(PATIENCE) })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Database(Arc::new(error)))?;
        let mut database =
            Self { pool: pool.clone(), lines: Lines::of(all), connections, _pulse: None, metrics };
        if options.alone {
            database.refuse_others(address).await?;
        }
        let own = Arc::<Connections>::default();
        let search = Search { hosts: Hosts::new(tls.as_ref(), &own), config, own, pool };
        database._pulse = Some(Pulse::of(Arc::clone(&database.connections), search));
        migrations::postgres(&database).await?;
        Ok(database)
    }

    /// Refuses a database that another program of ours is connected to. Asked over this program's first connection, when
    /// it has no other.
    async fn refuse_others(&self, address: &PostgresAddress) -> Result<(), StoreError> {
        const OTHERS: &str = "select 1 from pg_catalog.pg_stat_activity where datname = current_database() \
            and application_name = current_setting('application_name') and pid <> pg_backend_pid() limit 1";
        let found =
            self.connection().await?.query_opt(OTHERS, &[]).await.map_err(|why| failure(why).error)?;
        if found.is_some() { Err(StoreError::InUse(format!("{address:?}"))) } else { Ok(()) }
    }

    pub(crate) async fn connection(&self) -> Result<Object, StoreError> {
        if self.connections.are_silent() {
            return Err(no_answer());
        }
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => match failure(error).error {
                // A handshake that failed in whatever way.
                StoreError::Database(why) => StoreError::Unreachable(why),
                other => other,
            },
            PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => {
                StoreError::Busy("all its connections are in use")
            }
            other => StoreError::Unreachable(Arc::new(other)),
        })
    }

    /// Runs a job in a transaction, again when another transaction was in its way.
    pub(crate) async fn write<J: Job>(&self, job: &J) -> Result<J::Out, J::Err> {
        DoorMetrics::add(&self.metrics.waiting, 1);
        let result = self.attempts(job).await;
        self.metrics.waiting.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        if result.is_err() {
            DoorMetrics::add(&self.metrics.failed, 1);
        }
        result
    }

    async fn attempts<J: Job>(&self, job: &J) -> Result<J::Out, J::Err> {
        for attempt in 1..ATTEMPTS {
            if let Attempt::Done(result) = self.attempt(job).await {
                return result;
            }
            DoorMetrics::add(&self.metrics.repeated, 1);
            tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
        }
        match self.attempt(job).await {
            Attempt::Done(result) => result,
            Attempt::Again(Some(error)) => Err(error),
            Attempt::Again(None) => Err(StoreError::Busy("other changes were in the way each time").into()),
        }
    }

    async fn attempt<J: Job>(&self, job: &J) -> Attempt<J> {
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return Attempt::Done(Err(error.into())),
        };
        let transaction = match connection.transaction().await {
            Ok(transaction) => transaction,
            Err(error) => return Attempt::Done(Err(failure(error).error.into())),
        };
        let (outcome, may_run_again) = {
            let tx = Tx::postgres(&transaction, &self.metrics);
            let outcome = AssertUnwindSafe(async { job.run(&tx).await }).catch_unwind().await;
            let outcome = outcome.map(|outcome| match tx.failure() {
                // The server would answer this COMMIT with a ROLLBACK, and call that a success.
                Some(why) => outcome.and_then(|_| Err(why.into())),
                None => outcome,
            });
            (outcome, tx.may_run_again())
        };
        match outcome {
            Ok(Ok(out)) => match transaction.commit().await {
                Ok(()) => {
                    DoorMetrics::add(&self.metrics.commits, 1);
                    DoorMetrics::add(&self.metrics.jobs, 1);
                    Attempt::Done(Ok(out))
                }
                Err(error) => {
                    // Without an answer from the server nobody knows whether it committed; and one that it ends the
                    // connection with may come after the change is made.
                    let severity = error.as_db_error().and_then(DbError::parsed_severity);
                    let answered = severity == Some(Severity::Error);
                    let failed = failure(error);
                    match (answered, failed.may_run_again) {
                        (false, _) => Attempt::Done(Err(StoreError::OutcomeUnknown.into())),
                        (true, true) => Attempt::Again(None),
                        (true, false) => Attempt::Done(Err(failed.error.into())),
                    }
                }
            },
            // Dropped, a transaction rolls back before the connection is used again.
            Ok(Err(error)) if may_run_again => Attempt::Again(Some(error)),
            Ok(Err(error)) => Attempt::Done(Err(error)),
            Err(_) => Attempt::Done(Err(StoreError::Panicked(J::NAME).into())),
        }
    }
}

fn no_answer() -> StoreError {
    let why = io::Error::new(io::ErrorKind::TimedOut, "it does not answer");
    StoreError::Unreachable(Arc::new(why))
}

/// One at a time takes changes: of several hosts that one is used, as the first in the order of the address. A standby would
/// answer from what was, and for good: connections that work are not made anew.
fn want_the_one(config: &mut Config) {
    let several = config.get_hosts().len().max(config.get_hostaddrs().len()) > 1;
    if several && config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    config.load_balance_hosts(LoadBalanceHosts::Disable);
}

/// A machine that is switched off says nothing, not even no. The next host has its turn while a caller still waits, and a
/// connection that was open ends before a person would have restarted anything. What the address says goes first.
fn be_impatient(config: &mut Config) {
    let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(1).max(1);
    let share = PATIENCE / hosts;
    let asked = config.get_connect_timeout().copied().unwrap_or(share);
    config.connect_timeout(asked.min(share));
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    // Two hours, when nobody says otherwise.
    if config.get_keepalives_idle() >= Duration::from_secs(7_200) {
        config.keepalives_idle(SILENCE);
        config.keepalives_interval(SILENCE / 4);
        config.keepalives_retries(4);
    }
}

/// Whether a connection is made without TLS, and then says so to the driver: one that stays on this machine is encrypted
/// only when that was asked for.
pub(crate) fn stays_here(config: &mut Config) -> bool {
    let local = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        Host::Unix(_) => true,
    });
    let mode = config.get_ssl_mode();
    let plain = mode == SslMode::Disable || (local && mode != SslMode::Require);
    if plain {
        config.ssl_mode(SslMode::Disable);
    }
    plain
}

enum Attempt<J: Job> {
    Done(Result<J::Out, J::Err>),
    Again(Option<J::Err>),
}

pub(crate) async fn execute(
    client: &impl GenericClient,
    sql: Sql,
    args: &[Value<'_>],
) -> Result<u64, Failed> {
    let statement = client.prepare_cached(sql.text).await.map_err(failure)?;
    client.execute_raw(&statement, bound(args)).await.map_err(failure)
}

/// Polled together they are sent together: one round trip instead of one each.
pub(crate) async fn execute_each(
    client: &impl GenericClient,
    sql: Sql,
    rows: &[Vec<Value<'_>>],
) -> Result<u64, Failed> {
    // Prepared first: each of them would do it for itself.
    let statement = client.prepare_cached(sql.text).await.map_err(failure)?;
    let all = rows.iter().map(|args| client.execute_raw(&statement, bound(args)));
    Ok(try_join_all(all).await.map_err(failure)?.into_iter().sum())
}

pub(crate) async fn one<T>(
    client: &impl GenericClient,
    sql: Sql,
    args: &[Value<'_>],
    map: Map<T>,
) -> Result<Option<T>, Failed> {
    let rows = rows(client, sql, args).await?;
    rows.first().map(|row| map(&mut Row::postgres(row))).transpose().map_err(Failed::of)
}

pub(crate) async fn fitting<T>(
    client: &impl GenericClient,
    sql: Sql,
    args: &[Value<'_>],
    map: Map<T>,
    fits: impl Fn(&T) -> bool,
    limit: usize,
) -> Result<Vec<T>, Failed> {
    let rows = rows(client, sql, args).await?;
    let read = rows.iter().map(|row| map(&mut Row::postgres(row)));
    read.filter(|row| row.as_ref().map_or(true, &fits))
        .take(limit)
        .collect::<Result<_, _>>()
        .map_err(Failed::of)
}

async fn rows(
    client: &impl GenericClient,
    sql: Sql,
    args: &[Value<'_>],
) -> Result<Vec<tokio_postgres::Row>, Failed> {
    let statement = client.prepare_cached(sql.text).await.map_err(failure)?;
    let stream = client.query_raw(&statement, bound(args)).await.map_err(failure)?;
    stream.try_collect().await.map_err(failure)
}

/// Begins a transaction that sees one instant and may write nothing.
pub(crate) async fn still(connection: &mut Object) -> Result<deadpool_postgres::Transaction<'_>, StoreError> {
    let begun =
        connection.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    begun.start().await.map_err(|why| failure(why).error)
}

/// Rows that are fetched at once.
const PAGE: i32 = 1_000;

/// Hands each row on, page by page through a portal of the transaction.
pub(crate) async fn each<E: From<StoreError>>(
    transaction: &deadpool_postgres::Transaction<'_>,
    sql: Sql,
    mut take: impl FnMut(&mut Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let refused = |why| E::from(failure(why).error);
    let portal = transaction.bind(sql.text, &[]).await.map_err(refused)?;
    loop {
        let page = transaction.query_portal(&portal, PAGE).await.map_err(refused)?;
        for row in &page {
            take(&mut Row::postgres(row))?;
        }
        if page.len() < PAGE as usize {
            return Ok(());
        }
    }
}

/// Whether PostgreSQL can prepare a statement.
#[cfg(feature = "testing")]
pub(crate) async fn prepare(client: &Object, sql: Sql) -> Result<(), StoreError> {
    client.prepare(sql.text).await.map(drop).map_err(|error| failure(error).error)
}

fn bound<'a>(args: &'a [Value<'a>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> {
    args.iter().map(|value| value as &(dyn ToSql + Sync))
}

impl Failed {
    pub(crate) const fn of(error: StoreError) -> Self {
        Self { error, may_run_again: false }
    }
}

pub(crate) fn failure(error: tokio_postgres::Error) -> Failed {
    let Some(state) = error.code().cloned() else {
        // Only what the server says has a state: without one it was not reached, or a value did not fit.
        let reached = !error.is_closed() && error.source().is_none_or(|why| !why.is::<io::Error>());
        let why = Arc::new(error);
        return Failed::of(if reached { StoreError::Database(why) } else { StoreError::Unreachable(why) });
    };
    let may_run_again =
        state == SqlState::T_R_SERIALIZATION_FAILURE || state == SqlState::T_R_DEADLOCK_DETECTED;
    let error = match state {
        SqlState::UNIQUE_VIOLATION => StoreError::Conflict {
            constraint: error.as_db_error().and_then(|e| e.constraint()).unwrap_or_default().to_owned(),
        },
        _ if may_run_again => StoreError::Busy("other changes were in the way each time"),
        SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => {
            StoreError::Busy("a statement waited too long for another change")
        }
        SqlState::DISK_FULL => StoreError::Full,
        SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::ReadOnly(Arc::new(error)),
        SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::TOO_MANY_CONNECTIONS
        | SqlState::INVALID_PASSWORD
        | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        | SqlState::INVALID_CATALOG_NAME => StoreError::Unreachable(Arc::new(error)),
        _ => StoreError::Database(Arc::new(error)),
    };
    Failed { error, may_run_again }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) => value.to_sql_checked(kind, out),
            Self::Text(value) => value.to_sql_checked(kind, out),
            Self::Bytes(value) => value.to_sql_checked(kind, out),
            Self::Id(value) => value.as_bytes().as_slice().to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Which types fit depends on the value; `to_sql` looks.
        true
    }

    to_sql_checked!();
}
