//! Tokens: what a program or a person shows to be let in, and what they may do.
//!
//! Owns the form of a token (`<kind>-<64 hexadecimal digits>`), the roles, and the table of their permissions. The
//! database keeps a digest ([`crate::vault::Vault::digest`]).

mod role;

pub use role::{Permission, Role, UnknownRole};

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// What a token stands for: its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An administrator.
    Admin,
    /// A developer.
    Developer,
    /// A sales agent.
    SalesAgent,
    /// A support agent.
    SupportAgent,
    /// A reader.
    ReadOnly,
    /// One customer's running copy of a product, without a role.
    Installation,
}

impl TokenKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Admin,
        Self::Developer,
        Self::SalesAgent,
        Self::SupportAgent,
        Self::ReadOnly,
        Self::Installation,
    ];

    /// The word in front of the token, as the protocol writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "dev",
            Self::SalesAgent => "sales",
            Self::SupportAgent => "spprt",
            Self::ReadOnly => "read",
            Self::Installation => "inst",
        }
    }
}

impl From<Role> for TokenKind {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Developer => Self::Developer,
            Role::SalesAgent => Self::SalesAgent,
            Role::SupportAgent => Self::SupportAgent,
            Role::ReadOnly => Self::ReadOnly,
        }
    }
}

/// The text of a token, wiped when dropped. It is shown once, when it is made. `Debug` shows its kind.
pub struct Token {
    kind: TokenKind,
    text: Zeroizing<String>,
}

/// A text that has not the form of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a token; a token is a word like `admin`, a hyphen and 64 hexadecimal digits")]
pub struct NotAToken;

impl NotAToken {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        "TOKEN_MALFORMED"
    }
}

impl Token {
    /// A new token of 32 random bytes.
    pub fn generate(kind: TokenKind, rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        let digits = Zeroizing::new(hex::encode(bytes.as_slice()));
        Self { kind, text: Zeroizing::new([kind.as_str(), "-", &digits].concat()) }
    }

    /// Reads a token as it was made. What has not the form need not be looked up.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let (word, digits) = text.split_once('-').ok_or(NotAToken)?;
        let kind = TokenKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(NotAToken)?;
        let sound = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if sound { Ok(Self { kind, text: Zeroizing::new(text.to_owned()) }) } else { Err(NotAToken) }
    }

    /// Its kind. Only the database says what it may do.
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The secret text: to show it once, and to look it up.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}-…)", self.kind.as_str())
    }
}
