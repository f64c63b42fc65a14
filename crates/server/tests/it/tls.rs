//! TLS by certificate files. Certificate and key were made for these tests: `openssl req -x509 -newkey ec …`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use keyward_server::layers::Context;
use keyward_server::serve::{Listener, Stop, Tls, run};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::world::{Answer, ODD, World};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tls").join(name)
}

#[tokio::test]
async fn a_request_under_tls_is_answered_and_known_to_be_secure() {
    let world = World::new();
    let tls = Tls::read(&file("tls.crt"), &file("tls.key")).expect("both files are good");
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Some(tls)).await.unwrap();
    let address = listener.address();
    assert_eq!(listener.url(), format!("https://{address}/"));
    let routes =
        Router::new().route("/", get(|context: Context| async move { context.is_secure.to_string() }));
    let (stop, words) = Stop::channel();
    let server =
        tokio::spawn(run(vec![(listener, world.layers.around(ODD, &[], routes))], world.times, words));

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("tls.crt")).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let plain = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, plain).await.expect("a handshake");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = Answer::read(&mut stream).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "true"));
    drop(stream);
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[test]
fn files_that_do_not_serve_are_named() {
    let said =
        |certificate: &str, key: &str| Tls::read(&file(certificate), &file(key)).unwrap_err().to_string();
    assert!(said("missing.crt", "tls.key").contains("missing.crt cannot be read"));
    assert!(said("../requirements.txt", "tls.key").contains("holds no certificate"));
    assert!(said("tls.crt", "tls.crt").contains("private key in"));
    assert!(!said("tls.crt", "missing.key").contains("BEGIN"));
}
