//! What a person decides about a licence, and what is handed over.

use std::fmt;

use keyward_core::calendar::add_days;
use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::rules::{ExpirationBasis, Rules};
use crate::{EngineError, NewUser};

/// When a licence ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Term {
    /// As the policy says.
    #[default]
    Policy,
    /// After days of 86,400 s.
    Days(i64),
    /// At an instant.
    Until(Timestamp),
    /// Never.
    Never,
}

/// What a person decides about a licence.
#[derive(Clone, Debug, Default)]
pub struct NewLicense {
    /// The id that it gets; left out, a new one. When a licence has it already, nothing is made.
    pub id: Option<Uuid>,
    /// Who it is for.
    pub user: Option<NewUser>,
    /// When it ends.
    pub term: Term,
    /// A name for people.
    pub name: Option<String>,
    /// What it is for, unique in the product.
    pub subject: Option<String>,
    /// Its own limit of machines.
    pub max_machines: Option<u32>,
    /// Its own features, besides the policy's.
    pub entitlements: Vec<String>,
    /// JSON.
    pub metadata: Option<String>,
    /// The name of the installation that it belongs to (system E); left out, the account's own.
    pub installation: Option<String>,
}

/// A licence that was issued: its key is told here, and later only to those who may see it.
#[derive(Clone)]
pub struct Issued {
    /// Its id.
    pub id: Uuid,
    /// The key or form to deliver.
    pub key: String,
    /// When it ends; `None` is never, or not begun.
    pub expiry: Option<Timestamp>,
}

/// How far away the end of a `lifetime` licence of system C is, in days.
pub const LIFETIME_DAYS: i64 = 999_999;

/// Shows no key.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("id", &self.id).field("expiry", &self.expiry).finish_non_exhaustive()
    }
}

impl Term {
    /// The end of a licence that is made now.
    pub(crate) fn end(self, rules: &Rules, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        Ok(match self {
            Self::Never => None,
            Self::Until(end) => Some(end),
            Self::Days(days) => Some(add_days(now, days)?),
            Self::Policy => match (rules.expiration_basis, rules.duration) {
                (ExpirationBasis::FromCreation | ExpirationBasis::Default, Some(seconds)) => {
                    Some(rules.arithmetic().end(now, seconds)?)
                }
                _ => None,
            },
        })
    }
}
