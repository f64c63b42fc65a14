//! The store: one database behind two drivers, chosen once by its address.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::driver::{postgres, sqlite};
use crate::row::Map;
use crate::sql::args;
use crate::tables::Snapshot;
use crate::{DatabaseAddress, DoorMetrics, Job, Read, Sql, StoreError, Tx, Value};

/// How a database is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether this is the one server on a SQLite database; commands beside it leave it `false`.
    pub exclusive: bool,
    /// Whether nobody else may use the database now, on either kind: for what fills or replaces all of it.
    pub alone: bool,
    /// Connections to PostgreSQL at the most.
    pub connections: usize,
    /// Bytes of licences that are remembered at the most, on SQLite. For the one server: another process notices its changes
    /// a moment later.
    pub memory: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { exclusive: false, alone: false, connections: 16, memory: 0 }
    }
}

/// The database. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Store {
    driver: Driver,
    metrics: Arc<DoorMetrics>,
}

#[derive(Clone)]
enum Driver {
    Sqlite(Arc<sqlite::Database>),
    Postgres(Arc<postgres::Database>),
}

impl Store {
    /// Opens the database, makes or migrates its schema.
    ///
    /// # Errors
    /// When it cannot be reached or written, is another program's, is newer than this program, or is in use.
    pub async fn open(address: &DatabaseAddress, options: Options) -> Result<Self, StoreError> {
        let metrics = Arc::<DoorMetrics>::default();
        let driver = match address {
            DatabaseAddress::Sqlite(path) => {
                Driver::Sqlite(Arc::new(sqlite::Database::open(path, &options, Arc::clone(&metrics))?))
            }
            DatabaseAddress::Postgres(address) => Driver::Postgres(Arc::new(
                postgres::Database::open(address, &options, Arc::clone(&metrics)).await?,
            )),
        };
        Ok(Self { driver, metrics })
    }

    /// Makes a change: the one door. Answers when it is on disk; goes on also when the caller has gone.
    ///
    /// # Errors
    /// The job's own, or why it could not be committed.
    pub async fn write<J: Job>(&self, job: J) -> Result<J::Out, J::Err> {
        match &self.driver {
            Driver::Sqlite(database) => {
                let (reply, answer) = oneshot::channel();
                database.push(
                    J::LANE,
                    Box::new(Pending { job, outcome: None, reply, metrics: Arc::clone(&self.metrics) }),
                );
                answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
            }
            Driver::Postgres(database) => {
                let database = Arc::clone(database);
                let task = tokio::spawn(async move {
                    let result = database.write(&job).await;
                    dropped(job);
                    result
                });
                // It catches what a job throws; only a runtime that ends takes it away.
                task.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
            }
        }
    }

    /// Leaves nothing in the files of what was removed or overwritten: the database is written anew, and its log emptied.
    /// `false` where that is the work of a database server. Whoever changes something waits meanwhile.
    ///
    /// # Errors
    /// When there is no room for a second copy, or somebody reads an old state for too long.
    pub async fn scrub(&self) -> Result<bool, StoreError> {
        match &self.driver {
            Driver::Sqlite(database) => database.scrub().map(|()| true),
            Driver::Postgres(_) => Ok(false),
        }
    }

    /// Reads one instant of the database through, however long that takes and whatever others change meanwhile.
    ///
    /// # Errors
    /// The work's own, and when the database cannot be asked.
    pub async fn snapshot<T, E: From<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&Snapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.driver {
            Driver::Sqlite(database) => work(&Snapshot::sqlite(database.snapshot()?)).await,
            Driver::Postgres(database) => {
                let mut connection = database.connection().await?;
                let transaction = postgres::still(&mut connection).await?;
                work(&Snapshot::postgres(&transaction)).await
            }
        }
    }

    /// Copies a SQLite database as it is now into a new file, which is on the disk then; `false` on another kind.
    ///
    /// # Errors
    /// When the file is there already or cannot be written, or the database cannot be read.
    pub fn copy_to(&self, path: &Path) -> Result<bool, StoreError> {
        match &self.driver {
            Driver::Sqlite(database) => database.copy_to(path).map(|()| true),
            Driver::Postgres(_) => Ok(false),
        }
    }

    /// What the door has done.
    pub fn metrics(&self) -> &DoorMetrics {
        &self.metrics
    }

    /// Resolves when the disk did not confirm a write: the program must end.
    pub async fn poisoned(&self) {
        let receiver: Option<watch::Receiver<bool>> = match &self.driver {
            Driver::Sqlite(database) => Some(database.poisoned()),
            Driver::Postgres(_) => None,
        };
        if let Some(mut receiver) = receiver
            && receiver.wait_for(|poisoned| *poisoned).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// A number that differs once another process or connection has committed; `None` where the database has none.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn data_version(&self) -> Result<Option<i64>, StoreError> {
        match &self.driver {
            Driver::Sqlite(database) => database.data_version().map(Some),
            Driver::Postgres(_) => Ok(None),
        }
    }

    /// Whether nobody waits for a long change: a database of one machine without a server.
    pub fn nobody_waits(&self) -> bool {
        match &self.driver {
            Driver::Sqlite(database) => database.nobody_serves(),
            Driver::Postgres(_) => false,
        }
    }

    /// The name of the database's kind.
    pub const fn kind(&self) -> &'static str {
        match self.driver {
            Driver::Sqlite(_) => "sqlite",
            Driver::Postgres(_) => "postgres",
        }
    }

    /// How many questions were answered from memory.
    #[cfg(feature = "testing")]
    pub fn told_from_memory(&self) -> u64 {
        match &self.driver {
            Driver::Sqlite(database) => database.told_from_memory(),
            Driver::Postgres(_) => 0,
        }
    }

    /// Whether the database can prepare a statement.
    ///
    /// # Errors
    /// When it cannot.
    #[cfg(feature = "testing")]
    pub async fn prepare(&self, sql: Sql) -> Result<(), StoreError> {
        match &self.driver {
            Driver::Sqlite(database) => database.read(|connection| sqlite::prepare(connection, sql)),
            Driver::Postgres(database) => {
                let connection = database.connection().await?;
                postgres::prepare(&connection, sql).await
            }
        }
    }
}

