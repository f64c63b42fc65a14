//! The types of single values that only the configuration has.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;
use tracing_subscriber::filter::Targets;

/// A number of bytes, at most what fits into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub usize);

/// For how long browsers are told to come by TLS alone; `None` where they are told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HstsAge(pub Option<Duration>);

impl HstsAge {
    /// As a header's value.
    pub fn header(self) -> Option<HeaderValue> {
        // Other hosts below this one are nobody's business here: no `includeSubDomains`.
        HeaderValue::from_str(&format!("max-age={}", self.0?.as_secs())).ok()
    }
}

/// An origin as browsers send it: scheme, host and port, nothing behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// Takes `https://app.example.com`, with or without a port.
    pub fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        // A browser never sends upper case, a path, credentials or a wildcard here: such an entry would match nothing.
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._:[]".contains(c);
        if host.is_empty() || !host.chars().all(fits) {
            return None;
        }
        HeaderValue::from_str(text).ok().map(Self)
    }

    /// As a header's value.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// What is logged: a level, or a level and others for single parts.
#[derive(Clone, Debug)]
pub struct LogLevel {
    text: String,
    targets: Targets,
}

impl LogLevel {
    /// Takes `info`, or `info,keyward_server=debug`.
    pub fn parse(text: &str) -> Option<Self> {
        let known = ["off", "error", "warn", "info", "debug", "trace"];
        let levels = text.split(',').map(|part| part.rsplit('=').next().unwrap_or(part));
        if !levels.map(str::trim).all(|level| known.contains(&level)) {
            return None;
        }
        Targets::from_str(text).ok().map(|targets| Self { text: text.to_owned(), targets })
    }

    /// As the filter of a subscriber.
    pub fn targets(&self) -> Targets {
        self.targets.clone()
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for LogLevel {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident $word:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$word_doc])* $variant,)* }

        impl $name {
            /// Each with its word.
            pub const ALL: &[(Self, &str)] = &[$((Self::$variant, $word),)*];

            /// Its word in the configuration.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

choice! {
    /// How log lines look.
    LogFormat {
        /// For people.
        Text "text"
        /// For machines: one JSON object a line.
        Json "json"
    }
}

choice! {
    /// Who may read `/metrics`.
    MetricsAccess {
        /// Callers on this computer, and whoever has a token.
        Loopback "loopback"
        /// Only whoever has a token.
        Token "token"
        /// Nobody.
        Off "off"
    }
}

choice! {
    /// Who may read the statistics of the pool.
    StatsAccess {
        /// Everybody, as system B's document has it.
        Public "public"
        /// Only whoever has a token.
        Token "token"
    }
}

choice! {
    /// How much is kept of attempts to validate.
    Verifications {
        /// Sums by licence, result and minute; failures in full.
        Summary "summary"
        /// Every attempt in full.
        Full "full"
        /// Every failure in full; good ones are only counted by policy and hour.
        Failures "failures"
    }
}
