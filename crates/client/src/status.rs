//! What an application is told: the verdict, and everything it needs to show it.

use std::fmt;

use keyward_core::claims::Claims;
use keyward_core::code::Code;
use keyward_core::time::{MICROS_PER_SECOND, Timestamp};
use keyward_core::verdict::{self, Access, Verdict, WARNING_DAYS};

use crate::error::ClientError;

/// An application that asks no earlier than this misses nothing for long.
const LOOK_AGAIN: i64 = 3_600;

/// Where the answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing is installed.
    Nothing,
    /// A licence file or self-contained key.
    License,
    /// The vendor's answer to an offline request.
    Seat,
    /// The last answer of a server.
    Server,
    /// A trial.
    Trial,
}

/// Something that does not decide, and that the user or the support desk should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The device's memory cannot be read; it is begun anew.
    MemoryDamaged,
    /// This device remembers nothing yet, and another's memory is there: of it only the time counts.
    MemoryOfAnotherDevice,
    /// The memory could not be written, for this reason.
    NotRemembered(String),
    /// The licence file is there and cannot be read, for this reason.
    LicenseNotReadable(String),
    /// The server could not be asked; the device runs on its last answer until then.
    ServerNotReached {
        /// The end of the lease.
        until: Timestamp,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MemoryDamaged => f.write_str(
                "what this device remembered cannot be read, and is begun anew: restore the licence's directory from a \
                 backup, or ask support when something is missing",
            ),
            Self::MemoryOfAnotherDevice => f.write_str(
                "the licence's directory holds the files of another device: a licence of that device does not count here",
            ),
            Self::NotRemembered(why) => {
                write!(f, "the licence's memory could not be written ({why}): free some space or give access to it")
            }
            Self::LicenseNotReadable(why) => {
                write!(f, "the licence file cannot be read ({why}): give access to it, or import the licence again")
            }
            Self::ServerNotReached { until } => {
                write!(f, "the licence server was not reached; everything works on until {until}")
            }
        }
    }
}

/// The answer to "may this run here, now?", with what there is to show.
#[derive(Clone, Debug)]
pub struct Status {
    pub(crate) verdict: Verdict,
    pub(crate) claims: Option<Claims>,
    pub(crate) source: Source,
    pub(crate) device_id: String,
    pub(crate) recovery_number: Option<u32>,
    pub(crate) lease_until: Option<Timestamp>,
    pub(crate) notes: Vec<Note>,
    pub(crate) at: Timestamp,
    pub(crate) help: String,
}

impl Status {
    /// The verdict.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Its code.
    pub const fn code(&self) -> Code {
        self.verdict.code
    }

    /// System D's word for it.
    pub const fn status(&self) -> verdict::Status {
        self.verdict.status()
    }

    /// What the application may let its user do. Viewing, printing and exporting always stay allowed.
    pub const fn access(&self) -> Access {
        self.verdict.access
    }

    /// Whether the user may change anything.
    pub fn can_write(&self) -> bool {
        self.verdict.access == Access::Full
    }

    /// Whether a licence or trial holds, its grace included.
    pub const fn is_valid(&self) -> bool {
        self.verdict.valid
    }

    /// Whether the licence is in its term (system D's `isActive`).
    pub fn is_active(&self) -> bool {
        self.verdict.code == Code::Valid
    }

    /// Whether it has expired and runs on for its grace (system D's `isGracePeriod`).
    pub fn is_grace_period(&self) -> bool {
        self.verdict.code == Code::GracePeriod
    }

    /// Whether nothing may be changed (system D's `isReadOnly`).
    pub fn is_read_only(&self) -> bool {
        !self.can_write()
    }

    /// Begun days until the licence ends, in grace until that ends.
    pub const fn days_left(&self) -> Option<i64> {
        self.verdict.days_left
    }

    /// What the licence says.
    pub const fn claims(&self) -> Option<&Claims> {
        self.claims.as_ref()
    }

    /// Where the answer comes from.
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The id to ask the vendor for a licence with.
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The number to tell support for a recovery code, when the clock is called turned back.
    pub const fn recovery_number(&self) -> Option<u32> {
        self.recovery_number
    }

    /// Until when the device may run without asking the vendor again.
    pub const fn lease_until(&self) -> Option<Timestamp> {
        self.lease_until
    }

    /// What does not decide and should be known.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What the user should be told besides: that the end is near, and the notes.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.verdict.warnings.iter().map(ToString::to_string);
        warnings.chain(self.notes.iter().map(ToString::to_string)).collect()
    }

    /// A sentence for the user (system D's `getStatusMessage`).
    pub fn message(&self) -> String {
        let days = |days: i64| format!("{days} {} left", if days == 1 { "day" } else { "days" });
        match (self.verdict.code, self.verdict.days_left) {
            (Code::Valid, Some(left)) if left <= WARNING_DAYS => format!("Licence active. {}.", days(left)),
            (Code::Valid, _) => "Licence active.".to_owned(),
            (Code::GracePeriod, Some(left)) => format!("Licence expired. Grace period: {}.", days(left)),
            (Code::Trial, Some(left)) => format!("Trial. {}.", days(left)),
            // System D's own sentence.
            (Code::Expired, _) => "License Expired. Read-Only Mode.".to_owned(),
            (Code::NotFound, _) => "No licence found. Read-Only Mode.".to_owned(),
            _ => format!("Licence invalid: {}.", self.verdict.detail),
        }
    }

    /// The colour that system D's page shows it in.
    pub const fn color(&self) -> &'static str {
        match self.verdict.status() {
            verdict::Status::Active => "#10b981",
            verdict::Status::GracePeriod => "#f59e0b",
            verdict::Status::Expired | verdict::Status::Invalid => "#ef4444",
            verdict::Status::NotFound => "#6b7280",
            verdict::Status::Trial => "#3b82f6",
        }
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        self.verdict.remedy
    }

    /// The page that explains the code.
    pub fn link(&self) -> String {
        link(&self.help, self.verdict.code.as_str())
    }

    /// When to ask again: at the next change that can be foreseen, and at the latest in an hour.
    pub fn look_again(&self) -> Timestamp {
        let warned = self.verdict.expiry.map(|expiry| expiry.plus_days(-WARNING_DAYS));
        let ends = [warned, self.verdict.expiry, self.verdict.grace_until, self.lease_until];
        // An end is still within the term.
        let ends = ends.into_iter().flatten().map(|end| end.plus_micros(1_000)).filter(|end| *end > self.at);
        ends.chain([self.at.plus_micros(LOOK_AGAIN * MICROS_PER_SECOND)]).min().unwrap_or(self.at)
    }

    /// Whether a feature may be used.
    ///
    /// # Errors
    /// The status, when it is no; `ENTITLEMENTS_MISSING` when the licence lacks the feature.
    pub fn require(&self, feature: &str) -> Result<(), ClientError> {
        if !self.verdict.valid {
            return Err(ClientError::refused(self.verdict.clone(), &self.help));
        }
        if self.claims.as_ref().is_some_and(|claims| claims.features.iter().any(|has| has == feature)) {
            return Ok(());
        }
        let detail = format!("the licence does not include the feature {feature:?}");
        Err(ClientError::refused(Verdict::refusal(Code::EntitlementsMissing, detail), &self.help))
    }
}

/// The place of a code in the documentation.
pub(crate) fn link(help: &str, code: &str) -> String {
    format!("{help}#{}", code.to_ascii_lowercase())
}
