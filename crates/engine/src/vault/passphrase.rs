//! Keys under a passphrase, as a text to keep in a safe: Argon2id (RFC 9106) and AES-256-GCM in a PEM block.
//!
//! The block holds a format byte, memory (KiB), passes and lanes of Argon2id as four bytes each, a salt of 16 bytes, the
//! kind of key with its length in front, and the nonce with the sealed key. All before the nonce is authenticated.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use keyward_core::crypto::{KeyFileError, pem_block};
use pkcs8::der::pem::{self, LineEnding};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::gcm::{Context, Gcm};

const LABEL: &str = "KEYWARD SEALED KEY";
const FORMAT: u8 = 1;
/// The shortest passphrase, in characters.
pub const MIN_LENGTH: usize = 10;
/// The second recommendation of RFC 9106 section 4: 64 MiB, three passes, four lanes.
const COST: Cost = Cost { memory: 64 * 1024, passes: 3, lanes: 4 };
/// What a file may ask for: a quarter of a GiB and a few seconds.
const MAX_COST: Cost = Cost { memory: 256 * 1024, passes: 10, lanes: 16 };
const MAX_KIND: usize = 64;

/// What was sealed. `Debug` shows its kind.
pub struct Opened {
    /// What kind of key it is, in the words of the one who sealed it.
    pub kind: String,
    /// The key.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({})", self.kind)
    }
}

/// Why a key was not sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Too easy to guess.
    #[error("the passphrase has {0} characters, and needs {MIN_LENGTH}")]
    TooShort(usize),
    /// The kind has no text, or too much.
    #[error("the kind of key must have 1 to {MAX_KIND} bytes")]
    Kind,
    /// Not a sealed key.
    #[error("{0}")]
    File(#[from] KeyFileError),
    /// Cut short or of an unknown form.
    #[error("this sealed key is cut short, or of a form that this program does not know")]
    Malformed,
    /// It asks for more than opening a key may take.
    #[error("this sealed key asks for more memory or time than any made by this program")]
    TooCostly,
    /// The passphrase does not fit, or the text was altered: neither can be told from the other.
    #[error("the passphrase is wrong, or the sealed key was altered")]
    Wrong,
    /// The system has not enough memory.
    #[error("there is not enough memory to open or seal a key under a passphrase")]
    Memory,
}

impl PassphraseError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "PASSPHRASE_TOO_SHORT",
            Self::Kind => "INVALID_ARGUMENT",
            Self::File(_) | Self::Malformed => "SEALED_KEY_MALFORMED",
            Self::TooCostly => "SEALED_KEY_TOO_COSTLY",
            Self::Wrong => "PASSPHRASE_WRONG",
            Self::Memory => "OUT_OF_MEMORY",
        }
    }

    /// What can be done about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "choose a longer passphrase",
            Self::Kind => "correct the value and try again",
            Self::File(_) | Self::Malformed => "take another copy of the sealed key",
            Self::TooCostly => "it was not made by Keyward; take another copy of the sealed key",
            Self::Wrong => "give the passphrase that it was sealed with, or take another copy",
            Self::Memory => "free memory, or do it on a larger machine",
        }
    }
}

/// Seals a key; the text ends with a newline. It takes a tenth of a second and 64 MiB, as opening it does.
///
/// # Errors
/// When the passphrase is too short.
pub fn seal(
    passphrase: &str,
    kind: &str,
    bytes: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<String, PassphraseError> {
    let length = passphrase.chars().count();
    if length < MIN_LENGTH {
        return Err(PassphraseError::TooShort(length));
    }
    let kind_length =
        u8::try_from(kind.len()).ok().filter(|length| (1..=MAX_KIND).contains(&(*length).into()));
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let mut block = vec![FORMAT];
    for cost in [COST.memory, COST.passes, COST.lanes] {
        block.extend(cost.to_be_bytes());
    }
    block.extend(salt);
    block.push(kind_length.ok_or(PassphraseError::Kind)?);
    block.extend(kind.as_bytes());
    let sealed = COST.key(passphrase, &salt)?.seal(&context(&block), bytes, rng);
    block.extend(sealed);
    Ok(pem::encode_string(LABEL, LineEnding::LF, &block).expect("bytes can be written as PEM"))
}

/// Opens a sealed key.
///
/// # Errors
/// When the text is no sealed key, asks for too much, or the passphrase is wrong.
pub fn open(passphrase: &str, text: &str) -> Result<Opened, PassphraseError> {
    let block = pem_block(text, "give a sealed key (KEYWARD SEALED KEY)", |label| label == LABEL)?.der;
    let Block { cost, salt, kind, head, sealed } = Block::read(&block).ok_or(PassphraseError::Malformed)?;
    if !cost.is_within(&MAX_COST) {
        return Err(PassphraseError::TooCostly);
    }
    let bytes = cost.key(passphrase, salt)?.open(&context(head), sealed).ok_or(PassphraseError::Wrong)?;
    let kind = String::from_utf8(kind.to_vec()).map_err(|_| PassphraseError::Malformed)?;
    Ok(Opened { kind, bytes })
}

fn context(head: &[u8]) -> Context {
    Context::of("keyward/passphrase", &[head])
}

/// The parts of a block.
struct Block<'a> {
    cost: Cost,
    salt: &'a [u8; 16],
    kind: &'a [u8],
    /// All before the nonce.
    head: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Block<'a> {
    fn read(block: &'a [u8]) -> Option<Self> {
        let rest = block.strip_prefix(&[FORMAT])?;
        let (memory, rest) = rest.split_first_chunk()?;
        let (passes, rest) = rest.split_first_chunk()?;
        let (lanes, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let (kind, sealed) = rest.split_at_checked(usize::from(*length))?;
        let [memory, passes, lanes] = [memory, passes, lanes].map(|cost| u32::from_be_bytes(*cost));
        let head = &block[..block.len() - sealed.len()];
        Some(Self { cost: Cost { memory, passes, lanes }, salt, kind, head, sealed })
    }
}

/// The parameters of Argon2id.
struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    const fn is_within(&self, most: &Self) -> bool {
        self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes
    }

    fn key(&self, passphrase: &str, salt: &[u8]) -> Result<Gcm, PassphraseError> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(32))
            .map_err(|_| PassphraseError::Malformed)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
            .map_err(|error| match error {
                argon2::Error::OutOfMemory => PassphraseError::Memory,
                _ => PassphraseError::Malformed,
            })?;
        Ok(Gcm::new(&key))
    }
}
