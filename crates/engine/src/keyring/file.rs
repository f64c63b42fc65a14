//! Key files: PEM with PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`), SPKI and PKCS#1 public keys.

use aws_lc_rs::rsa;
use aws_lc_rs::signature::Ed25519KeyPair;
use keyward_core::crypto::{KeyFileError, PemBlock, PublicKey, pem_block};
use pkcs1::RsaPrivateKey;
use pkcs8::PrivateKeyInfo;
use pkcs8::der::asn1::ObjectIdentifier;
use pkcs8::der::{Decode as _, Encode as _};

use super::SigningKey;
use crate::crypto::AwsLc;

pub(super) const TOO_SMALL_TO_SIGN: &str =
    "keys below 2048 bits may verify old licences but not sign: make a new key with `keyward keys new`";
const PRIVATE: &str = "give a private key (PRIVATE KEY or RSA PRIVATE KEY)";
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Reads a private key that may sign.
///
/// # Errors
/// When the file is no private key, is encrypted, or holds an RSA key below 2048 bits.
pub fn read_key(text: &str) -> Result<SigningKey, KeyFileError> {
    let block = pem_block(text, PRIVATE, |label| label.ends_with("PRIVATE KEY"))?;
    match Private::of(&block)? {
        Private::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&block.der)
                .map_err(|_| KeyFileError::Unreadable)?;
            SigningKey::from_ed25519(pair)
        }
        Private::Rsa(pkcs1) => {
            // AWS-LC does not load small keys at all, so their size is asked before.
            let public = rsa_public(pkcs1)?;
            if public.bits() < super::MIN_SIGNING_RSA_BITS {
                return Err(KeyFileError::Size { bits: public.bits(), wanted: TOO_SMALL_TO_SIGN });
            }
            SigningKey::from_rsa(rsa::KeyPair::from_der(pkcs1).map_err(|_| KeyFileError::Unreadable)?)
        }
    }
}

/// Reads the public half of any key file, public or private, also of RSA keys too small to sign.
///
/// # Errors
/// When the file is no key, or an encrypted one.
pub fn read_public(text: &str) -> Result<PublicKey, KeyFileError> {
    let block = pem_block(text, "give a key of RSA or Ed25519", |label| label.ends_with("KEY"))?;
    if block.label.ends_with("PUBLIC KEY") {
        return PublicKey::from_pem(text, &AwsLc);
    }
    match Private::of(&block)? {
        Private::Ed25519 => read_key(text).map(|key| key.public().clone()),
        Private::Rsa(pkcs1) => rsa_public(pkcs1),
    }
}

enum Private<'a> {
    Ed25519,
    Rsa(&'a [u8]),
}

impl<'a> Private<'a> {
    fn of(block: &'a PemBlock) -> Result<Self, KeyFileError> {
        match block.label.as_str() {
            "RSA PRIVATE KEY" => Ok(Self::Rsa(&block.der)),
            "PRIVATE KEY" => {
                let info = PrivateKeyInfo::from_der(&block.der).map_err(|_| KeyFileError::Unreadable)?;
                match info.algorithm.oid {
                    RSA_ENCRYPTION => Ok(Self::Rsa(info.private_key)),
                    ED25519 => Ok(Self::Ed25519),
                    _ => Err(KeyFileError::Unreadable),
                }
            }
            other => Err(KeyFileError::WrongKind { found: other.to_owned(), wanted: PRIVATE }),
        }
    }
}

fn rsa_public(pkcs1_private: &[u8]) -> Result<PublicKey, KeyFileError> {
    let key = RsaPrivateKey::from_der(pkcs1_private).map_err(|_| KeyFileError::Unreadable)?;
    let der = key.public_key().to_der().map_err(|_| KeyFileError::Unreadable)?;
    PublicKey::rsa(&der, &AwsLc)
}
