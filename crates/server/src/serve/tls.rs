//! TLS by certificate files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key, ready to accept.
#[derive(Clone)]
pub struct Tls(pub(super) TlsAcceptor);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(…)")
    }
}

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file with the chain.
    #[error(
        "the certificates in {0} cannot be read: {1}; write a PEM file with the chain, the server's own first"
    )]
    Certificates(PathBuf, #[source] pem::Error),
    /// There are none in it.
    #[error("{0} holds no certificate; write a PEM file with the chain, the server's own first")]
    NoCertificate(PathBuf),
    /// The file with the key. The cause is told without its text.
    #[error(
        "the private key in {0} cannot be read; write a PEM file with a key in PKCS#8, PKCS#1 or SEC1 form, not encrypted"
    )]
    Key(PathBuf, #[source] pem::Error),
    /// Both are read and do not fit.
    #[error(
        "the certificate in {0} and the key do not fit together: {1}; give the key that the certificate was made for"
    )]
    Mismatch(PathBuf, #[source] tokio_rustls::rustls::Error),
}

impl Tls {
    /// Reads both files.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| TlsError::Certificates(certificate.to_owned(), error))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(certificate.to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::Key(key.to_owned(), error))?;
        let mismatch = |error| TlsError::Mismatch(certificate.to_owned(), error);
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(mismatch)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(mismatch)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}
