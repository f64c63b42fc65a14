//! A connection to a server: over TCP, under TLS, with an end to everybody's patience.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use zeroize::Zeroizing;

use super::address::Address;
use super::failure::Failure;
use super::http::{MAX_HEAD, MAX_HEADERS};
use super::proxy::Proxy;

/// Who is believed to say which server it is, and the configuration made from it at first use.
#[derive(Clone, Default)]
pub(super) struct Roots {
    own: Vec<CertificateDer<'static>>,
    wrong: bool,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Roots {
    /// Adds an authority. From now on only those added are believed.
    pub(super) fn add(&mut self, pem: &str) {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        match read {
            Ok(certificates) if !certificates.is_empty() => self.own.extend(certificates),
            _ => self.wrong = true,
        }
        self.config = OnceLock::new();
    }

    /// Whether all that was added can be used.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.wrong { Err("the root certificate is no certificate in PEM") } else { self.store().map(drop) }
    }

    fn store(&self) -> Result<RootCertStore, &'static str> {
        let mut store = RootCertStore::empty();
        if self.own.is_empty() {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        for certificate in &self.own {
            store.add(certificate.clone()).map_err(|_| "the root certificate cannot be read")?;
        }
        Ok(store)
    }

    fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let store = self.store().map_err(|why| Failure::Certificate(why.to_owned()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::Certificate(error.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roots(…)")
    }
}

/// How a server is come to.
pub(super) struct Way<'a> {
    pub(super) address: &'a Address,
    /// What stands in between.
    pub(super) proxy: Option<&'a Proxy>,
    /// How long connecting may take, and then the answer.
    pub(super) timeout: Duration,
}

/// A connection.
pub(super) enum Stream {
    Plain(Timed),
    Secure(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Stream {
    /// Connects. Nothing that was to be kept from others has left the machine when this fails.
    pub(super) fn connect(way: &Way<'_>, roots: &Roots) -> Result<Self, Failure> {
        let (address, until) = (way.address, Deadline::after(way.timeout));
        let first = way.proxy.map_or(address, |proxy| &proxy.address);
        let tcp = resolve(first, until).and_then(|addresses| dial(&addresses, until));
        let tcp = tcp.map_err(|failure| match failure {
            Failure::Unreachable { why, .. } if way.proxy.is_some() => {
                Failure::Proxy(format!("it cannot be reached ({why})"))
            }
            other => other,
        })?;
        // Requests are small, and each is written at once.
        let _ = tcp.set_nodelay(true);
        let mut tcp = Timed { tcp, until };
        if !address.secure {
            return Ok(Self::Plain(tcp));
        }
        if let Some(proxy) = way.proxy {
            tunnel(&mut tcp, address, proxy)?;
        }
        let config = roots.config()?;
        let name = ServerName::try_from(address.host.clone())
            .map_err(|_| Failure::Certificate("the address names no server".to_owned()))?;
        let mut tls =
            ClientConnection::new(config, name).map_err(|error| Failure::Certificate(error.to_string()))?;
        while tls.is_handshaking() {
            tls.complete_io(&mut tcp).map_err(|error| refused(&error))?;
        }
        Ok(Self::Secure(Box::new(StreamOwned::new(tls, tcp))))
    }

    /// Gives the other side so much time from now on.
    pub(super) fn wait(&mut self, timeout: Duration) {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Secure(tls) => &mut tls.sock,
        };
        tcp.until = Deadline::after(timeout);
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(bytes),
            Self::Secure(tls) => tls.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Secure(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Secure(tls) => tls.flush(),
        }
    }
}

/// Has a proxy connect to the server: from then on it passes on what it cannot read (RFC 9110, section 9.3.6).
fn tunnel(tcp: &mut Timed, address: &Address, proxy: &Proxy) -> Result<(), Failure> {
    let host = if address.host.contains(':') { format!("[{}]", address.host) } else { address.host.clone() };
    let place = format!("{host}:{}", address.port);
    let mut head = Zeroizing::new(format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"));
    if let Some(credentials) = &proxy.credentials {
        for part in ["Proxy-Authorization: ", credentials, "\r\n"] {
            head.push_str(part);
        }
    }
    head.push_str("\r\n");
    tcp.write_all(head.as_bytes()).map_err(|error| refused(&error))?;
    let mut bytes = Vec::new();
    let status = loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&bytes) {
            Ok(httparse::Status::Complete(_)) => break response.code.unwrap_or_default(),
            Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD => {}
            _ => return Err(Failure::Proxy("it answers nothing that makes sense".to_owned())),
        }
        // Byte by byte: what follows is the server's.
        let mut byte = [0];
        tcp.read_exact(&mut byte).map_err(|error| refused(&error))?;
        bytes.extend(byte);
    };
    match status {
        200..=299 => Ok(()),
        407 => Err(Failure::Proxy("it asks for a name and a password".to_owned())),
        _ => Err(Failure::Proxy(format!("it answered {status}"))),
    }
}

/// When patience ends.
#[derive(Clone, Copy)]
struct Deadline(Option<Instant>);

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "patience has no clock that is set, and decides nothing")]
    fn now() -> Instant {
        Instant::now()
    }

    fn after(timeout: Duration) -> Self {
        Self(Self::now().checked_add(timeout))
    }

    /// What is left; an error when nothing is. Without an end, long.
    fn left(self) -> io::Result<Duration> {
        let Some(until) = self.0 else { return Ok(Duration::from_secs(86_400)) };
        let left = until.saturating_duration_since(Self::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// A TCP connection whose reading and writing end at a deadline, however many parts they take.
pub(super) struct Timed {
    tcp: TcpStream,
    until: Deadline,
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.until.left()?))?;
        self.tcp.read(bytes).map_err(timed_out)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.until.left()?))?;
        self.tcp.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// Some systems say "would block" of an operation that took too long.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// Looks a name up. The system gives no time-out for that, so a thread waits for it.
fn resolve(address: &Address, until: Deadline) -> Result<Vec<SocketAddr>, Failure> {
    let (answer, answered) = channel();
    let (host, port) = (address.host.clone(), address.port);
    std::thread::spawn(move || {
        // Nobody may wait any more.
        let _ = answer.send((host.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    });
    let left = until.left().map_err(|_| Failure::Timeout { sent: false })?;
    match answered.recv_timeout(left) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(_) => Err(Failure::Unreachable { sent: false, why: "its name cannot be looked up".to_owned() }),
        Err(_) => Err(Failure::Timeout { sent: false }),
    }
}

/// The first address that somebody listens at. The last may take all the time that is left, the others half of it.
fn dial(addresses: &[SocketAddr], until: Deadline) -> Result<TcpStream, Failure> {
    let mut failure = Failure::Timeout { sent: false };
    for (number, address) in addresses.iter().enumerate() {
        let Ok(left) = until.left() else { break };
        let time = if number + 1 == addresses.len() { left } else { left / 2 };
        match TcpStream::connect_timeout(address, time.max(Duration::from_millis(1))) {
            Ok(tcp) => return Ok(tcp),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            Err(error) => failure = Failure::Unreachable { sent: false, why: error.to_string() },
        }
    }
    Err(failure)
}

/// Why a handshake failed.
fn refused(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::TimedOut {
        return Failure::Timeout { sent: false };
    }
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(why)) => Failure::Certificate(why.to_string()),
        Some(other) => {
            Failure::Unreachable { sent: false, why: format!("no secure connection came about ({other})") }
        }
        None => Failure::Unreachable { sent: false, why: error.to_string() },
    }
}
