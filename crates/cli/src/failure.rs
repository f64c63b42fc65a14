//! What the command line says when it cannot do what it was asked: a stable code, what is wrong, what to do.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::path::Path;

use keyward_client::ClientError;
use keyward_core::code::Code;
use keyward_core::crypto::KeyFileError;
use keyward_core::refusal::Refusal;
use keyward_engine::EngineError;
use keyward_engine::archive::ArchiveError;
use keyward_engine::issue::IssueError;
use keyward_engine::vault::MasterKeyError;
use keyward_server::app::OpenError;
use keyward_server::config::ConfigError;
use keyward_store::StoreError;

use crate::output;

/// A failure: exit status 2; or a licence refused what was asked of it: 1.
#[derive(Debug)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
    remedy: String,
    closed_pipe: bool,
    refused: bool,
    database: bool,
}

/// The codes of the command line itself, for `docs/errors.md`.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("NO_KEY", "A key or secret is needed and none was given."),
    ("KEY_FILE", "A key file cannot be used."),
    ("SECRET", "A secret cannot be read, or is empty."),
    ("WRONG_KEY", "The key is of another kind than the form is sealed with."),
    ("NO_SERVER", "The question can only be answered by the server that keeps the licence."),
    ("FILE", "A file or the standard input or output cannot be read or written."),
    ("FILE_EXISTS", "A file is in the way and would be lost."),
    ("INVALID_ARGUMENT", "An argument has a value that cannot be used."),
    ("INVALID_DURATION", "The duration does not fit the type or profile."),
    ("DATE_OUT_OF_RANGE", "A date lies outside the years 1 to 9999."),
    ("TOO_MANY", "More was asked for at once than can be told apart."),
    ("DEVICE", "This machine does not say what is asked of it."),
    ("CONFIG", "The configuration has values or keys that cannot be used; each is named with its place."),
    ("LISTEN", "The server cannot open an address, or serve TLS on it."),
    ("NOT_CONFIRMED", "What cannot be undone was not confirmed."),
];

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Display, remedy: impl Display) -> Self {
        debug_assert!(
            CODES.iter().any(|(known, _)| *known == code)
                || Code::ALL.iter().any(|known| known.as_str() == code),
            "{code} is in no table"
        );
        Self {
            code,
            message: message.to_string(),
            remedy: remedy.to_string(),
            closed_pipe: false,
            refused: false,
            database: false,
        }
    }

    pub(crate) fn argument(message: impl Display, remedy: impl Display) -> Self {
        Self::new("INVALID_ARGUMENT", message, remedy)
    }

    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            ErrorKind::NotFound => "check the path",
            ErrorKind::PermissionDenied => "check who may read and write it",
            _ => "check the path and the disk",
        };
        Self::new("FILE", format_args!("{}: {error}", path.display()), remedy)
    }

    pub(crate) fn key_file(path: &str, error: &KeyFileError) -> Self {
        Self::new("KEY_FILE", format_args!("{path}: {error}"), "give another key file")
    }

    /// Of the database or the engine, which have tables of their own.
    fn of(code: &'static str, message: impl Display, remedy: &str) -> Self {
        let (message, remedy) = (message.to_string(), remedy.to_owned());
        Self { code, message, remedy, closed_pipe: false, refused: false, database: false }
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, as a sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Adds to what can be done about it.
    pub(crate) fn and(mut self, more: impl Display) -> Self {
        self.remedy = format!("{}; {more}", self.remedy);
        self
    }

    /// 1 when a licence refused, 2 otherwise.
    pub(crate) const fn status(&self) -> u8 {
        if self.refused { 1 } else { 2 }
    }

    /// Whether the database itself failed, so that nothing else would go better.
    pub(crate) const fn is_of_the_database(&self) -> bool {
        self.database
    }

    /// Whether it is that nobody reads any more.
    pub(crate) const fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    /// That whoever read a table has gone, as `head` does, is no failure.
    pub(crate) fn unless_closed(self) -> Result<(), Self> {
        if self.closed_pipe { Ok(()) } else { Err(self) }
    }

    pub(crate) fn print(&self, json: bool) {
        if json {
            let object = serde_json::json!({
                "error": { "code": self.code, "message": self.message, "remedy": self.remedy },
            });
            // Nobody is left to be told when this fails, too.
            let _ = output::print(format_args!("{object}\n"));
        } else {
            output::tell(format_args!("error: {}", output::printable(&self.message)));
            output::tell(format_args!("  code  {}", self.code));
            output::tell(format_args!("  help  {}", output::printable(&self.remedy)));
        }
    }
}

/// Of standard input and output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let message = format!("standard input or output: {error}");
        let failure = Self::new("FILE", message, "check the pipe, or the disk behind it");
        Self { closed_pipe: error.kind() == ErrorKind::BrokenPipe, ..failure }
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        Self::from(io::Error::from(error))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code().as_str(), &refusal, refusal.remedy())
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        let remedy = match error {
            IssueError::Field(_) => "correct the value and issue it again",
            IssueError::Date(_) => "choose a shorter duration",
            IssueError::WrongKey { .. } => {
                "`record` and `file` take RSA keys, `lk3` takes Ed25519: `keyward keys new --algorithm …`"
            }
            IssueError::PremiumHasNoEpoch => "leave out --profile",
            IssueError::DurationMissing(_) => "add --days",
            IssueError::TooManyTierKeys => "issue fewer, or use `keyward issue lk3`",
            IssueError::TooManyPoolKeys(_) => "ask for fewer keys at once",
        };
        Self::new(error.code(), &error, remedy)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        // A value that is taken, or a row of another shape, says nothing of the next one.
        let database = !matches!(error, StoreError::Conflict { .. });
        Self { database, ..Self::of(error.code(), &error, error.remedy()) }
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<MasterKeyError> for Failure {
    fn from(error: MasterKeyError) -> Self {
        Self::of(error.code(), &error, error.remedy())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Issue(error) => error.into(),
            EngineError::Refused(refusal) => refusal.into(),
            EngineError::Store(error) => error.into(),
            EngineError::NotAllowed(verdict) => {
                // Said of a licence that somebody asks about; here it is its vendor who asks.
                let message = match verdict.detail.strip_prefix("is ") {
                    Some(rest) => format!("the licence is {rest}"),
                    None => verdict.detail.clone(),
                };
                let remedy = match verdict.code {
                    Code::Suspended | Code::Revoked => "`keyward license reinstate` lets it run again",
                    _ => verdict.remedy,
                };
                Self { refused: true, ..Self::of(verdict.code.as_str(), message, remedy) }
            }
            error => {
                let refused = match &error {
                    EngineError::Archive(error) => error.is_refusal(),
                    error => matches!(error, EngineError::AlreadySo(_) | EngineError::Limit { .. }),
                };
                Self { refused, ..Self::of(error.code(), &error, error.remedy()) }
            }
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let refused = error.verdict().is_some();
        Self { refused, ..Self::of(error.code(), error.sentence(), error.remedy()) }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new("LISTEN", &error, error.remedy())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let join = |texts: Vec<String>| texts.join("; ");
        let faults = &error.faults;
        let problems = faults.iter().map(|fault| format!("{}: {}", fault.place, fault.problem)).collect();
        let remedies = faults.iter().map(|fault| fault.remedy.clone()).collect();
        Self::new("CONFIG", join(problems), join(remedies))
    }
}
