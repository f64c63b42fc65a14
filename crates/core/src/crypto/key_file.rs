//! Key files: PEM blocks as the many programs that write them lay them out.

use zeroize::Zeroizing;

/// Why a key file cannot be used. None of them repeats what stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Not a PEM text.
    #[error("this is not a PEM file; it must hold a line -----BEGIN …-----")]
    NotPem,
    /// A PEM text that is cut short or damaged.
    #[error("this PEM file is damaged: a line is missing or altered")]
    Damaged,
    /// A PEM text of another kind.
    #[error("a PEM file of kind {found:?} is not used here; {wanted}")]
    WrongKind {
        /// The label of the file.
        found: String,
        /// What is accepted, as an advice.
        wanted: &'static str,
    },
    /// A private key under a passphrase.
    #[error(
        "this private key is encrypted; decrypt it first, with `openssl pkey -in encrypted.pem -out plain.pem`"
    )]
    Encrypted,
    /// Of the right kind, but not readable.
    #[error("the key in this file is damaged, or of an algorithm other than RSA and Ed25519")]
    Unreadable,
    /// An RSA key too small (or too large) for what it is to do.
    #[error("an RSA key of {bits} bits cannot be used for this; {wanted}")]
    Size {
        /// The size of its modulus.
        bits: usize,
        /// What is accepted, as an advice.
        wanted: &'static str,
    },
}

/// One block of a PEM file. It may be a private key: it is wiped when dropped.
pub struct PemBlock {
    /// `PUBLIC KEY`, `RSA PRIVATE KEY`, …
    pub label: String,
    /// What stands in it, as DER.
    pub der: Zeroizing<Vec<u8>>,
}

/// The first block of a PEM text whose label `accepts`. Line lengths, indentation and blank lines are free, other blocks
/// and text around them are passed over.
///
/// # Errors
/// When there is none: not PEM, damaged, encrypted, or of another kind.
pub fn pem_block(
    text: &str,
    wanted: &'static str,
    accepts: impl Fn(&str) -> bool,
) -> Result<PemBlock, KeyFileError> {
    if !text.contains("-----BEGIN ") {
        return Err(KeyFileError::NotPem);
    }
    let tidy = Zeroizing::new(text.lines().map(str::trim).collect::<Vec<_>>().join("\n"));
    let blocks = pem::parse_many(tidy.as_bytes()).map_err(|_| KeyFileError::Damaged)?;
    let mut other = None;
    for block in blocks {
        let label = block.tag().to_owned();
        let encrypted = label == "ENCRYPTED PRIVATE KEY" || block.headers().get("Proc-Type").is_some();
        let der = Zeroizing::new(block.into_contents());
        if encrypted {
            other.get_or_insert(KeyFileError::Encrypted);
        } else if accepts(&label) {
            return Ok(PemBlock { label, der });
        } else {
            other.get_or_insert(KeyFileError::WrongKind { found: label, wanted });
        }
    }
    Err(other.unwrap_or(KeyFileError::Damaged))
}
