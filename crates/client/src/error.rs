//! Why something that an application asked for was not done; each with code, sentence, remedy and documentation link.

use std::fmt;
use std::time::Duration;

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
    ("NOT_ACTIVATED", "No key was activated on this device.", "Activate a key first."),
    (
        "NOT_SUPPORTED",
        "The server's interface has no such call.",
        "See the reason: it names what support can do.",
    ),
    ("NO_SERVER", "The application has no licence server.", "Import a licence instead."),
    ("RECOVERY_NOT_NEEDED", "The clock is not called turned back.", "Nothing to do."),
    (
        "RECOVERY_NUMBER",
        "The recovery code is for another number.",
        "Tell support the number that is shown now.",
    ),
    (
        "SERVER_ADDRESS",
        "The server's address cannot be used.",
        "Write it as https://name or https://name:port/path.",
    ),
    (
        "SERVER_ANSWER",
        "The server's answer makes no sense.",
        "Check that the network lets the application through.",
    ),
    ("SERVER_BUSY", "The server asks to wait.", "Try again then."),
    (
        "SERVER_CERTIFICATE",
        "The server does not prove who it is.",
        "Check the date and the network, or tell the vendor.",
    ),
    ("SERVER_FAILED", "The server has a problem.", "Try again in a while; if it stays so, tell the vendor."),
    (
        "SERVER_PROXY",
        "The network's proxy lets nothing through.",
        "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, or the application's own setting.",
    ),
    (
        "SERVER_ROOT",
        "The authority's certificate cannot be used.",
        "Give the application the certificate in PEM.",
    ),
    ("SERVER_TIMEOUT", "The server does not answer in time.", "Try again in a while."),
    (
        "SERVER_TOKEN",
        "The server does not accept the token.",
        "Give the application a token of the installation.",
    ),
    ("SERVER_UNREACHABLE", "The server cannot be reached.", "Check the network connection, and try again."),
    ("TRIAL_SPENT", "This device had its trial.", "Buy a licence, or ask the vendor for one for a few days."),
    ("USAGE_CONSENT", "The user did not agree to it.", "Ask the user first."),
];

/// Why it was not done.
#[derive(Clone, Debug)]
pub struct ClientError {
    kind: Kind,
    help: String,
    retry_after: Option<Duration>,
}

#[derive(Clone, Debug)]
enum Kind {
    Refused(Box<Verdict>),
    Other { code: &'static str, sentence: String, remedy: &'static str },
}

impl ClientError {
    pub(crate) fn refused(verdict: Verdict, help: &str) -> Self {
        Self { kind: Kind::Refused(Box::new(verdict)), help: help.to_owned(), retry_after: None }
    }

    pub(crate) fn other(
        code: &'static str,
        sentence: impl fmt::Display,
        remedy: &'static str,
        help: &str,
    ) -> Self {
        debug_assert!(CODES.iter().any(|(known, ..)| *known == code), "{code} is in no table");
        let kind = Kind::Other { code, sentence: sentence.to_string(), remedy };
        Self { kind, help: help.to_owned(), retry_after: None }
    }

    pub(crate) fn refusal(refusal: Refusal, help: &str) -> Self {
        Self::refused(refusal.into(), help)
    }

    /// After so long it may go better.
    #[cfg(feature = "online")]
    pub(crate) fn after(self, wait: Option<Duration>) -> Self {
        Self { retry_after: wait, ..self }
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

    /// After how long the server that was asked wants to be asked again.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
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
