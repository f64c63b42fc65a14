//! Why the engine did not do what it was asked. A licence that is refused is no error: that is a verdict.

use keyward_core::calendar::OutOfRange;
use keyward_core::crypto::KeyFileError;
use keyward_core::refusal::Refusal;
use keyward_core::verdict::Verdict;
use keyward_store::StoreError;

use crate::archive::ArchiveError;
use crate::issue::IssueError;
use crate::token::Role;
use crate::vault::passphrase::PassphraseError;
use crate::vault::{MasterKeyError, VaultError};

/// Why an operation was not done. Nothing of it stays.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The master key cannot be had.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database has an account, and its master key is not here.
    #[error("this database is sealed under the master key {wanted}, and no master key was found at {place}")]
    MasterKeyMissing {
        /// The id of the key that is needed.
        wanted: String,
        /// Where it was looked for.
        place: String,
    },
    /// Another rotation was faster, or this engine was started before it.
    #[error("the master key was rotated by another program since this one was started")]
    MasterKeyRotated,
    /// A file that moves a database, or where it is to go, is not what it must be.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A key does not go under a passphrase, or out of one.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// A form cannot be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// A text is no licence.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A record or file was signed with a key that is not here.
    #[error("no key of product {product} made this {scheme}; {tried} of them were tried")]
    UnknownSigner {
        /// Its form.
        scheme: keyward_core::scheme::Scheme,
        /// The product it is for.
        product: String,
        /// Keys that might have signed it.
        tried: usize,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A date lies outside the calendar.
    #[error(transparent)]
    Date(#[from] OutOfRange),
    /// There is no such thing.
    #[error("there is no {what} {name}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// As it was named; never a whole key.
        name: String,
    },
    /// There is one already.
    #[error("{what} {name} exists already")]
    Taken {
        /// What there is.
        what: &'static str,
        /// As it was named; never a whole key.
        name: String,
    },
    /// The licence's state does not allow the change.
    #[error("{}", .0.detail)]
    NotAllowed(Box<Verdict>),
    /// It is so already.
    #[error("the licence is {0} already")]
    AlreadySo(&'static str),
    /// It is no longer as it was when it was looked at: somebody else changed it meanwhile.
    #[error("the {0} was changed by somebody else meanwhile")]
    Changed(&'static str),
    /// A limit is reached.
    #[error("{what}: {used} of {limit} are used")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: i64,
        /// How many there are.
        used: i64,
    },
    /// A value cannot be used.
    #[error("{field}: {wanted}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wanted.
        wanted: String,
    },
    /// An `Idempotency-Key` was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyReused,
    /// The first request with this `Idempotency-Key` is still being done.
    #[error("the first request with this Idempotency-Key is still being done")]
    IdempotencyInProgress,
    /// A secret is printed in a public document.
    #[error(
        "this secret is printed in a public document of the older systems: anybody can make licences with it"
    )]
    PublicSecret,
    /// Licences were made under the secret that is to be replaced.
    #[error("licences of {product} were issued or registered under another secret")]
    SecretInUse {
        /// Of which product.
        product: String,
    },
    /// The token may not do this.
    #[error("a token of role {} may not do this", .0.as_str())]
    Forbidden(Role),
    /// No second is free for another key of this tier.
    #[error("every second of the next hour has a key of this tier")]
    NoFreeSecond,
}

impl EngineError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::MasterKey(error) => error.code(),
            Self::MasterKeyMissing { .. } => "MASTER_KEY_MISSING",
            Self::MasterKeyRotated => "MASTER_KEY_ROTATED",
            Self::Archive(error) => error.code(),
            Self::Passphrase(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Refused(refusal) => refusal.code().as_str(),
            Self::UnknownSigner { .. } => "UNKNOWN_SIGNER",
            Self::KeyFile(_) => "KEY_FILE",
            Self::Date(_) => "DATE_OUT_OF_RANGE",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Taken { .. } => "TAKEN",
            Self::NotAllowed(verdict) => verdict.code.as_str(),
            Self::AlreadySo(_) => "ALREADY_SO",
            Self::Changed(_) => "CHANGED_MEANWHILE",
            Self::Limit { .. } => "LIMIT_EXCEEDED",
            Self::Invalid { .. } => "INVALID_ARGUMENT",
            Self::IdempotencyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::IdempotencyInProgress => "IDEMPOTENCY_IN_PROGRESS",
            Self::PublicSecret => "PUBLIC_SECRET",
            Self::SecretInUse { .. } => "SECRET_IN_USE",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NoFreeSecond => "TOO_MANY",
        }
    }

    /// What can be done about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Store(error) => error.remedy(),
            Self::Vault(error) => error.remedy(),
            Self::MasterKey(error) => error.remedy(),
            Self::MasterKeyMissing { .. } => {
                "give it by KEYWARD_MASTER_KEY or keys.master_key_file; without it the database cannot be used, and no \
                 other key replaces it"
            }
            Self::MasterKeyRotated => "start again with the new master key",
            Self::Archive(error) => error.remedy(),
            Self::Passphrase(error) => error.remedy(),
            Self::Issue(_) | Self::Refused(_) => "correct the value and try again",
            Self::UnknownSigner { .. } => {
                "take in the key that signed it with `keyward keys import FILE`, private or public, and try again; \
                 `keyward keys check` says whether a key fits"
            }
            Self::KeyFile(_) => "give another key file",
            Self::Date(_) => "choose a shorter duration",
            Self::NotFound { .. } => "check the name",
            Self::Taken { .. } => "choose another name, or change the one there is",
            Self::NotAllowed(verdict) => verdict.remedy,
            Self::AlreadySo(_) => "nothing to do",
            Self::Changed(_) => "look at it as it is now, and decide again",
            Self::Limit { .. } => "release one, or raise the limit",
            Self::Invalid { .. } => "correct the value and try again",
            Self::IdempotencyReused => "use a new Idempotency-Key for each request",
            Self::IdempotencyInProgress => "wait a moment and repeat the request",
            Self::PublicSecret => {
                "use a secret of your own; if clients depend on this one, give --accept-public-secret \
                 (KEYWARD_ACCEPT_PUBLIC_SECRET=1), and plan to leave it"
            }
            Self::SecretInUse { .. } => "keep the secret: with another one those licences would stop working",
            Self::Forbidden(_) => "use a token of a role that may: keyward token create --role …",
            Self::NoFreeSecond => {
                "issue fewer keys of this tier an hour, or use lk3, which has no such limit"
            }
        }
    }
}
