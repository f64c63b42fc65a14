//! One request and its answer (HTTP/1.1, RFC 9112), on a connection of its own.
//!
//! Written here because keys and tokens must not come into anybody's log: the HTTP clients that need no runtime write
//! paths, or every byte, to the application's. Redirections are not followed, nothing is compressed, and an answer has an end.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use keyward_core::time::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::stream::{Roots, Stream, Way};
use crate::clock::of_system;

/// The largest head of an answer, in bytes.
pub(super) const MAX_HEAD: usize = 64 << 10;
pub(super) const MAX_HEADERS: usize = 100;
/// The largest body of an answer, in bytes.
pub(super) const MAX_BODY: usize = 1 << 20;

/// What is asked.
pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    /// Below the server's address.
    pub(super) path: String,
    pub(super) token: Option<&'a str>,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) body: Option<Value>,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// When, by the server's clock.
    pub(super) date: Option<Timestamp>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// Asks.
pub(super) fn ask(way: &Way<'_>, roots: &Roots, request: &Request<'_>) -> Result<Answer, Failure> {
    let bytes = request.to_bytes(way);
    let mut stream = Stream::connect(way, roots)?;
    stream.wait(way.timeout);
    stream.write_all(&bytes).and_then(|()| stream.flush()).map_err(|error| broken(&error))?;
    let answer = Incoming { stream, bytes: Vec::new(), ended: false }.answer()?;
    if answer.status == 407 && way.proxy.is_some() {
        return Err(Failure::Proxy("it asks for a name and a password".to_owned()));
    }
    Ok(answer)
}

impl Request<'_> {
    /// Wiped when it was sent: key and token are in it.
    fn to_bytes(&self, way: &Way<'_>) -> Zeroizing<Vec<u8>> {
        let body = self.body.as_ref().map(Value::to_string).map(Zeroizing::new);
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024 + body.as_ref().map_or(0, |body| body.len())));
        let mut line = |parts: &[&str]| {
            for part in parts {
                bytes.extend_from_slice(part.as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
        };
        let (address, path) = (way.address, way.address.path(&self.path));
        // What is not secret from the proxy is asked of it.
        match way.proxy.filter(|_| !address.secure) {
            Some(proxy) => {
                line(&[self.method, " http://", &address.authority(), &path, " HTTP/1.1"]);
                if let Some(credentials) = &proxy.credentials {
                    line(&["Proxy-Authorization: ", credentials]);
                }
            }
            None => line(&[self.method, " ", &path, " HTTP/1.1"]),
        }
        line(&["Host: ", &address.authority()]);
        line(&["User-Agent: keyward-client/", env!("CARGO_PKG_VERSION")]);
        line(&["Accept: application/json"]);
        line(&["Connection: close"]);
        if let Some(token) = self.token {
            line(&["Authorization: Bearer ", token]);
        }
        if let Some(key) = self.idempotency_key {
            line(&["Idempotency-Key: ", key]);
        }
        if let Some(body) = &body {
            line(&["Content-Type: application/json"]);
            line(&["Content-Length: ", &body.len().to_string()]);
        }
        line(&[]);
        if let Some(body) = body {
            bytes.extend_from_slice(body.as_bytes());
        }
        bytes
    }
}

/// Head of an answer.
struct Head {
    status: u16,
    date: Option<Timestamp>,
    retry_after: Option<Duration>,
    body: Length,
}

/// How long a body is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Known(usize),
    Chunked,
    UntilEnd,
}

/// What comes in, as far as it is not read.
struct Incoming {
    stream: Stream,
    bytes: Vec<u8>,
    ended: bool,
}

impl Incoming {
    fn answer(mut self) -> Result<Answer, Failure> {
        let head = loop {
            let head = self.head()?;
            // Announcements come in front of the answer.
            if !(100..200).contains(&head.status) {
                break head;
            }
        };
        let body = match head.body {
            _ if matches!(head.status, 204 | 304) => Vec::new(),
            Length::Known(length) => self.exactly(length)?,
            Length::Chunked => self.chunks()?,
            Length::UntilEnd => {
                while !self.ended && self.bytes.len() <= MAX_BODY {
                    self.more()?;
                }
                within(self.bytes.len())?;
                self.bytes
            }
        };
        Ok(Answer { status: head.status, date: head.date, retry_after: head.retry_after, body })
    }

