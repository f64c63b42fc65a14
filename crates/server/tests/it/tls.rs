//! TLS by certificate files. `testdata/tls` has a pair that was made once; others are made here, by OpenSSL.

mod reload;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use keyward_server::layers::Context;
use keyward_server::serve::{Listener, Stop, Tls, run};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::world::{Answer, ODD, World};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tls").join(name)
}

/// A client that believes these certificates, and takes up its older sessions where the server lets it.
fn client(trusted: &[&Path]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for file in trusted {
        let certificate = CertificateDer::from_pem_file(file).expect("a certificate");
        roots.add(certificate).expect("it can be trusted");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn connect(client: &TlsConnector, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let plain = TcpStream::connect(address).await?;
    client.connect(ServerName::try_from("localhost").expect("a name"), plain).await
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

    let mut stream = connect(&client(&[&file("tls.crt")]), address).await.expect("a handshake");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = Answer::read(&mut stream).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "true"));
    assert_eq!(answer.header("Strict-Transport-Security"), Some("max-age=31536000"));
    drop(stream);
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn browsers_are_told_to_come_by_tls_only_where_they_did() {
    use keyward_server::config::HstsAge;
    const HEADER: &str = "Strict-Transport-Security";
    let from = |proto: &str| {
        format!("GET / HTTP/1.1\r\nX-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: {proto}")
    };
    let routes = || Router::new().route("/", get(|| async { "yes" }));
    let behind = |age| {
        World::with(|server| {
            server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
            server.hsts_max_age = age;
        })
    };
    let server = behind(HstsAge(Some(std::time::Duration::from_secs(60)))).odd(routes()).await;
    assert_eq!(server.get("/").await.header(HEADER), None);
    assert_eq!(server.ask(&from("http"), "").await.header(HEADER), None);
    assert_eq!(server.ask(&from("https"), "").await.header(HEADER), Some("max-age=60"));
    // Also where nothing is found, and where the method is wrong.
    for head in ["GET /nothing HTTP/1.1", "DELETE / HTTP/1.1"] {
        let answer = server.ask(&from("https").replace("GET / HTTP/1.1", head), "").await;
        assert_eq!(answer.header(HEADER), Some("max-age=60"), "{head}: {answer:?}");
    }
    let server = behind(HstsAge(None)).odd(routes()).await;
    assert_eq!(server.ask(&from("https"), "").await.header(HEADER), None);
    // Nobody is believed who is no proxy of ours.
    let server = World::new().odd(routes()).await;
    assert_eq!(server.ask(&from("https"), "").await.header(HEADER), None);
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
