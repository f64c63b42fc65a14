//! Why the database could not do what it was asked.

use std::sync::Arc;

/// A failure of the store. Each says what to do; what the database itself said stays in `source`, for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database cannot be used.
    #[error("{0}")]
    Address(String),
    /// The database belongs to another program; nothing in it was changed.
    #[error("{place} holds tables of another program ({tables}); nothing in it was changed")]
    Foreign {
        /// Which database.
        place: String,
        /// Some of its tables.
        tables: String,
    },
    /// The database of an older system cannot be read.
    #[error("the old database {place} cannot be read: {why}")]
    OldDatabase {
        /// Which.
        place: String,
        /// What it, or the system, says.
        why: String,
    },
    /// A newer Keyward made the schema.
    #[error("the database has the schema of a newer Keyward ({found}, this one knows {known})")]
    Newer {
        /// The version in the database.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The migrations in the database are not those of this program.
    #[error("the database cannot be migrated: {0}")]
    Migration(String),
    /// Another server uses the data directory, or the database.
    #[error("another Keyward server is running on {0}")]
    InUse(String),
    /// The file or directory of the database cannot be used.
    #[error("{path}: {why}")]
    File {
        /// Which file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] Source),
    /// Another process writes, and did not finish in time; or too many jobs wait.
    #[error("the database is busy: {0}")]
    Busy(&'static str),
    /// The disk is full.
    #[error("the disk of the database is full")]
    Full,
    /// The disk does not take or give what it is asked for.
    #[error("the disk of the database cannot be read or written: {0}")]
    Disk(#[source] Source),
    /// The database was opened for reading only, or its file is.
    #[error("the database cannot be written: {0}")]
    ReadOnly(#[source] Source),
    /// The disk did not confirm a write; nothing more is written until the program starts anew.
    #[error("the disk did not confirm a write; nothing more is written until Keyward is started anew")]
    Poisoned,
    /// A COMMIT was not answered: it may have happened or not.
    #[error(
        "the database did not answer a COMMIT, or the connection broke: the change may have been made or not"
    )]
    OutcomeUnknown,
    /// The database refused a value that another row already has.
    #[error("a value that must be unique is taken ({constraint})")]
    Conflict {
        /// The constraint's name, or its columns.
        constraint: String,
    },
    /// A job panicked; its change was rolled back.
    #[error("the job {0} panicked and was rolled back")]
    Panicked(&'static str),
    /// On SQLite a job waited for something other than its transaction; its change was rolled back.
    #[error("the job {0} waited for something other than its transaction and was rolled back")]
    Waited(&'static str),
    /// A row does not have the shape that this program expects.
    #[error("column {column} of a row is not what was expected: {wanted}")]
    Shape {
        /// The column's position, from 0.
        column: usize,
        /// What was expected.
        wanted: &'static str,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// Anything else that the database said.
    #[error("the database refused a statement: {0}")]
    Database(#[source] Source),
}

/// What a driver said. Shared, because one failed COMMIT answers many jobs.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

impl StoreError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "DATABASE_ADDRESS",
            Self::Foreign { .. } => "DATABASE_FOREIGN",
            Self::OldDatabase { .. } => "IMPORT_SOURCE",
            Self::Newer { .. } => "DATABASE_NEWER",
            Self::Migration(_) => "DATABASE_MIGRATION",
            Self::InUse(_) => "DATABASE_IN_USE",
            Self::File { .. } => "DATABASE_FILE",
            Self::Unreachable(_) => "DATABASE_UNREACHABLE",
            Self::Busy(_) => "DATABASE_BUSY",
            Self::Full => "DATABASE_FULL",
            Self::Disk(_) => "DATABASE_DISK",
            Self::ReadOnly(_) => "DATABASE_READ_ONLY",
            Self::Poisoned => "DATABASE_POISONED",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::Conflict { .. } => "CONFLICT",
            Self::Panicked(_) | Self::Waited(_) | Self::Shape { .. } | Self::Closed | Self::Database(_) => {
                "DATABASE_ERROR"
            }
        }
    }

    /// What an operator can do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Address(_) => "write sqlite:PATH, or postgres://user:password@host/database",
            Self::Foreign { .. } => {
                "give Keyward a database of its own (--database, KEYWARD_DATABASE), and bring the licences of this one along \
                 with `keyward import A|B|C|D|E --from …`"
            }
            Self::OldDatabase { .. } => {
                "check the path or address, who may read it, and that it is the database of the system that was named"
            }
            Self::Newer { .. } => "start the newer Keyward, or restore the backup made before the upgrade",
            Self::Migration(_) => "use the database with the Keyward that made it, and report this",
            Self::InUse(_) => "stop the other server, or name another database (--data, --database)",
            Self::File { .. } => "check the path, who may read and write it, and the disk",
            Self::Unreachable(_) => {
                "check that the database runs, and its address, user and password; Keyward goes on when it is back"
            }
            Self::Busy(_) => {
                "try again; if it goes on, look for a long import or another program on the database"
            }
            Self::Full => "free space on the disk; Keyward goes on by itself",
            Self::Disk(_) => {
                "check the disk (its log, its health); each request is tried anew, and what failed was not kept"
            }
            Self::ReadOnly(_) => {
                "check who may write the file and its directory, or the database server's mode"
            }
            Self::Poisoned => "check the disk (its log, its health), then start Keyward again",
            Self::OutcomeUnknown => {
                "ask what became of it, or repeat the request with the same Idempotency-Key: it tells the truth"
            }
            Self::Conflict { .. } => "choose another value",
            Self::Panicked(_) | Self::Waited(_) | Self::Shape { .. } | Self::Closed | Self::Database(_) => {
                "look into the log; report it if it repeats"
            }
        }
    }

    /// Whether the same request may succeed later without anybody changing it.
    pub const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Busy(_) | Self::Full | Self::Disk(_) | Self::Poisoned | Self::Closed
        )
    }
}