    fn head(&mut self) -> Result<Head, Failure> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            match response.parse(&self.bytes) {
                Ok(httparse::Status::Complete(length)) => {
                    let head = Head::of(&response);
                    self.bytes.drain(..length);
                    return head;
                }
                Ok(httparse::Status::Partial) if self.bytes.len() > MAX_HEAD => {
                    return Err(Failure::answer("its head is larger than 64 KiB"));
                }
                Ok(httparse::Status::Partial) => self.need_more()?,
                Err(_) => return Err(Failure::answer("it is no answer in HTTP")),
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        within(length)?;
        while self.bytes.len() < length {
            self.need_more()?;
        }
        let rest = self.bytes.split_off(length);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let size = match httparse::parse_chunk_size(&self.bytes) {
                Ok(httparse::Status::Complete((length, size))) => {
                    self.bytes.drain(..length);
                    usize::try_from(size).unwrap_or(usize::MAX)
                }
                Ok(httparse::Status::Partial) if self.bytes.len() <= MAX_HEAD => {
                    self.need_more()?;
                    continue;
                }
                _ => return Err(Failure::answer("its body is not put together well")),
            };
            within(body.len().saturating_add(size))?;
            if size == 0 {
                // Trailers are left unread, with the connection.
                return Ok(body);
            }
            body.extend(self.exactly(size)?);
            if self.exactly(2)? != b"\r\n" {
                return Err(Failure::answer("its body is not put together well"));
            }
        }
    }

    /// Reads on, where an end would be too early.
    fn need_more(&mut self) -> Result<(), Failure> {
        self.more()?;
        if self.ended {
            let why = "the connection ended within the answer".to_owned();
            return Err(Failure::Unreachable { sent: true, why });
        }
        Ok(())
    }

    fn more(&mut self) -> Result<(), Failure> {
        let mut part = [0; 8 << 10];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(length) => {
                    self.bytes.extend_from_slice(&part[..length]);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(&error)),
            }
        }
    }
}

impl Head {
    fn of(response: &httparse::Response<'_, '_>) -> Result<Self, Failure> {
        let all = |name: &'static str| {
            let named = response.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
            named.map(|header| std::str::from_utf8(header.value).unwrap_or_default().trim())
        };
        let mut lengths = all("content-length").flat_map(|value| value.split(',')).map(str::trim);
        let length = lengths.next();
        let chunked = all("transfer-encoding").collect::<Vec<_>>().join(", ");
        // Two opinions about where a body ends are how answers are smuggled.
        if lengths.any(|other| Some(other) != length) || (length.is_some() && !chunked.is_empty()) {
            return Err(Failure::answer("its length is not clear"));
        }
        let body = match (length, chunked.to_ascii_lowercase().as_str()) {
            (None, "") => Length::UntilEnd,
            (None, "chunked") => Length::Chunked,
            (Some(digits), _) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Length::Known(digits.parse().unwrap_or(usize::MAX))
            }
            _ => return Err(Failure::answer("its length is not clear")),
        };
        let date = |text: &str| httpdate::parse_http_date(text).ok().map(of_system);
        let now = all("date").next().and_then(date);
        let wait = |text: &str| match text.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => {
                let micros = date(text)?.micros().saturating_sub(now?.micros());
                Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
            }
        };
        let retry_after = all("retry-after").next().and_then(wait);
        Ok(Self { status: response.code.unwrap_or_default(), date: now, retry_after, body })
    }
}

fn within(length: usize) -> Result<(), Failure> {
    if length > MAX_BODY { Err(Failure::answer("it is larger than 1 MiB")) } else { Ok(()) }
}

/// A connection that broke after the request, or a part of it, was sent.
fn broken(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::TimedOut {
        Failure::Timeout { sent: true }
    } else {
        Failure::Unreachable { sent: true, why: format!("the connection broke ({})", error.kind()) }
    }
}
