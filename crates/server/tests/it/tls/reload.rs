//! A certificate that is renewed while the server runs: in place, by renaming, behind a link, in two steps, and wrongly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use keyward_server::metrics::Metrics;
use keyward_server::serve::{Listener, Reload, Stop, Tls, run};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio_rustls::client::TlsStream;

use crate::log_lines;
use crate::world::{ODD, World};

const LOOK: Duration = Duration::from_millis(20);

/// A directory with certificates of `localhost`, each with a key of its own.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// `NAME.crt` and `NAME.key`, good for so many days.
    fn make(&self, name: &str, days: u32) {
        let output = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args([
                "-days",
                &days.to_string(),
                "-keyout",
                &format!("{name}.key"),
                "-out",
                &format!("{name}.crt"),
            ])
            .current_dir(&self.0)
            .output()
            .expect("openssl starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The end that openssl reads in a certificate, in seconds since 1970.
    fn end_of(&self, name: &str) -> i64 {
        let run = |program: &str, arguments: &[&str]| {
            let output =
                Command::new(program).args(arguments).current_dir(&self.0).output().expect("it starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("text").trim().to_owned()
        };
        let line = run("openssl", &["x509", "-noout", "-enddate", "-in", &format!("{name}.crt")]);
        let end = line.strip_prefix("notAfter=").expect("the end");
        run("date", &["-d", end, "+%s"]).parse().expect("seconds")
    }

    /// Both files of one become those that are served, each by a rename.
    fn put(&self, name: &str) {
        for kind in ["crt", "key"] {
            fs::copy(self.path(&format!("{name}.{kind}")), self.path("new")).expect("copied");
            fs::rename(self.path("new"), self.path(&format!("live.{kind}"))).expect("renamed");
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server of `live.crt` and `live.key`.
struct Served {
    address: std::net::SocketAddr,
    metrics: Arc<Metrics>,
    reload: UnboundedSender<()>,
    _stop: UnboundedSender<()>,
}

impl Served {
    async fn start(place: &Place, look: Duration) -> Self {
        let world = World::new();
        let tls = Tls::read(&place.path("live.crt"), &place.path("live.key")).expect("both files are good");
        let anywhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(anywhere, Some(tls.clone())).await.expect("a free port");
        let address = listener.address();
        let routes = Router::new().route("/", get(|| async { "yes" }));
        let (stop, words) = Stop::channel();
        tokio::spawn(run(vec![(listener, world.layers.around(ODD, &[], routes))], world.times, words));
        let metrics = Arc::new(Metrics::new());
        let (reload, asked) = Reload::channel();
        tokio::spawn(tls.watch(look, Arc::clone(&metrics), asked));
        Self { address, metrics, reload, _stop: stop }
    }

    /// Whether a new client that believes this certificate alone is served.
    async fn shows(&self, certificate: &Path) -> bool {
        super::connect(&super::client(&[certificate]), self.address).await.is_ok()
    }

    async fn comes_to_show(&self, certificate: &Path) {
        until("the new certificate", async || self.shows(certificate).await).await;
    }

    fn failures(&self) -> u64 {
        self.metrics.tls_reload_failures.get()
    }
}

/// Waits until it is so.
async fn until(what: &str, is: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if is().await {
            return;
        }
        tokio::time::sleep(LOOK / 2).await;
    }
    panic!("waited in vain for {what}");
}

/// One question on a connection that stays.
async fn asks(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"yes") {
        let read = stream.read_buf(&mut answer).await.expect("an answer");
        assert!(read > 0, "the connection ended");
    }
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn new_connections_get_a_renewed_certificate_and_old_ones_go_on() {
    let place = Place::new("renewed");
    place.make("first", 30);
    place.make("second", 60);
    place.put("first");
    let served = Served::start(&place, LOOK).await;
    let [first, second] = [place.path("first.crt"), place.path("second.crt")];
    let both = super::client(&[&first, &second]);
    let mut old = super::connect(&both, served.address).await.expect("a handshake");
    let before = old.get_ref().1.peer_certificates().expect("a certificate").to_vec();
    assert!(asks(&mut old).await.starts_with("HTTP/1.1 200"));
    let ends = || served.metrics.tls_certificate_expiry.get();
    until("the end of the first", async || ends() == place.end_of("first")).await;

    place.put("second");
    served.comes_to_show(&second).await;
    assert!(!served.shows(&first).await, "the old one is shown no more");
    // The same client's session of before is not taken up again behind the old certificate.
    let new = super::connect(&both, served.address).await.expect("a handshake");
    assert_ne!(new.get_ref().1.peer_certificates().expect("a certificate"), before);
    assert!(asks(&mut old).await.starts_with("HTTP/1.1 200"), "who was there goes on");
    until("the end of the second", async || ends() == place.end_of("second")).await;
    assert_eq!(served.failures(), 0);
}

#[tokio::test]
async fn a_link_that_points_elsewhere_is_a_new_certificate() {
    use std::os::unix::fs::symlink;
    let place = Place::new("links");
    place.make("first", 30);
    place.make("second", 30);
    let point = |name: &str| {
        for kind in ["crt", "key"] {
            symlink(format!("{name}.{kind}"), place.path("link")).expect("a link");
            fs::rename(place.path("link"), place.path(&format!("live.{kind}"))).expect("renamed");
        }
    };
    point("first");
    let served = Served::start(&place, LOOK).await;
    assert!(served.shows(&place.path("first.crt")).await);
    point("second");
    served.comes_to_show(&place.path("second.crt")).await;
    assert_eq!(served.failures(), 0);
}

#[tokio::test]
async fn what_cannot_be_used_leaves_the_old_one_in_use_and_is_said_once() {
    log_lines::keep();
    let place = Place::new("broken");
    place.make("first", 30);
    place.make("second", 30);
    place.put("first");
    let served = Served::start(&place, LOOK).await;
    let first = place.path("first.crt");
    let broken = |served: &Served, times: u64| {
        let metrics = Arc::clone(&served.metrics);
        async move {
            until("a failure", async || metrics.tls_reload_failures.get() == times).await;
            tokio::time::sleep(LOOK * 10).await;
            assert_eq!(metrics.tls_reload_failures.get(), times, "once for each change");
        }
    };
    // A certificate whose key is still the old one.
    fs::copy(place.path("second.crt"), place.path("live.crt")).unwrap();
    broken(&served, 1).await;
    assert!(served.shows(&first).await);
    fs::write(place.path("live.crt"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    broken(&served, 2).await;
    assert!(served.shows(&first).await);
    fs::remove_file(place.path("live.crt")).unwrap();
    broken(&served, 3).await;
    assert!(served.shows(&first).await);
    let lines = log_lines::kept();
    let said = |what: &str| {
        let place = place.0.display().to_string();
        lines.lines().filter(|line| line.contains(&place) && line.contains(what)).count()
    };
    assert_eq!(said("the new certificate is not used"), 3, "{lines}");
    for what in ["do not fit together", "is damaged", "cannot be read"] {
        assert_eq!(said(what), 1, "{what}: {lines}");
    }
    // The second half of the change mends it.
    place.put("second");
    served.comes_to_show(&place.path("second.crt")).await;
    assert_eq!(served.failures(), 3);
}

#[tokio::test]
async fn a_word_reads_it_at_once() {
    let place = Place::new("word");
    place.make("first", 30);
    place.make("second", 30);
    place.put("first");
    // It looks so seldom that only the word can have done it.
    let served = Served::start(&place, Duration::from_secs(86_400)).await;
    place.put("second");
    tokio::time::sleep(LOOK * 5).await;
    assert!(served.shows(&place.path("first.crt")).await);
    served.reload.send(()).expect("it watches");
    served.comes_to_show(&place.path("second.crt")).await;
    fs::write(place.path("live.key"), "no key").unwrap();
    served.reload.send(()).expect("it watches");
    until("a failure", async || served.failures() == 1).await;
    assert!(served.shows(&place.path("second.crt")).await);
}
