//! The answer to "may this run here, now?": one kind of answer, three ways to it.
//!
//! [`device()`] decides on a licence in hand in the order of system D, [`online()`] on a stored licence in the order of the
//! protocol's section 7.3, [`pool_key()`] whether a key of system B may still be activated. All are pure functions.

mod change;
mod device;
mod online;
mod pool_key;

pub use change::changeable;
pub use device::{DeviceContext, device, leased};
pub use online::{Scope, UserScope, online};
pub use pool_key::{PoolActivation, PoolRecord, pool_activation, pool_key};

use serde::Serialize;

use crate::code::Code;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// An application is warned from so many days before expiry (system D).
pub const WARNING_DAYS: i64 = 30;

/// What an application may let its user do. Viewing, printing and exporting always stay with the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everything.
    Full,
    /// Look, print, export, back up; change nothing.
    ReadOnly,
    /// Nothing.
    None,
}

/// Something the user should be told although it does not decide the verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Less than [`WARNING_DAYS`] are left.
    #[error("expires in {days} {}", if *.days == 1 { "day" } else { "days" })]
    ExpiresSoon {
        /// Begun days left.
        days: i64,
    },
    /// Expired, and running on for its grace.
    #[error("expired; everything still works for {days} more {}", if *.days == 1 { "day" } else { "days" })]
    InGrace {
        /// Begun days left of the grace.
        days: i64,
    },
    /// The licence is bound to a device and nobody said on which device this is.
    #[error("bound to device {device}; this device's id was not given, so it was not compared")]
    DeviceNotCompared {
        /// The device it is bound to.
        device: String,
    },
    /// A product was asked for and the form names none.
    #[error("this licence names no product, so {product:?} was not compared")]
    ProductNotCompared {
        /// The product asked for.
        product: String,
    },
    /// The form carries no expiry.
    #[error(
        "this form carries no expiry: only the server that keeps the licence knows whether it has run out"
    )]
    ExpiryNotInKey,
    /// A trial that counts from first start, asked about where it was not started.
    #[error("the trial's {days} {} count from its first start on a device", if *.days == 1 { "day" } else { "days" })]
    NotStarted {
        /// How long it is.
        days: u64,
    },
}

impl Serialize for Warning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it may.
    pub valid: bool,
    /// Why, for programs.
    pub code: Code,
    /// A name below the code, where the code alone leaves several causes.
    pub reason: Option<&'static str>,
    /// Why, for people.
    pub detail: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// What is left.
    pub access: Access,
    /// The last instant at which the licence is valid; `None` when it never ends or does not say.
    pub expiry: Option<Timestamp>,
    /// The last instant of its grace.
    pub grace_until: Option<Timestamp>,
    /// Begun days to expiry, or in grace to its end.
    pub days_left: Option<i64>,
    /// What else the user should be told.
    pub warnings: Vec<Warning>,
}

impl Verdict {
    fn new(valid: bool, code: Code, detail: impl Into<String>, access: Access) -> Self {
        Self {
            valid,
            code,
            reason: None,
            detail: detail.into(),
            remedy: code.remedy(),
            access,
            expiry: None,
            grace_until: None,
            days_left: None,
            warnings: Vec::new(),
        }
    }

    /// A yes that leaves everything.
    pub fn granted(code: Code, detail: impl Into<String>) -> Self {
        Self::new(true, code, detail, Access::Full)
    }

    /// A no that leaves nothing.
    pub fn refusal(code: Code, detail: impl Into<String>) -> Self {
        Self::refused(code, detail, Access::None)
    }

    fn refused(code: Code, detail: impl Into<String>, access: Access) -> Self {
        Self::new(false, code, detail, access)
    }

    fn until(mut self, term: &Term) -> Self {
        self.expiry = term.expiry;
        self.grace_until = term.grace_until;
        self
    }

    /// The view that system D's applications have of a verdict.
    pub const fn status(&self) -> Status {
        match self.code {
            Code::Valid => Status::Active,
            Code::GracePeriod => Status::GracePeriod,
            Code::Trial => Status::Trial,
            Code::Expired => Status::Expired,
            Code::NotFound => Status::NotFound,
            _ => Status::Invalid,
        }
    }
}

/// A text that is no licence leaves no access.
impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        let mut verdict = Self::refused(refusal.code(), refusal.to_string(), Access::None);
        verdict.reason = refusal.reason();
        verdict.remedy = refusal.remedy();
        verdict
    }
}

/// The six statuses of system D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Valid.
    Active,
    /// Expired, in its grace.
    GracePeriod,
    /// Expired, and its grace over.
    Expired,
    /// Not to be used, for the reason that the code says.
    Invalid,
    /// There is none.
    NotFound,
    /// A running trial.
    Trial,
}

impl Status {
    /// As system D writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::GracePeriod => "GRACE_PERIOD",
            Self::Expired => "EXPIRED",
            Self::Invalid => "INVALID",
            Self::NotFound => "NOT_FOUND",
            Self::Trial => "TRIAL",
        }
    }
}

/// Expiry and the grace behind it.
struct Term {
    expiry: Option<Timestamp>,
    grace_until: Option<Timestamp>,
}

/// Where an instant lies in a term.
enum Standing {
    Running,
    InGrace,
    Over,
}

impl Term {
    fn standing(&self, now: Timestamp) -> Standing {
        match (self.expiry, self.grace_until) {
            (Some(expiry), Some(grace)) if now > expiry => {
                if now > grace {
                    Standing::Over
                } else {
                    Standing::InGrace
                }
            }
            (Some(expiry), None) if now > expiry => Standing::Over,
            _ => Standing::Running,
        }
    }

    /// The yes of a term that is running or in its grace, with what to warn of; `None` when it is over.
    fn holds(&self, now: Timestamp, code: Code, detail: &str) -> Option<Verdict> {
        let (mut verdict, end) = match self.standing(now) {
            Standing::Running => (Verdict::new(true, code, detail, Access::Full), self.expiry),
            Standing::InGrace => {
                (Verdict::new(true, Code::GracePeriod, self.grace_detail(), Access::Full), self.grace_until)
            }
            Standing::Over => return None,
        };
        verdict.days_left = end.map(|end| now.days_until(end));
        verdict.warnings.extend(verdict.days_left.and_then(|days| match verdict.code {
            Code::GracePeriod => Some(Warning::InGrace { days }),
            _ => (days <= WARNING_DAYS).then_some(Warning::ExpiresSoon { days }),
        }));
        Some(verdict)
    }

    fn expired_detail(&self) -> String {
        match (self.expiry, self.grace_until) {
            (Some(expiry), Some(grace)) if grace > expiry => {
                format!("the licence expired on {expiry} and its grace period ended on {grace}")
            }
            (Some(expiry), _) => format!("the licence expired on {expiry}"),
            (None, _) => "the licence has expired".to_owned(),
        }
    }

    fn grace_detail(&self) -> String {
        match (self.expiry, self.grace_until) {
            (Some(expiry), Some(grace)) => {
                format!("the licence expired on {expiry}; everything still works until {grace}")
            }
            _ => "the licence has expired and runs on for its grace period".to_owned(),
        }
    }
}
