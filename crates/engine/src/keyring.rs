//! Private keys: made, read from files, and used to sign. Nothing else in Keyward holds one.

mod file;
pub mod public_sample;

pub use file::{read_key, read_public};

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use keyward_core::crypto::{Algorithm, KeyFileError, PublicKey};
use pkcs8::der::pem::{self, LineEnding};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::crypto::AwsLc;

/// How stored keys name a shared secret.
pub(crate) const HMAC: &str = "hmac";

/// RSA keys below this size may verify what they once signed, and sign nothing more.
pub const MIN_SIGNING_RSA_BITS: usize = 2048;

/// The size of a new RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits, as system D's applications expect.
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

/// A private key. `Debug` shows its kind and id.
pub struct SigningKey {
    kind: Kind,
    public: PublicKey,
}

enum Kind {
    Ed25519(Ed25519KeyPair),
    Rsa(Box<rsa::KeyPair>),
}

impl SigningKey {
    /// A new Ed25519 key from the caller's generator.
    pub fn generate_ed25519(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("any 32 bytes are a seed");
        Self::from_ed25519(pair).expect("the public key of a seed is a point of the curve")
    }

    /// A new RSA key. AWS-LC searches the primes with a generator of its own, which cannot be handed in.
    pub fn generate_rsa(size: RsaSize) -> Self {
        let size = match size {
            RsaSize::Bits2048 => KeySize::Rsa2048,
            RsaSize::Bits3072 => KeySize::Rsa3072,
            RsaSize::Bits4096 => KeySize::Rsa4096,
        };
        let pair = rsa::KeyPair::generate(size).expect("the system gives randomness");
        Self::from_rsa(pair).expect("a new key is sound")
    }

    fn from_ed25519(pair: Ed25519KeyPair) -> Result<Self, KeyFileError> {
        let public: &[u8; 32] =
            pair.public_key().as_ref().try_into().map_err(|_| KeyFileError::Unreadable)?;
        let public = PublicKey::ed25519(public, &AwsLc)?;
        Ok(Self { kind: Kind::Ed25519(pair), public })
    }

    fn from_rsa(pair: rsa::KeyPair) -> Result<Self, KeyFileError> {
        let public = PublicKey::rsa(pair.public_key().as_ref(), &AwsLc)?;
        if public.bits() < MIN_SIGNING_RSA_BITS {
            return Err(KeyFileError::Size { bits: public.bits(), wanted: file::TOO_SMALL_TO_SIGN });
        }
        Ok(Self { kind: Kind::Rsa(Box::new(pair)), public })
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// Its public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature of a message. Both algorithms are deterministic: the same message has the same signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.kind {
            Kind::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Kind::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .expect("a key of 2048 bits or more signs any message");
                signature
            }
        }
    }

    /// The key as a PKCS#8 PEM file. It is secret: write it where only its owner can read it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let der = match &self.kind {
            Kind::Ed25519(pair) => pair.to_pkcs8v1().map(|d| Zeroizing::new(d.as_ref().to_vec())),
            Kind::Rsa(pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(&**pair).map(|d| Zeroizing::new(d.as_ref().to_vec()))
            }
        };
        let der = der.expect("a private key can be encoded");
        let text =
            pem::encode_string("PRIVATE KEY", LineEnding::LF, &der).expect("DER can be written as PEM");
        Zeroizing::new(text)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, {})", self.algorithm(), self.public.id())
    }
}
