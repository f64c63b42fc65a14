//! TLS by certificate files, which may change while they are served.

mod files;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use keyward_core::time::Timestamp;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::der::Decode as _;

use files::Mark;

/// A certificate and its key, ready to accept. Copies of it share the one that was read last.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    offered: ArcSwap<Offered>,
}

/// What new connections get.
struct Offered {
    /// As a whole: sessions of an older certificate are not taken up again with a newer one.
    acceptor: TlsAcceptor,
    ends: Timestamp,
    /// The files as they were just before they were read.
    mark: Mark,
}

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
    /// The first of them is none.
    #[error("the first certificate in {0} is damaged: {1}; write the file anew")]
    Damaged(PathBuf, #[source] x509_cert::der::Error),
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
        let offered = ArcSwap::from_pointee(Offered::read(certificate, key)?);
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Self(Arc::new(Shared { certificate, key, offered })))
    }

    /// When the certificate in use ends.
    pub fn ends(&self) -> Timestamp {
        self.0.offered.load().ends
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.0.offered.load().acceptor.clone()
    }
}

impl Offered {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let mark = Mark::of(certificate, key);
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| TlsError::Certificates(certificate.to_owned(), error))?;
        let first = chain.first().ok_or_else(|| TlsError::NoCertificate(certificate.to_owned()))?;
        let damaged = |error| TlsError::Damaged(certificate.to_owned(), error);
        let parsed = x509_cert::Certificate::from_der(first).map_err(damaged)?;
        let ends = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
        let ends = Timestamp::from_seconds(ends.try_into().unwrap_or(i64::MAX));
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::Key(key.to_owned(), error))?;
        let mismatch = |error| TlsError::Mismatch(certificate.to_owned(), error);
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(mismatch)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(mismatch)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ends, mark })
    }
}
