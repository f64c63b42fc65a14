//! A server that does what the test says, connection by connection.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// What it does with a request.
#[derive(Clone)]
pub(super) enum Act {
    /// Answers these bytes and closes.
    Say(Vec<u8>),
    /// Says these bytes over and over, one each 20 ms.
    Drip(Vec<u8>),
    /// Says these bytes until nobody listens.
    Flood(Vec<u8>),
    /// Takes the request and says nothing.
    Silent,
    /// Answers these bytes once the test says so.
    Wait(Vec<u8>),
}

/// A server; it ends with the test.
pub(super) struct Fake {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    acts: Arc<Mutex<Vec<Act>>>,
    pub(super) go: Sender<()>,
}

impl Fake {
    /// Plain HTTP. The acts are for one connection each, the last for all that follow.
    pub(super) fn new(acts: Vec<Act>) -> Self {
        Self::listen("127.0.0.1", acts, None)
    }

    /// Under TLS, with the certificate of the tests.
    pub(super) fn tls(acts: Vec<Act>) -> Self {
        Self::listen("127.0.0.1", acts, Some("tls.crt"))
    }

    /// With a certificate under TLS, else without.
    pub(super) fn listen(host: &str, acts: Vec<Act>, tls: Option<&'static str>) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (go, wait) = channel();
        let asked = Arc::default();
        let acts = Arc::new(Mutex::new(acts));
        let wait = Arc::new(Mutex::new(wait));
        let (seen, doing) = (Arc::clone(&asked), Arc::clone(&acts));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, doing, wait) = (Arc::clone(&seen), Arc::clone(&doing), Arc::clone(&wait));
                std::thread::spawn(move || {
                    if let Some(certificate) = tls {
                        let session = ServerConnection::new(server(certificate)).expect("a session");
                        serve(StreamOwned::new(session, stream), &seen, &doing, &wait);
                    } else {
                        serve(stream, &seen, &doing, &wait);
                    }
                });
            }
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        Self { url: format!("{scheme}://{host}:{port}"), asked, acts, go }
    }

    /// From now on.
    pub(super) fn acts(&self, acts: Vec<Act>) {
        *self.acts.lock().expect("no test panicked") = acts;
    }

    /// The requests so far, whole.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked").clone()
    }
}

fn serve(
    mut stream: impl Read + Write,
    seen: &Mutex<Vec<String>>,
    acts: &Mutex<Vec<Act>>,
    wait: &Mutex<Receiver<()>>,
) {
    let Some(request) = read(&mut stream) else { return };
    seen.lock().expect("no test panicked").push(request);
    let act = {
        let mut acts = acts.lock().expect("no test panicked");
        if acts.len() > 1 { acts.remove(0) } else { acts[0].clone() }
    };
    // Whoever asked may have lost patience.
    let mut say = |bytes: &[u8]| stream.write_all(bytes).and_then(|()| stream.flush());
    match act {
        Act::Say(bytes) => drop(say(&bytes)),
        Act::Drip(bytes) => while bytes.iter().all(|byte| say(&[*byte]).map(|()| sleep(20)).is_ok()) {},
        Act::Flood(bytes) => while say(&bytes).is_ok() {},
        Act::Silent => sleep(30_000),
        Act::Wait(bytes) => {
            let _ = wait.lock().expect("no test panicked").recv();
            drop(say(&bytes));
        }
    }
}

fn sleep(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Head and body, by its length.
fn read(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap_or(0))];
    stream.read_exact(&mut body).ok()?;
    Some(head + std::str::from_utf8(&body).ok()?)
}

pub(super) fn testdata(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tls").join(name);
    std::fs::read_to_string(path).expect("the file is in the repository")
}

fn server(certificate: &str) -> Arc<ServerConfig> {
    let certificate =
        CertificateDer::from_pem_slice(testdata(certificate).as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(testdata("tls.key").as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.expect("they fit"))
}

/// An answer with a JSON body, given at a second.
pub(super) fn reply(status: u16, at: i64, body: &Value) -> Act {
    text(status, at, "", &body.to_string())
}

/// An answer with further header lines, each with `\r\n` at its end.
pub(super) fn text(status: u16, at: i64, headers: &str, body: &str) -> Act {
    let date = std::time::UNIX_EPOCH + Duration::from_secs(at.unsigned_abs());
    let date = httpdate::fmt_http_date(date);
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nDate: {date}\r\n{headers}Content-Length: {length}\r\n\r\n");
    Act::Say((head + body).into_bytes())
}

/// What listens nowhere.
pub(super) fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// One that takes connections in its queue, and never looks at them.
pub(super) fn deaf() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

/// One that answers in HTTP to whatever comes first, and tells what that was.
pub(super) fn blunt() -> (JoinHandle<Vec<u8>>, String) {
    let (listener, url) = deaf();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut bytes = vec![0; 4096];
        let length = stream.read(&mut bytes).expect("something");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("somebody listens");
        bytes.truncate(length);
        bytes
    });
    (heard, url)
}
