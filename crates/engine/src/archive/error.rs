//! Why a file is not taken in, or a backup is not good.

use std::io;
use std::path::{Path, PathBuf};

/// What is wrong with a file that moves a database, or with where it is to go.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not such a file.
    #[error("{} is no {wanted}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Made by a newer program.
    #[error("the file was made by a newer Keyward ({found}; this one knows {known})")]
    Newer {
        /// What it was made by.
        found: String,
        /// What is known here.
        known: String,
    },
    /// A line is not what it must be, or does not open.
    #[error("the file was altered or is damaged: {0}")]
    Damaged(String),
    /// Its end is missing.
    #[error("the file is cut short: {0}")]
    Truncated(&'static str),
    /// It holds no secrets.
    #[error("the file was made without secrets: no key in it could be found, shown, or signed with")]
    WithoutSecrets,
    /// Something is in the way.
    #[error("the database {0} holds data already, and nothing in it was changed")]
    NotEmpty(String),
    /// Somebody uses it.
    #[error("a server runs on the database {0}")]
    Served(String),
    /// What was written is not what was read.
    #[error("what was written is not what the file says ({what}); nothing of it was kept")]
    Differs {
        /// What differs.
        what: &'static str,
    },
    /// The audit log in it is broken.
    #[error("the audit log in the file is broken at entry {seq}: {finding}")]
    LogBroken {
        /// Where.
        seq: i64,
        /// What was found.
        finding: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is written goes nowhere.
    #[error("the file could not be written: {0}")]
    Output(#[source] io::Error),
}

impl ArchiveError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "ARCHIVE_FOREIGN",
            Self::Newer { .. } => "ARCHIVE_NEWER",
            Self::Damaged(_) => "ARCHIVE_DAMAGED",
            Self::Truncated(_) => "ARCHIVE_TRUNCATED",
            Self::WithoutSecrets => "ARCHIVE_WITHOUT_SECRETS",
            Self::NotEmpty(_) => "DATABASE_NOT_EMPTY",
            Self::Served(_) => "DATABASE_SERVED",
            Self::Differs { .. } => "ARCHIVE_DIFFERS",
            Self::LogBroken { .. } => "AUDIT_BROKEN",
            Self::File { .. } | Self::Output(_) => "FILE",
        }
    }

    /// What can be done about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => {
                "`keyward import keyward` takes what `keyward export` wrote, `keyward restore` what `keyward backup` wrote"
            }
            Self::Newer { .. } => "use that Keyward, or a newer one",
            Self::Damaged(_) | Self::Truncated(_) => "take another copy of the file, or an older one",
            Self::WithoutSecrets => {
                "such a file is for reading; to move a database, export it under a passphrase"
            }
            Self::NotEmpty(_) => {
                "name a database that does not exist yet or is empty (--data, --database); to replace this one, move it away first"
            }
            Self::Served(_) => "stop every server on it, and try again in ten seconds",
            Self::Differs { .. } => "try another database, and report this",
            Self::LogBroken { .. } => {
                "take an older backup whose log is whole; to have this one all the same, give --accept-broken-log"
            }
            Self::File { .. } | Self::Output(_) => "check the path, who may read and write it, and the disk",
        }
    }

    /// Whether the file itself is refused, and nothing else was wrong.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::Truncated(_) | Self::Differs { .. } | Self::LogBroken { .. })
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
