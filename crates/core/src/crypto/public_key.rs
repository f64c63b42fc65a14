//! Public keys.

use std::fmt;
use std::sync::Arc;

use rsa::pkcs1::der::{Decode as _, Encode as _, asn1::ObjectIdentifier};
use rsa::pkcs8::SubjectPublicKeyInfoRef;
use rsa::pkcs8::der::pem;

use super::{Algorithm, KeyFileError, KeyId, Provider, SignatureCheck, pem_block};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key, ready to check signatures. `Debug` shows its id.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    id: KeyId,
    bits: usize,
    /// Ed25519: the 32 bytes. RSA: PKCS#1 DER.
    bytes: Arc<[u8]>,
    check: Arc<dyn SignatureCheck>,
}

impl PublicKey {
    /// Reads a PEM file: SPKI (`PUBLIC KEY`) of RSA or Ed25519, or PKCS#1 (`RSA PUBLIC KEY`).
    pub fn from_pem(text: &str, provider: &dyn Provider) -> Result<Self, KeyFileError> {
        let wanted = "give a public key (PUBLIC KEY or RSA PUBLIC KEY)";
        let block = pem_block(text, wanted, |label| matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY"))?;
        match block.label.as_str() {
            "PUBLIC KEY" => Self::from_spki(&block.der, provider),
            _ => Self::rsa(&block.der, provider),
        }
    }

    fn from_spki(der: &[u8], provider: &dyn Provider) -> Result<Self, KeyFileError> {
        let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyFileError::Unreadable)?;
        let key = spki.subject_public_key.as_bytes().ok_or(KeyFileError::Unreadable)?;
        match spki.algorithm.oid {
            RSA_ENCRYPTION => Self::rsa(key, provider),
            ED25519 => Self::ed25519(key.try_into().map_err(|_| KeyFileError::Unreadable)?, provider),
            _ => Err(KeyFileError::Unreadable),
        }
    }

    /// An RSA key from its PKCS#1 DER.
    pub fn rsa(pkcs1_der: &[u8], provider: &dyn Provider) -> Result<Self, KeyFileError> {
        let key = rsa::pkcs1::RsaPublicKey::from_der(pkcs1_der).map_err(|_| KeyFileError::Unreadable)?;
        let modulus = key.modulus.as_bytes();
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |b| b.leading_zeros() as usize);
        let check = provider.rsa(pkcs1_der).ok_or(KeyFileError::Size {
            bits,
            wanted: "this program checks RSA signatures of 1024 to 8192 bits",
        })?;
        Ok(Self {
            algorithm: Algorithm::RsaPkcs1Sha256,
            id: KeyId::of(pkcs1_der),
            bits,
            bytes: pkcs1_der.into(),
            check,
        })
    }

    /// An Ed25519 key from its 32 bytes.
    pub fn ed25519(key: &[u8; 32], provider: &dyn Provider) -> Result<Self, KeyFileError> {
        let check = provider.ed25519(key).ok_or(KeyFileError::Unreadable)?;
        Ok(Self {
            algorithm: Algorithm::Ed25519,
            id: KeyId::of(key),
            bits: 256,
            bytes: key.as_slice().into(),
            check,
        })
    }

    /// Which signatures it checks.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The size of the RSA modulus; 256 for Ed25519.
    pub const fn bits(&self) -> usize {
        self.bits
    }

    /// The 32 bytes of an Ed25519 key.
    pub fn ed25519_bytes(&self) -> Option<[u8; 32]> {
        match self.algorithm {
            Algorithm::Ed25519 => self.bytes[..].try_into().ok(),
            Algorithm::RsaPkcs1Sha256 => None,
        }
    }

    /// Whether `signature` is one over `message` by this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.check.verify(message, signature)
    }

    /// The key as an SPKI PEM file (RFC 8410, RFC 5280), the form that other programs read.
    pub fn to_pem(&self) -> String {
        use rsa::pkcs8::der::asn1::{BitStringRef, Null};
        use rsa::pkcs8::{AlgorithmIdentifierRef, der::AnyRef, der::pem::LineEnding};
        let algorithm = match self.algorithm {
            Algorithm::RsaPkcs1Sha256 => {
                AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::from(Null)) }
            }
            Algorithm::Ed25519 => AlgorithmIdentifierRef { oid: ED25519, parameters: None },
        };
        let spki = SubjectPublicKeyInfoRef {
            algorithm,
            subject_public_key: BitStringRef::from_bytes(&self.bytes).expect("a key fits a bit string"),
        };
        let der = spki.to_der().expect("a public key can be encoded");
        pem::encode_string("PUBLIC KEY", LineEnding::LF, &der).expect("DER can be written as PEM")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?}, {})", self.algorithm, self.id)
    }
}
