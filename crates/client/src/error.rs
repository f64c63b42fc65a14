//! Why something that an application asked for was not done; each with code, sentence, remedy and documentation link.

use std::fmt;
use std::time::Duration;

use keyward_core::refusal::Refusal;
use keyward_core::verdict::Verdict;

use crate::status::link;

/// Where the codes are explained, unless the application names another page.
pub(crate) const HELP: &str = "docs/errors.md";

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