impl Read for Store {
    /// On SQLite this runs inline: a point read costs less than handing it to another thread.
    async fn one<T: Send>(&self, sql: Sql, args: &[Value<'_>], map: Map<T>) -> Result<Option<T>, StoreError> {
        self.metrics.statement();
        match &self.driver {
            Driver::Sqlite(database) => database.read(|connection| sqlite::one(connection, sql, args, map)),
            Driver::Postgres(database) => {
                let connection = database.connection().await?;
                postgres::one(&connection, sql, args, map).await.map_err(|failed| failed.error)
            }
        }
    }

    async fn keyed<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
    ) -> Result<Option<T>, StoreError> {
        let Driver::Postgres(database) = &self.driver else { return self.one(sql, args, map).await };
        self.metrics.statement();
        let line = database.line().await?;
        postgres::one(&*line, sql, args, map).await.map_err(|failed| failed.error)
    }

    async fn remembered<T: Send>(
        &self,
        sql: Sql,
        key: (Uuid, &[u8; 32]),
        map: Map<T>,
        lasting: fn(&T) -> Option<i64>,
    ) -> Result<Option<T>, StoreError> {
        let Driver::Sqlite(database) = &self.driver else {
            return self.keyed(sql, args![key.0, key.1], map).await;
        };
        // One that is answered from memory counts, too: what differs in that tells nothing to whoever guesses.
        self.metrics.statement();
        database.remembered(sql, (key.0, *key.1), map, lasting)
    }

    async fn fitting<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
        fits: impl Fn(&T) -> bool + Send,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        self.metrics.statement();
        match &self.driver {
            Driver::Sqlite(database) => {
                database.read(|connection| sqlite::fitting(connection, sql, args, map, fits, limit))
            }
            Driver::Postgres(database) => {
                let connection = database.connection().await?;
                let found = postgres::fitting(&connection, sql, args, map, fits, limit).await;
                found.map_err(|failed| failed.error)
            }
        }
    }
}

/// A job in SQLite's queue, with what it gave and who waits for it.
struct Pending<J: Job> {
    job: J,
    outcome: Option<Result<J::Out, J::Err>>,
    reply: oneshot::Sender<Result<J::Out, J::Err>>,
    metrics: Arc<DoorMetrics>,
}

impl<J: Job> sqlite::Queued for Pending<J> {
    fn run(&mut self, connection: &Mutex<rusqlite::Connection>) -> sqlite::Ran {
        let tx = Tx::sqlite(connection, &self.metrics);
        let job = &self.job;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            // Statements of SQLite are done when they return: a job that only uses its transaction never waits.
            match pin!(job.run(&tx)).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => Err(StoreError::Waited(J::NAME).into()),
            }
        }));
        let outcome = outcome.unwrap_or_else(|_| Err(StoreError::Panicked(J::NAME).into()));
        let (outcome, ran) = match (outcome, tx.failure()) {
            (Ok(out), None) => (Ok(out), sqlite::Ran::Well),
            (Err(error), None) => (Err(error), sqlite::Ran::Not),
            (Ok(_), Some(why)) => (Err(why.clone().into()), sqlite::Ran::Failed(why)),
            (Err(error), Some(why)) => (Err(error), sqlite::Ran::Failed(why)),
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { job, outcome, reply, metrics: _ } = *self;
        let outcome = match (committed, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), unseen) => {
                dropped(unseen);
                Err(error.into())
            }
        };
        // A caller that has gone does not undo the change.
        if let Err(unseen) = reply.send(outcome) {
            dropped(unseen);
        }
        dropped(job);
    }
}

/// Lets go of what belongs to a caller. What it throws then is too late to undo anything, and must not end the writer.
fn dropped<T>(theirs: T) {
    if catch_unwind(AssertUnwindSafe(|| drop(theirs))).is_err() {
        tracing::error!("what a job left behind panicked when it was dropped");
    }
}
