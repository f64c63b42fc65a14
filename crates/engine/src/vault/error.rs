//! What can be wrong with a vault and its master key. None of the sentences repeats a secret.

use std::io;
use std::path::PathBuf;

use super::Place;

/// Why a vault or a value in it does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Sealed under another master key.
    #[error("the database needs the master key {needed}, and the one given is {given}")]
    MasterKeyWrong {
        /// The id of the key that was given.
        given: String,
        /// The id of the key that it was sealed under.
        needed: String,
    },
    /// The master key is the right one, and what it sealed does not open.
    #[error("the master key is the right one, but the {0} that it seals was altered in the database")]
    Damaged(&'static str),
    /// A sealed value was altered, or stands where it was not sealed for.
    #[error("the sealed value in {0} was altered, or was sealed for another place")]
    Value(Place),
    /// A sealed value of another database.
    #[error("the sealed value in {0} was sealed under another data key")]
    OtherKey(Place),
}

impl VaultError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MasterKeyWrong { .. } => "MASTER_KEY_WRONG",
            Self::Damaged(_) => "VAULT_DAMAGED",
            Self::Value(_) => "SEALED_VALUE_DAMAGED",
            Self::OtherKey(_) => "SEALED_VALUE_FOREIGN",
        }
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::MasterKeyWrong { .. } => "Give the master key with the id that the database needs.",
            Self::Damaged(_) => "Restore the settings from a backup.",
            Self::Value(_) => "Restore the row from a backup, and find out who can write to the database.",
            Self::OtherKey(_) => "The row comes from another database; restore it from a backup of this one.",
        }
    }
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// No text at all.
    #[error("the master key is empty")]
    Empty,
    /// Neither of the accepted forms.
    #[error(
        "a master key is 64 hexadecimal digits, or 32 bytes in base64 or base64url; this text of {length} characters is neither"
    )]
    Malformed {
        /// How long the text is.
        length: usize,
    },
    /// One of the samples of the old documents.
    #[error("this master key is printed in a public document: anybody could open the database with it")]
    Public,
    /// Other users can read the file.
    #[error("the master key file {} can be read by other users (mode {mode:03o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The text in a file is no master key.
    #[error("the master key file {} cannot be used: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<MasterKeyError>,
    },
    /// The file cannot be read or written.
    #[error("the master key file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl MasterKeyError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::Malformed { .. } => "MASTER_KEY_MALFORMED",
            Self::Public => "MASTER_KEY_PUBLIC",
            Self::Exposed { .. } => "MASTER_KEY_EXPOSED",
            Self::InFile { source, .. } => source.code(),
            Self::File { .. } => "MASTER_KEY_FILE",
        }
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Empty | Self::Malformed { .. } | Self::Public => {
                "Give the key as it was made; for a new database leave it out, and one is made."
            }
            Self::Exposed { .. } => "Let only its owner read it: `chmod 600` with the name of the file.",
            Self::InFile { .. } => {
                "Put back the file as it was made. An empty one is left by a start that was cut off: if no database was made with it, remove it."
            }
            Self::File { .. } => "Check the path, its owner, and the disk.",
        }
    }
}
