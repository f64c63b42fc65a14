//! The console of a server, a bare server beside it, and one open connection to each.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use crate::program::Program;

/// What a link for an administrator carries. One without an address would end when the server starts.
pub(crate) fn link(program: &Program, email: &str) -> String {
    let out = program.command(&["admin", "link", "--email", email]).output().expect("keyward starts");
    let text = String::from_utf8(out.stdout).expect("a text");
    let link = text.split_once("/console/set-up?link=").map(|(_, link)| link.trim().to_owned());
    link.unwrap_or_else(|| panic!("no link: {text}{}", String::from_utf8_lossy(&out.stderr)))
}

/// A server with one handler, which says two bytes.
pub(crate) async fn bare() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let router = axum::Router::new().route("/", axum::routing::get(async || "ok"));
    tokio::spawn(async { axum::serve(listener, router).await });
    host
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    /// The session's, once there is one.
    pub(crate) cookie: String,
}

impl Connection {
    pub(crate) fn to(host: &str) -> Self {
        let stream = TcpStream::connect(host).expect("it answers");
        stream.set_nodelay(true).expect("it is set");
        Self { stream: BufReader::new(stream), host: host.to_owned(), cookie: String::new() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let (host, cookie, length) = (&self.host, &self.cookie, body.len());
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
        if !cookie.is_empty() {
            request.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        if method == "POST" {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            request.push_str(&format!("Content-Length: {length}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.stream.get_mut().write_all(request.as_bytes()).expect("it is sent");
        self.answer()
    }

    fn answer(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.stream.read_line(&mut head).expect("a text") > 0, "the connection ended: {head}");
        }
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |it| it.parse().expect("a number"));
        answer.body.resize(length, 0);
        self.stream.read_exact(&mut answer.body).expect("the body");
        answer
    }
}
