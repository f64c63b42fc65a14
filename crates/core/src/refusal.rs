//! Why a text is not taken as a licence, before any question of dates and devices.
//!
//! Owns: [`Refusal`] (one of the codes) and [`Flaw`] (what exactly is wrong with the form). Each says what to do.

use crate::code::Code;

/// The largest licence text of any scheme, in bytes; the largest `lk2` key (64 KiB stored without compression) fits.
pub const MAX_TEXT: usize = 128 * 1024;

/// Why a text is not a licence that this verifier accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The form is wrong.
    #[error("{0}")]
    Malformed(Flaw),
    /// The form is one of a version that is not known here.
    #[error("version {0} of this kind of key is not known here")]
    UnsupportedVersion(String),
    /// The text, or what it unpacks to, is larger than any licence.
    #[error("the {what} is larger than {limit} bytes")]
    TooLarge {
        /// What is too large: `text` or `unpacked payload`.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The seal does not fit the text under any of the keys at hand.
    #[error("the seal does not fit: the text was altered, or it was made with another key")]
    BadSignature,
    /// The seal is of a strength that this verifier was told not to accept.
    #[error("this licence is sealed {found}, and such a seal is not accepted with the keys given here")]
    SealNotAccepted {
        /// How it is sealed.
        found: &'static str,
    },
    /// The seal fits, and the payload is encrypted under a secret that is not at hand.
    #[error("what the licence says is encrypted, and no secret given here opens it")]
    CannotDecrypt,
}

impl Refusal {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Malformed(_) => Code::Malformed,
            Self::UnsupportedVersion(_) => Code::UnsupportedVersion,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::BadSignature | Self::SealNotAccepted { .. } | Self::CannotDecrypt => Code::BadSignature,
        }
    }

    /// A stable name below the code, where the code alone leaves several causes.
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Malformed(flaw) => Some(flaw.reason()),
            Self::SealNotAccepted { .. } => Some("SEAL_NOT_ACCEPTED"),
            Self::CannotDecrypt => Some("CANNOT_DECRYPT"),
            Self::UnsupportedVersion(_) | Self::TooLarge { .. } | Self::BadSignature => None,
        }
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Malformed(flaw) => flaw.remedy(),
            Self::SealNotAccepted { .. } => {
                "Give the key that checks this seal: a public key of its kind for a signature, the secret alone for a MAC."
            }
            Self::CannotDecrypt => "Give the secret that it was encrypted under.",
            Self::UnsupportedVersion(_) | Self::TooLarge { .. } | Self::BadSignature => self.code().remedy(),
        }
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Self::Malformed(flaw)
    }
}

macro_rules! flaws {
    ($($name:ident $({ $($(#[$fmeta:meta])* $field:ident : $type:ty),* })? $reason:literal
        $error:literal $remedy:literal)*) => {
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        /// What exactly is wrong with the form of a text: the reasons below `MALFORMED`.
        pub enum Flaw {
            $(#[doc = $error] #[error($error)] $name $({ $($(#[$fmeta])* $field: $type),* })?,)*
        }

        impl Flaw {
            /// All reasons with their sentence and remedy, in the order of `docs/errors.md`.
            pub const TABLE: &[(&'static str, &'static str, &'static str)] = &[$(($reason, $error, $remedy),)*];

            /// The stable name of this reason.
            pub const fn reason(&self) -> &'static str {
                match self { $(Self::$name { .. } => $reason,)* }
            }

            /// What to do about it.
            pub const fn remedy(&self) -> &'static str {
                match self { $(Self::$name { .. } => $remedy,)* }
            }
        }
    };
}

flaws! {
    Empty "EMPTY"
        "there is no text" "Give the licence key, or the file that holds it."
    NotText "NOT_TEXT"
        "the bytes are not UTF-8 text" "Use the file as it was delivered; a word processor may have changed it."
    ByteOrderMark "BYTE_ORDER_MARK"
        "the text begins with a byte order mark" "Save the file as UTF-8 without a byte order mark."
    UnknownForm "UNKNOWN_FORM"
        "the text has the form of no known licence" "Check that this is a licence, whole and as delivered."
    DoublyEncoded { /** How it is wrapped. */ how: &'static str } "DOUBLY_ENCODED"
        "the text is a licence wrapped once more ({how})" "Unwrap it, and give the licence itself."
    Truncated { /** What is cut short. */ what: &'static str } "TRUNCATED"
        "the {what} is cut short" "Copy the whole licence, to its last character."
    TrailingData { /** What is followed. */ what: &'static str } "TRAILING_DATA"
        "something follows the end of the {what}" "Remove what stands after the licence."
    BadLength { /** What. */ what: &'static str, /** What it must be. */ wanted: &'static str } "BAD_LENGTH"
        "the {what} must have {wanted}" "Check for missing or doubled characters."
    BadCharacter { /** What. */ what: &'static str, /** What it may hold. */ wanted: &'static str } "BAD_CHARACTER"
        "the {what} may hold only {wanted}" "Remove spaces and other stray characters, and type it as it is printed."
    NotJson { /** Where. */ line: usize, /** Where. */ column: usize } "NOT_JSON"
        "the text is not JSON (line {line}, column {column})" "Use the file as it was delivered."
    MissingField { /** Its name. */ field: &'static str } "MISSING_FIELD"
        "the field `{field}` is missing" "Use the file as it was delivered; if it was, ask the vendor for a new one."
    WrongType { /** Its name. */ field: &'static str, /** What it must be. */ wanted: &'static str } "WRONG_TYPE"
        "the field `{field}` must be {wanted}" "Ask the vendor for a new licence: this one was made wrongly."
    BadValue { /** Its name. */ field: &'static str, /** What it must be. */ wanted: &'static str } "BAD_VALUE"
        "the field `{field}` must be {wanted}" "Ask the vendor for a new licence: this one was made wrongly."
    BadEncoding { /** What. */ what: &'static str, /** The encoding. */ encoding: &'static str } "BAD_ENCODING"
        "the {what} is not valid {encoding}" "Copy the licence again, exactly as it was delivered."
}

/// Refuses a text that is empty or larger than [`MAX_TEXT`].
pub(crate) fn check_size(text: &[u8]) -> Result<(), Refusal> {
    match text.len() {
        0 => Err(Flaw::Empty.into()),
        n if n > MAX_TEXT => Err(Refusal::TooLarge { what: "text", limit: MAX_TEXT }),
        _ => Ok(()),
    }
}
