//! Why a server gave no answer that counts. None of these takes a yes back.

use std::time::Duration;

use crate::error::ClientError;

pub(super) const TOKEN_REMEDY: &str =
    "Give the application a token of the installation: `keyward token create --installation NAME`.";

pub(super) const PROXY_REMEDY: &str = "Check the proxy of this network: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, or what the application says.";

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody answers there, or the connection broke.
    Unreachable {
        /// Whether the server may have got the request.
        sent: bool,
        why: String,
    },
    /// It took too long.
    Timeout { sent: bool },
    /// The proxy in between does not let it through.
    Proxy(String),
    /// It cannot prove to be who it should be.
    Certificate(String),
    /// What it answered is none of the answers that there are.
    Answer(String),
    /// It asks to wait.
    Busy { wait: Option<Duration> },
    /// It says that it is broken, with this status.
    Failed { status: u16, wait: Option<Duration> },
    /// It does not know the token.
    Token,
}

impl Failure {
    /// An answer that is none.
    pub(super) fn answer(why: &str) -> Self {
        Self::Answer(why.to_owned())
    }

    /// Whether the server may have done what it was asked for.
    pub(super) const fn may_be_done(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } | Self::Timeout { sent } => *sent,
            Self::Answer(_) | Self::Failed { .. } => true,
            Self::Proxy(_) | Self::Certificate(_) | Self::Busy { .. } | Self::Token => false,
        }
    }

    /// After how long the server wants to be asked again.
    pub(super) const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait } | Self::Failed { wait, .. } => *wait,
            _ => None,
        }
    }

    /// With code, sentence, remedy and link.
    pub(super) fn into_error(self, help: &str) -> ClientError {
        let wait = self.wait();
        let (code, sentence, remedy) = match self {
            Self::Unreachable { why, .. } => (
                "SERVER_UNREACHABLE",
                format!("the licence server cannot be reached: {why}"),
                "Check the network connection, and try again.",
            ),
            Self::Timeout { .. } => (
                "SERVER_TIMEOUT",
                "the licence server does not answer in time".to_owned(),
                "Try again in a while.",
            ),
            Self::Proxy(why) => {
                ("SERVER_PROXY", format!("the proxy lets nothing through: {why}"), PROXY_REMEDY)
            }
            Self::Certificate(why) => (
                "SERVER_CERTIFICATE",
                format!("the licence server does not prove who it is: {why}"),
                "Check the date of this computer and the network it is in; if both are right, tell the vendor.",
            ),
            Self::Answer(why) => (
                "SERVER_ANSWER",
                format!("the licence server's answer makes no sense: {why}"),
                "Check that this network lets the application through (a sign-in page may be in between); else tell the \
                 vendor.",
            ),
            Self::Busy { wait } => {
                let after = wait.map(|wait| format!(" for {} seconds", wait.as_secs())).unwrap_or_default();
                let sentence = format!("the licence server asks to wait{after}");
                ("SERVER_BUSY", sentence, "Try again then.")
            }
            Self::Failed { status, .. } => (
                "SERVER_FAILED",
                format!("the licence server has a problem (it answered {status})"),
                "Try again in a while; if it stays so, tell the vendor.",
            ),
            Self::Token => (
                "SERVER_TOKEN",
                "the licence server does not accept the application's token".to_owned(),
                TOKEN_REMEDY,
            ),
        };
        ClientError::other(code, sentence, remedy, help).after(wait)
    }
}
