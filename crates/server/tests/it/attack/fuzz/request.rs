//! A request in its parts, so that each can be made bad by itself.

/// A request that is well-formed.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Whole lines, without `Host`, `Connection` and `Content-Length`.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
    /// Whether its answer is a no by design: nobody has signed in, or what it names is not there.
    pub(crate) may_be_refused: bool,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str, headers: &[&str], body: String) -> Self {
        let headers = headers.iter().map(|&line| line.to_owned()).collect();
        Self { method: method.to_owned(), path: path.to_owned(), headers, body, may_be_refused: false }
    }

    pub(crate) fn refused(self) -> Self {
        Self { may_be_refused: true, ..self }
    }

    /// First line and headers.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.path)];
        lines.extend(["Host: test".to_owned(), "Connection: close".to_owned()]);
        lines.extend(self.headers.iter().cloned());
        if !self.body.is_empty() {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        lines
    }

    /// As it is sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        joined(&self.lines(), self.body.as_bytes())
    }
}

pub(crate) fn joined(lines: &[String], body: &[u8]) -> Vec<u8> {
    let mut bytes = lines.join("\r\n").into_bytes();
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(body);
    bytes
}
