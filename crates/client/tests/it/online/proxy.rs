//! Through a proxy: one that passes on what it cannot read, and one that asks itself.

use std::io::{Read as _, Write as _, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use keyward_client::online::Server;
use keyward_client::{ClientError, Code, LicenseManager};

use super::fake::{Act, Fake, dead, reply, testdata, text};
use super::{Device, KEY, START, TOKEN, activated};

/// A proxy that opens tunnels to one server, whatever name it is asked for.
struct Tunnels {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    /// Answers with this line, and where it is a yes connects.
    fn new(answer: &'static str, server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let place = listener.local_addr().expect("an address").to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, server) = (Arc::clone(&heads), server.rsplit('/').next().expect("a place").to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = server.clone();
                let head = head(&client);
                seen.lock().expect("no panic").push(head);
                // Whoever asked may be gone.
                let _ = (&client).write_all(answer.as_bytes());
                if answer.contains(" 200 ") {
                    std::thread::spawn(move || {
                        join(&client, &TcpStream::connect(server).expect("the server"));
                    });
                }
            }
        });
        Self { url: format!("http://kim:secret@{place}"), heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic").clone()
    }
}

fn head(mut client: &TcpStream) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
        bytes.extend(byte);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn join(client: &TcpStream, server: &TcpStream) {
    std::thread::scope(|scope| {
        for (mut from, mut to) in [(client, server), (server, client)] {
            scope.spawn(move || {
                let _ = copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
        }
    });
}

fn yes() -> Vec<Act> {
    vec![reply(200, START, &activated(90))]
}

fn device(server: Server) -> (Device, LicenseManager) {
    let device = Device::new();
    let license = device.manager(server);
    (device, license)
}

#[test]
fn under_tls_the_proxy_reads_nothing() {
    let fake = Fake::tls(yes());
    let proxy = Tunnels::new("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", &fake.url);
    let server = Server::pool(&fake.url).root_certificate(&testdata("tls.crt")).proxy(&proxy.url);
    let (_device, license) = device(server);
    assert_eq!(license.activate(KEY).expect("it is activated").code(), Code::Valid);
    let place = fake.url.strip_prefix("https://").expect("https");
    let wanted = format!(
        "CONNECT {place} HTTP/1.1\r\nHost: {place}\r\nProxy-Authorization: Basic a2ltOnNlY3JldA==\r\n\r\n"
    );
    assert_eq!(proxy.heads(), [wanted]);
    assert!(fake.asked()[0].starts_with("POST /api/activate HTTP/1.1\r\n"));
    assert!(!fake.asked()[0].contains("Proxy-Authorization"));
}

#[test]
fn a_proxy_that_gives_out_another_server_is_found_out() {
    let fake = Fake::tls(yes());
    let proxy = Tunnels::new("HTTP/1.1 200 OK\r\n\r\n", &fake.url);
    let server = Server::installation("https://licences.example", TOKEN);
    let (_device, license) = device(server.root_certificate(&testdata("tls.crt")).proxy(&proxy.url));
    let error = license.activate("LK-1-PRO-10-SECRETPART-ABCD").expect_err("it is another");
    assert_eq!(error.code(), "SERVER_CERTIFICATE", "{error}");
    assert!(proxy.heads()[0].starts_with("CONNECT licences.example:443 HTTP/1.1\r\n"));
    assert_eq!(fake.asked(), Vec::<String>::new());
}

#[test]
fn without_tls_the_proxy_asks() {
    let proxy = Fake::new(yes());
    let with_name = proxy.url.replace("://", "://kim:secret@");
    let (_device, license) = device(Server::pool("http://licences.example:8080/b").proxy(&with_name));
    assert_eq!(license.activate(KEY).expect("it is activated").code(), Code::Valid);
    let head = "POST http://licences.example:8080/b/api/activate HTTP/1.1\r\n\
                Proxy-Authorization: Basic a2ltOnNlY3JldA==\r\nHost: licences.example:8080\r\n";
    assert!(proxy.asked()[0].starts_with(head), "{}", proxy.asked()[0]);
}

fn refused(server: Server) -> ClientError {
    let (_device, license) = device(server);
    let error = license.activate(KEY).expect_err("nobody is reached");
    assert_eq!(error.code(), "SERVER_PROXY", "{error}");
    for secret in ["secret", "a2ltOnNlY3JldA", KEY] {
        assert!(!format!("{error} {error:?} {license:?}").contains(secret), "{error}");
    }
    error
}

#[test]
fn a_proxy_that_refuses_is_named() {
    for (answer, word) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "name and a password"),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "502"),
        ("SSH-2.0-x\r\n\r\n", "makes sense"),
    ] {
        let proxy = Tunnels::new(answer, "");
        let error = refused(Server::pool("https://licences.example").proxy(&proxy.url));
        assert!(error.sentence().contains(word), "{error}");
    }
    let asks = Fake::new(vec![text(407, START, "Proxy-Authenticate: Basic\r\n", "")]);
    refused(Server::pool("http://licences.example").proxy(&asks.url));
    for url in ["http://licences.example", "https://licences.example"] {
        let error = refused(Server::pool(url).proxy(&dead()));
        assert!(error.sentence().contains("cannot be reached"), "{error}");
    }
}

#[test]
fn an_address_that_is_none_is_told_at_once() {
    for url in ["socks5://kim:secret@p:1", "http://kim:secret@", "p:port"] {
        let directory = tempfile::tempdir().expect("a directory");
        let builder = LicenseManager::builder("pool").data_directory(directory.path());
        let error = builder.server(Server::pool("https://a.example").proxy(url)).open().expect_err(url);
        assert_eq!(error.code(), "SERVER_PROXY");
        assert!(!format!("{error:?}").contains("secret"));
    }
}
