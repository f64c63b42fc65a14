//! Good requests of every route, made bad: a whole server answers each or closes, and goes on.
//!
//! Each round's request follows from the number of the round alone. `KEYWARD_TEST_LONG=1` goes on for ten minutes;
//! `KEYWARD_TEST_ROUND=N` sends the request of that round alone, `KEYWARD_TEST_ROUND=N..` begins there.

pub(super) mod good;
mod mutate;
pub(super) mod request;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use self::request::Request;
use crate::site::{Site, connect};

/// Requests on their way at once: most of the time one waits for the end of what does not come.
const AT_ONCE: usize = 64;

/// An answer takes less, also where a key is made or a password is checked.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many rounds are run, however slow the machine is.
const FEWEST: u64 = 500;

/// The rounds to be run: where to begin, how many at most, and for how long.
fn rounds() -> (u64, u64, Duration) {
    let is_long = std::env::var_os("KEYWARD_TEST_LONG").is_some_and(|value| value == "1");
    let time = Duration::from_secs(if is_long { 600 } else { 3 });
    let Ok(wanted) = std::env::var("KEYWARD_TEST_ROUND") else { return (0, u64::MAX, time) };
    let number = |text: &str| text.parse().expect("the number of a round");
    match wanted.strip_suffix("..") {
        Some(first) => (number(first), u64::MAX, time),
        None => (number(&wanted), 1, time),
    }
}

/// What came back, to the end of the connection.
pub(super) async fn send(url: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(url).await;
    // A server that has answered already may be gone.
    let _ = stream.write_all(request).await;
    super::rest(&mut stream).await
}

/// Whole answers in a row, none of which says that the server failed, and no header that somebody else wrote.
fn assert_told(round: u64, request: &[u8], answer: &[u8]) {
    let what = || {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).into_owned();
        format!("round {round}:\n{}\n\nis answered with\n{}", shown(request), shown(answer))
    };
    let starts = answer.is_empty() || answer.starts_with(b"HTTP/1.");
    assert!(starts, "{}", what());
    let failed = |bytes: &[u8]| bytes.starts_with(b"HTTP/1.1 5") && !bytes.starts_with(b"HTTP/1.1 505");
    assert!(!answer.windows(12).any(failed), "{}", what());
    let end = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(answer.len());
    let head = answer[..end].to_ascii_lowercase();
    assert!(!head.windows(8).any(|line| line == b"\nx-evil:"), "{}", what());
}

/// A good request is answered; unless it may be refused by design, not in one of these ways.
async fn assert_good(site: &Site, request: &Request, refusals: &[&str]) {
    let bytes = request.bytes();
    let answer = timeout(PATIENCE, send(&site.url, &bytes)).await.expect("it is answered");
    assert_told(0, &bytes, &answer);
    let text = String::from_utf8_lossy(&answer);
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|text| text.get(..3)).unwrap_or_default();
    assert!(!status.is_empty(), "{request:?} is not answered");
    assert!(request.may_be_refused || !refusals.contains(&status), "{request:?}: {text:.300}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_bears_whatever_is_sent_to_it() {
    let site = Site::with(|config| {
        config.limits.failures = 1_000_000;
        config.dialects.tier.requests_per_minute = 1_000_000;
        config.server.header_timeout = Duration::from_millis(250);
        config.server.read_timeout = Duration::from_millis(250);
    })
    .await;
    let good = Arc::new(good::requests(&site).await);
    for request in good.iter() {
        assert_good(&site, request, &["401", "403", "404", "405"]).await;
    }
    let (first, count, time) = rounds();
    let (next, began) = (Arc::new(AtomicU64::new(first)), Instant::now());
    let mut senders = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (good, next, url) = (Arc::clone(&good), Arc::clone(&next), site.url.clone());
        senders.spawn(async move {
            loop {
                let round = next.fetch_add(1, Ordering::Relaxed);
                if round - first >= count || round - first >= FEWEST && began.elapsed() >= time {
                    break;
                }
                let request = mutate::request(&good, &mut StdRng::seed_from_u64(round));
                let answer = timeout(PATIENCE, send(&url, &request)).await;
                let shown = || String::from_utf8_lossy(&request).into_owned();
                let answer = answer.unwrap_or_else(|_| panic!("round {round} hangs:\n{}", shown()));
                assert_told(round, &request, &answer);
            }
        });
    }
    senders.join_all().await;
    let sent = next.load(Ordering::Relaxed) - first;
    eprintln!("{sent} requests made of {} good ones", good.len());
    assert!(sent >= count.min(FEWEST), "only {sent} requests were sent");
    assert_eq!(super::metric(&site, "keyward_panics_total").await, 0);
    super::assert_answers(&site, "whatever was sent").await;
    for request in good.iter().filter(|request| request.method == "GET") {
        assert_good(&site, request, &["401", "403"]).await;
    }
    let metrics = site.get("/metrics").await.body;
    for route in good::routes() {
        assert!(metrics.contains(&format!("route=\"{route}\"")), "{route} was never reached");
    }
}

impl Request {
    /// A request without a body.
    fn get(path: &str, headers: &[&str]) -> Self {
        Self::new("GET", path, headers, String::new())
    }
}
