//! Clients that ask over open connections, one request after the other on each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is asked: writes the next request, or says that there is none any more.
pub(crate) trait Requests: Send + Sync + 'static {
    fn next(&self, chance: &mut Chance, request: &mut Vec<u8>) -> bool;
}

/// Numbers by chance, the same in each run (`SplitMix64`); the generator of keys would cost the client more than its request.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * limit as u128) >> 64) as usize
    }
}

/// How it went.
pub(crate) struct Asked {
    pub(crate) requests: u64,
    pub(crate) took: Duration,
    /// Of every request, in rising order.
    latencies: Vec<Duration>,
}

impl Asked {
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// The latency below which this part of all requests stayed.
    pub(crate) fn latency(&self, part: f64) -> Duration {
        self.latencies[((self.latencies.len() - 1) as f64 * part) as usize]
    }
}

/// Asks until the time is over, or there is nothing more to ask. Every answer must be a 200.
pub(crate) fn ask(host: &str, connections: usize, time: Duration, requests: &Arc<impl Requests>) -> Asked {
    ask_at(host, connections, time, None, requests)
}

/// The same at a pace: each connection begins a request so often at the most.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn ask_at(
    host: &str,
    connections: usize,
    time: Duration,
    pace: Option<Duration>,
    requests: &Arc<impl Requests>,
) -> Asked {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(connections);
    let load = &Load { host: host.to_owned(), begun: Instant::now(), time, pace };
    let parts: Vec<Vec<Duration>> = std::thread::scope(|scope| {
        let part = |thread: usize| {
            let requests = Arc::clone(requests);
            let mine = (thread..connections).step_by(threads);
            scope.spawn(move || on_one_thread(load, mine, &requests))
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().map(|part| part.join().expect("no client panics")).collect()
    });
    let took = load.begun.elapsed();
    let mut latencies = parts.concat();
    latencies.sort_unstable();
    Asked { requests: latencies.len() as u64, took, latencies }
}

/// What every connection of a run has in common.
#[derive(Clone)]
struct Load {
    host: String,
    begun: Instant,
    time: Duration,
    pace: Option<Duration>,
}

fn on_one_thread(
    load: &Load,
    connections: impl Iterator<Item = usize>,
    requests: &Arc<impl Requests>,
) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let clients: Vec<_> = connections
            .map(|number| {
                let (load, requests) = (load.clone(), Arc::clone(requests));
                tokio::spawn(async move { client(&load, number, &*requests).await })
            })
            .collect();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await.expect("no client panics"));
        }
        latencies
    })
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn client(load: &Load, number: usize, requests: &impl Requests) -> Vec<Duration> {
    let Load { host, begun, time, pace } = load;
    let chance = &mut Chance::new(begun.elapsed().as_nanos() as u64 ^ (number as u64) << 48);
    let mut stream = connected(host).await;
    let (mut request, mut answer, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
    let mut due = tokio::time::Instant::now();
    loop {
        if let Some(pace) = pace {
            tokio::time::sleep_until(due).await;
            due += *pace;
        }
        request.clear();
        if begun.elapsed() >= *time || !requests.next(chance, &mut request) {
            return latencies;
        }
        let asked = Instant::now();
        stream.write_all(&request).await.expect("it is sent");
        answer.clear();
        while !is_whole(&answer) {
            let more = stream.read_buf(&mut answer).await.expect("it is read");
            assert!(more > 0, "the connection ended");
        }
        latencies.push(asked.elapsed());
        let text = || String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}\n{}", String::from_utf8_lossy(&request), text());
        if says_close(&answer) {
            stream = connected(host).await;
        }
    }
}

async fn connected(host: &str) -> TcpStream {
    let stream = TcpStream::connect(host).await.expect("it answers");
    stream.set_nodelay(true).expect("it is set");
    stream
}

/// Whether the server keeps no connection open: system C's does not.
fn says_close(answer: &[u8]) -> bool {
    const CLOSE: &[u8] = b"\r\nconnection: close\r\n";
    answer.windows(CLOSE.len()).any(|part| part.eq_ignore_ascii_case(CLOSE))
}

/// Whether head and body are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    answer.len() >= head + 4 + length(&answer[..head])
}

fn length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let at = head.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME));
    let digits = at.map(|at| head[at + NAME.len()..].iter().take_while(|digit| digit.is_ascii_digit()));
    digits.map_or(0, |digits| digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')))
}

/// One answer's body, asked over a connection of its own.
pub(crate) fn body_of(host: &str, request: &[u8]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut stream = TcpStream::connect(host).await.expect("it answers");
        stream.write_all(request).await.expect("it is sent");
        let mut answer = Vec::new();
        while !is_whole(&answer) {
            assert!(stream.read_buf(&mut answer).await.expect("it is read") > 0, "the connection ended");
        }
        let text = String::from_utf8(answer).expect("a text");
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
        text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a body")
    })
}
