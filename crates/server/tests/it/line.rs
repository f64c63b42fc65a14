//! Connections that are kept, and many of them at once.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use crate::site::{Site, connect};
use crate::world::Answer;

/// A connection that takes one request after the other.
pub(crate) struct Line(BufReader<TcpStream>);

impl Line {
    pub(crate) async fn to(site: &Site) -> Self {
        Self(BufReader::new(connect(&site.url).await))
    }

    /// Asks; the answer must say how long it is.
    pub(crate) async fn ask(&mut self, head: &str, body: &str) -> Answer {
        let request = format!("{head}\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.0.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).await.expect("the head is text");
            assert!(read > 0, "the connection ended within {head:?}");
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let mut answer = Answer { status, head: head.trim_end().to_owned(), body: String::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.expect("the body arrives");
        answer.body = String::from_utf8(body).expect("the body is text");
        answer
    }
}

/// Many connections, spread over the nodes.
pub(crate) struct Crowd(Vec<Line>);

impl Crowd {
    pub(crate) async fn of(size: usize, nodes: &[Site]) -> Self {
        let mut lines = Vec::with_capacity(size);
        for number in 0..size {
            lines.push(Line::to(&nodes[number % nodes.len()]).await);
        }
        Self(lines)
    }

    /// All ask at once; `request` gives each its head and body.
    pub(crate) async fn ask(&mut self, request: impl Fn(usize) -> (String, String)) -> Vec<Answer> {
        let start = Arc::new(Barrier::new(self.0.len()));
        let asking = self.0.drain(..).enumerate().map(|(number, mut line)| {
            let ((head, body), start) = (request(number), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                let answer = line.ask(&head, &body).await;
                (line, answer)
            })
        });
        let asking: Vec<_> = asking.collect();
        let mut answers = Vec::with_capacity(asking.len());
        for task in asking {
            let (line, answer) = task.await.expect("an answer");
            self.0.push(line);
            answers.push(answer);
        }
        answers
    }
}

/// Does so many things at once; `what` is told the number of each.
pub(crate) async fn at_once<T, F>(size: usize, what: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(size));
    let tasks: Vec<_> = (0..size)
        .map(|number| {
            let (start, thing) = (Arc::clone(&start), what(number));
            tokio::spawn(async move {
                start.wait().await;
                thing.await
            })
        })
        .collect();
    let mut done = Vec::with_capacity(size);
    for task in tasks {
        done.push(task.await.expect("it ends"));
    }
    done
}
