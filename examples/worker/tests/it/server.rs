//! A server of system C that says what the test wants. How the client gets on with the real one, the server's tests show.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

const YES: (&str, &str) = ("200 OK", r#"{"valid":true,"tier":"pro","features":["export"],"expiresAt":null}"#);
const NO: (&str, &str) = ("401 Unauthorized", r#"{"valid":false,"error":"License expired"}"#);

/// Starts one that says yes so many times, and then no, or nothing any more. Answers its address.
pub(crate) fn start(yes: usize, then_no: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            let stream = stream.expect("a connection");
            match (count < yes, then_no) {
                (true, _) => answer(stream, YES),
                (false, true) => answer(stream, NO),
                (false, false) => drop(stream),
            }
        }
    });
    url
}

fn answer(stream: TcpStream, (status, body): (&str, &str)) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        match line.trim().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().expect("a number"),
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).expect("a body");
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close");
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    reader.into_inner().write_all(answer.as_bytes()).expect("it is heard");
}
