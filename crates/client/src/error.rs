//! Why something that an application asked for was not done; each with code, sentence, remedy and documentation link.

use std::fmt;

use keyward_core::refusal::Refusal;
use keyward_core::verdict::Verdict;

use crate::status::link;

/// Where the codes are explained, unless the application names another page.
pub(crate) const HELP: &str = "docs/errors.md";

/// The codes that are not those of verdicts, each with its sentence and what to do.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        "DISK",
        "A file of the licence cannot be read or written.",
        "Free some space, give access to the directory, and try again.",
    ),
    (
        "KEY_FILE",
        "The key that was built in is no public key.",
        "Put the vendor's public key into the application.",
    ),
    (
        "NO_CHANCE",
        "The system gives no random bytes.",
        "Start the application again, or restart the computer.",
    ),
    (
        "NO_DATA_DIRECTORY",
        "The system names no directory for data.",
        "Set HOME (on Windows APPDATA), or give a directory.",
    ),
    (
        "NO_REQUEST",
        "This device waits for no such answer.",
        "Make a request and send that; an answer is good once.",
    ),
    (
        "NO_SEAT",
        "This device has no seat to give back.",
        "Remove the licence, or ask support to release the device.",
    ),
    ("NOT_A_TRIAL", "The key is no trial key.", "Import it as a licence."),
    ("RECOVERY_NOT_NEEDED", "The clock is not called turned back.", "Nothing to do."),
    (
        "RECOVERY_NUMBER",
        "The recovery code is for another number.",
        "Tell support the number that is shown now.",
    ),
    ("TRIAL_SPENT", "This device had its trial.", "Buy a licence, or ask the vendor for one for a few days."),
];

/// Why it was not done.
#[derive(Clone, Debug)]
pub struct ClientError {
    kind: Kind,
    help: String,
}

#[derive(Clone, Debug)]
enum Kind {
    Refused(Box<Verdict>),
    Other { code: &'static str, sentence: String, remedy: &'static str },
}

impl ClientError {
    pub(crate) fn refused(verdict: Verdict, help: &str) -> Self {
        Self { kind: Kind::Refused(Box::new(verdict)), help: help.to_owned() }
    }

    pub(crate) fn other(
        code: &'static str,
        sentence: impl fmt::Display,
        remedy: &'static str,
        help: &str,
    ) -> Self {
        debug_assert!(CODES.iter().any(|(known, ..)| *known == code), "{code} is in no table");
        Self { kind: Kind::Other { code, sentence: sentence.to_string(), remedy }, help: help.to_owned() }
    }

    pub(crate) fn refusal(refusal: Refusal, help: &str) -> Self {
        Self::refused(refusal.into(), help)
    }

    pub(crate) fn disk(what: &str, error: &std::io::Error, help: &str) -> Self {
        let sentence = format_args!("{what}: {error}");
        Self::other("DISK", sentence, "Free some space, give access to the directory, and try again.", help)
    }

    /// The stable code, `UPPER_SNAKE`.
    pub fn code(&self) -> &'static str {
        match &self.kind {
            Kind::Refused(verdict) => verdict.code.as_str(),
            Kind::Other { code, .. } => code,
        }
    }

    /// What happened.
    pub fn sentence(&self) -> &str {
        match &self.kind {
            Kind::Refused(verdict) => &verdict.detail,
            Kind::Other { sentence, .. } => sentence,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.kind {
            Kind::Refused(verdict) => verdict.remedy,
            Kind::Other { remedy, .. } => remedy,
        }
    }

    /// The page that explains the code.
    pub fn link(&self) -> String {
        link(&self.help, self.code())
    }

    /// The verdict, when a licence was looked at and refused.
    pub fn verdict(&self) -> Option<&Verdict> {
        match &self.kind {
            Kind::Refused(verdict) => Some(verdict),
            Kind::Other { .. } => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.code(), self.sentence().trim_end_matches('.'), self.remedy())
    }
}

impl std::error::Error for ClientError {}
