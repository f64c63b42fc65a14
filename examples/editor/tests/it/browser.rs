//! A desk with the editor's files, the editor running on it, and just enough of a browser.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use crate::vendor;

/// Where the editor's files are.
pub(crate) struct Desk(Arc<tempfile::TempDir>);

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self(Arc::new(tempfile::tempdir().expect("a directory")));
        desk.write("vendor.pem", &vendor::public_key().to_pem());
        desk.write("trial.key", &vendor::trial());
        std::fs::create_dir(desk.path("data")).expect("it is made");
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("it is written");
    }

    pub(crate) fn document(&self) -> Option<String> {
        std::fs::read_to_string(self.path("data/document.txt")).ok()
    }

    pub(crate) fn command(&self, listen: &str, now: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward-editor"));
        command
            .current_dir(self.0.path())
            .args(["--data", "data", "--key", "vendor.pem", "--trial", "trial.key"])
            .args(["--listen", listen, "--now", now]);
        command
    }

    /// The editor, started at a time.
    pub(crate) fn start(&self, now: &str) -> Editor {
        let child = self.command("127.0.0.1:0", now).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("it runs");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        out.read_line(&mut line).expect("it says where it is");
        let address = line.strip_prefix("Open http://").and_then(|rest| rest.split_once("/edit"));
        let (host, secret) = address.and_then(|(address, _)| address.split_once('/')).expect("an address");
        Editor { child, host: host.to_owned(), secret: secret.to_owned(), _files: Arc::clone(&self.0) }
    }

    /// The editor, started at a time with a licence for the year 2026 in its place.
    pub(crate) fn licensed(&self, now: &str) -> Editor {
        let editor = self.start("2026-01-01");
        let imported = editor.paste(&vendor::license(&editor.device()));
        assert_eq!(imported.location(), Some("license?done=imported"), "{}", imported.body);
        drop(editor);
        self.start(now)
    }
}

/// A running editor, ended when dropped.
pub(crate) struct Editor {
    child: Child,
    pub(crate) host: String,
    pub(crate) secret: String,
    _files: Arc<tempfile::TempDir>,
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) code: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location").filter(|_| self.code == 303)
    }

    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.body.contains(text), "{text:?} is not on the page:\n{}", self.body);
        }
    }

    #[track_caller]
    pub(crate) fn says_not(&self, texts: &[&str]) {
        for text in texts {
            assert!(!self.body.contains(text), "{text:?} is on the page:\n{}", self.body);
        }
    }
}

impl Editor {
    /// A request as it stands.
    pub(crate) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(&self.host).expect("it listens");
        stream.write_all(&[request.as_bytes(), body].concat()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let code = head.get(9..12).and_then(|code| code.parse().ok()).expect("a code");
        Answer { code, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn get(&self, page: &str) -> Answer {
        self.send("GET", &format!("/{}/{page}", self.secret), &[("Host", &self.host)], b"")
    }

    /// Sends a form from a page of the editor.
    pub(crate) fn post(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.post_as(page, "application/x-www-form-urlencoded", fields.join("&").as_bytes())
    }

    fn post_as(&self, page: &str, kind: &str, body: &[u8]) -> Answer {
        let origin = format!("http://{}", self.host);
        let headers = [("Host", self.host.as_str()), ("Origin", &origin), ("Content-Type", kind)];
        self.send("POST", &format!("/{}/{page}", self.secret), &headers, body)
    }

    /// Sends the form of the import, as browsers do: both fields, of which one is empty.
    fn import(&self, file: &str, text: &str) -> Answer {
        let name = if file.is_empty() { "" } else { "license.key" };
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{file}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{text}\r\n--b--\r\n"
        );
        self.post_as("import", "multipart/form-data; boundary=b", body.as_bytes())
    }

    pub(crate) fn upload(&self, license: &str) -> Answer {
        self.import(license, "")
    }

    pub(crate) fn paste(&self, license: &str) -> Answer {
        self.import("", license)
    }

    /// The device id that the licence page shows.
    pub(crate) fn device(&self) -> String {
        between(&self.get("license").body, "<input id=\"device\" class=\"code\" value=\"", "\"").to_owned()
    }
}

pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("{before:?} is not in:\n{text}")).0
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
