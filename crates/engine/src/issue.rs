//! Making licences: one file per scheme. Each takes what a person decides, the key, the time and where needed a
//! generator, and gives the text to deliver.

mod file;
mod lk1;
mod lk2;
mod lk3;
mod pool;
mod record;
mod recovery;
mod tier;

pub use file::FileRequest;
pub use lk1::lk1;
pub use lk2::Lk2Request;
pub use lk3::{Lk3Ids, Lk3Sealer};
pub use pool::{PoolKeys, check_pool_size};
pub use record::RecordRequest;
pub use recovery::recovery_code;
pub use tier::{MAX_AHEAD_SECONDS, tier};

use keyward_core::calendar::OutOfRange;
use keyward_core::crypto::Algorithm;
use keyward_core::refusal::Refusal;

/// Why a licence was not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// A field has a value that the form cannot hold.
    #[error("{0}")]
    Field(#[from] Refusal),
    /// Its end lies outside the calendar.
    #[error("{0}")]
    Date(#[from] OutOfRange),
    /// The key is of the other kind.
    #[error("this form is signed with {wanted}, and the key given is one for {found}")]
    WrongKey {
        /// What the form is signed with.
        wanted: Algorithm,
        /// What the key signs with.
        found: Algorithm,
    },
    /// `--profile epoch` with the type Premium.
    #[error("a Premium record never expires, which only the `text` profile can say; leave the profile out")]
    PremiumHasNoEpoch,
    /// A record without a duration that is not perpetual.
    #[error("a record of type {0} needs a duration; only Premium never expires")]
    DurationMissing(String),
    /// More `tier` keys of one tier than there are seconds.
    #[error(
        "a tier key is made for a second, and only an hour ahead may be used: at most 3600 at once; use lk3 for more"
    )]
    TooManyTierKeys,
    /// A pool of more keys than are kept apart.
    #[error("at most {0} pool keys are made at once; run the command again for more")]
    TooManyPoolKeys(u64),
}

impl IssueError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(refusal) => refusal.code().as_str(),
            Self::Date(_) => "DATE_OUT_OF_RANGE",
            Self::WrongKey { .. } => "WRONG_KEY",
            Self::PremiumHasNoEpoch | Self::DurationMissing(_) => "INVALID_DURATION",
            Self::TooManyTierKeys | Self::TooManyPoolKeys(_) => "TOO_MANY",
        }
    }
}
