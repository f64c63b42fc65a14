//! What a server said, and the conversation in which it did.

use std::time::Duration;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use serde_json::{Map, Value};

use super::address::Address;
use super::failure::Failure;
use super::http::{self, Request};
use super::stream::Way;
use super::{Dialect, Server};

/// The longest sentence of a server that is shown, in bytes.
const MAX_SENTENCE: usize = 300;

/// A yes or a clear no.
pub(super) enum Said {
    Yes(Grant),
    No {
        code: Code,
        sentence: String,
        /// The end of the licence, where it was told.
        end: Option<Timestamp>,
    },
}

/// What a yes grants.
#[derive(Default)]
pub(super) struct Grant {
    pub(super) tier: Option<String>,
    pub(super) holder: Option<String>,
    pub(super) features: Vec<String>,
    pub(super) end: Option<Timestamp>,
    /// Days after the end in which everything still works.
    pub(super) grace_days: i64,
    /// In seconds.
    pub(super) lease: Option<i64>,
}

impl Said {
    pub(super) fn no(code: Code, sentence: impl Into<String>) -> Self {
        Self::No { code, sentence: sentence.into(), end: None }
    }
}

/// When a server answered.
#[derive(Clone, Copy)]
pub(super) struct Heard {
    /// By its own clock.
    pub(super) at: Timestamp,
    /// Whether it has proved who it is.
    pub(super) verified: bool,
}

/// A conversation with a server.
pub(super) struct Talk<'a> {
    server: &'a Server,
    address: &'a Address,
    /// What must not come back in a sentence.
    secrets: Vec<&'a str>,
    pub(super) heard: Option<Heard>,
}

impl<'a> Talk<'a> {
    /// `secrets` are key and device.
    pub(super) fn with(server: &'a Server, secrets: &[&'a str]) -> Result<Self, Failure> {
        let address = server.address.as_ref().map_err(|why| Failure::answer(why))?;
        let mut secrets = secrets.to_vec();
        if let Dialect::Installation(token) = &server.dialect {
            secrets.push(token);
        }
        Ok(Self { server, address, secrets, heard: None })
    }

    /// One request. What comes back is a JSON object with a status that is the interface's own affair.
    pub(super) fn ask(
        &mut self,
        method: &'static str,
        path: String,
        body: Option<Value>,
        idempotency_key: Option<&str>,
    ) -> Result<Reply, Failure> {
        let token = match &self.server.dialect {
            Dialect::Installation(token) => Some(token.as_str()),
            Dialect::Pool | Dialect::Tier => None,
        };
        let request = Request { method, path, token, idempotency_key, body };
        let proxy = self.server.proxies.of(self.address).map_err(|why| Failure::Proxy(why.to_owned()))?;
        let way = Way { address: self.address, proxy: proxy.as_ref(), timeout: self.server.timeout };
        let answer = http::ask(&way, &self.server.roots, &request)?;
        let wait = answer.retry_after;
        match answer.status {
            429 => return Err(Failure::Busy { wait }),
            300..=399 => return Err(Failure::answer("it leads to another address")),
            500.. => return Err(Failure::Failed { status: answer.status, wait }),
            _ => {}
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&answer.body) else {
            return Err(Failure::answer("it is no JSON object"));
        };
        self.heard = answer.date.map(|at| Heard { at, verified: self.address.secure });
        Ok(Reply { status: answer.status, body })
    }

    /// A sentence of the server, when it can be shown.
    pub(super) fn sentence(&self, text: Option<&str>, code: Code) -> String {
        let shown = text.map(str::trim).filter(|text| {
            let lower = text.to_ascii_lowercase();
            let tells = |secret: &&str| !secret.is_empty() && lower.contains(&secret.to_ascii_lowercase());
            !text.is_empty()
                && text.len() <= MAX_SENTENCE
                && !text.chars().any(char::is_control)
                && !self.secrets.iter().any(tells)
        });
        shown.map_or_else(|| code.sentence().trim_end_matches('.').to_owned(), str::to_owned)
    }
}

/// What was answered: fields are there in the right type, or the answer is none.
pub(super) struct Reply {
    pub(super) status: u16,
    body: Map<String, Value>,
}

impl Reply {
    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Failure> {
        self.body.get(name).and_then(Value::as_str).ok_or_else(|| missing(name))
    }

    /// A text that may be missing or null.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(missing(name)),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, Failure> {
        self.body.get(name).and_then(Value::as_bool).ok_or_else(|| missing(name))
    }

    pub(super) fn number(&self, name: &str) -> Result<i64, Failure> {
        self.body.get(name).and_then(Value::as_i64).ok_or_else(|| missing(name))
    }

    /// A number that must be there, or null.
    pub(super) fn number_or_null(&self, name: &str) -> Result<Option<i64>, Failure> {
        match self.body.get(name) {
            Some(Value::Null) => Ok(None),
            _ => self.number(name).map(Some),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.body.contains_key(name)
    }

    pub(super) fn list(&self, name: &str) -> Result<&[Value], Failure> {
        self.body.get(name).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| missing(name))
    }

    /// The part of the answer with this name, for the same careful reading.
    pub(super) fn part(value: &Value) -> Result<Self, Failure> {
        let body = value.as_object().cloned().ok_or_else(|| Failure::answer("a part of it is no object"))?;
        Ok(Self { status: 200, body })
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        let texts = self.list(name)?.iter().map(|text| text.as_str().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or_else(|| missing(name))
    }

    /// How long the device may run on it, where the policy says so.
    pub(super) fn lease(&self) -> Result<Option<i64>, Failure> {
        match self.body.get("offlineLease") {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.number("offlineLease").map(|seconds| Some(seconds.max(0))),
        }
    }

    /// A code of ours, under whichever name the interface has for it.
    pub(super) fn code(&self, name: &str) -> Option<Code> {
        let text = self.body.get(name)?.as_str()?;
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// An answer with a status that says nothing, or with one that does not go with it.
    pub(super) fn unexpected<T>(&self) -> Result<T, Failure> {
        Err(Failure::Answer(format!("it has the status {} and no reason that is known", self.status)))
    }
}

fn missing(name: &str) -> Failure {
    Failure::Answer(format!("it lacks a proper {name:?}"))
}

/// Seconds, as micros of a lease: what is longer than the calendar never ends.
pub(super) fn micros(lease: Duration) -> i64 {
    i64::try_from(lease.as_micros()).unwrap_or(i64::MAX)
}
