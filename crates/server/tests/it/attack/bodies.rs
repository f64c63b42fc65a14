//! Bodies, at every route that takes one: too large, too slow, too deep, no text, of the wrong type. What each front says
//! of them in its words is shown where its other answers are.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::fuzz::good;
use super::fuzz::request::Request;
use crate::site::{Site, connect};

const LIMIT: usize = 64 * 1_024;

/// A request with another body, and the length that it names.
fn with_body(request: &Request, body: &[u8], length: usize) -> Vec<u8> {
    let bare = Request { body: String::new(), ..request.clone() };
    let mut lines = bare.lines();
    lines.push(format!("Content-Length: {length}"));
    super::fuzz::request::joined(&lines, body)
}

async fn status(site: &Site, request: &[u8]) -> u16 {
    let answer = super::fuzz::send(&site.url, request).await;
    let text = String::from_utf8_lossy(&answer);
    text.strip_prefix("HTTP/1.1 ").and_then(|text| text.get(..3)?.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_is_harmed_by_a_body() {
    let site = Site::with(|config| {
        config.limits.failures = 1_000_000;
        config.dialects.tier.requests_per_minute = 1_000_000;
        config.server.body_limit.0 = LIMIT;
        config.server.read_timeout = Duration::from_millis(20);
    })
    .await;
    let mut requests = good::requests(&site).await;
    requests.retain(|request| !request.body.is_empty());
    requests.sort_by(|one, other| (&one.method, &one.path).cmp(&(&other.method, &other.path)));
    requests.dedup_by(|one, other| (&one.method, &one.path) == (&other.method, &other.path));
    assert!(requests.len() > 50, "there are many");
    for request in &requests {
        let what = format!("{} {}", request.method, request.path);
        let body = request.body.as_bytes();
        let no = status(&site, &with_body(request, body, body.len() + 1)).await;
        assert!((400..500).contains(&no), "{what}: half a body: {no}");
        let large = [body, &vec![b' '; LIMIT + 1 - body.len()]].concat();
        let no = status(&site, &with_body(request, &large, large.len())).await;
        assert!((400..500).contains(&no), "{what}: a large body: {no}");
        let deep = "[".repeat(LIMIT / 2) + &"]".repeat(LIMIT / 2);
        for bad in [deep.as_bytes(), b"\xff\xfe=\xc0\xaf&\xed\xa0\x80", &[0; 100], b"{\"a\":1}", b"a=b"] {
            let told = status(&site, &with_body(request, bad, bad.len())).await;
            assert!(
                (200..500).contains(&told),
                "{what}: {}: {told}",
                String::from_utf8_lossy(&bad[..5.min(bad.len())])
            );
        }
        let mut other = request.clone();
        other.headers.retain(|line| !line.starts_with("Content-Type"));
        other.headers.push("Content-Type: multipart/form-data; boundary=x".to_owned());
        let told = status(&site, &other.bytes()).await;
        assert!((200..500).contains(&told), "{what}: of another type: {told}");
    }
    assert_eq!(super::metric(&site, "keyward_panics_total").await, 0);
    super::assert_answers(&site, "bodies").await;
}

/// One byte at a time, each in a chunk of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_as_many_pieces_as_it_has_bytes_is_the_same_body() {
    let site = Site::new().await;
    let key = site.tier_key("pro", "somebody").await.key;
    let body = format!("{{\"license\": \"{key}\", \"padding\": \"{}\"}}", "x".repeat(50_000));
    let mut request = b"POST /api/verify HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        .to_vec();
    for byte in body.bytes() {
        request.extend_from_slice(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(status(&site, &request).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_large_bodies_at_once_are_refused_and_small_ones_are_not() {
    let site = Site::with(|config| config.server.body_limit.0 = LIMIT).await;
    let key = site.tier_key("pro", "somebody").await.key;
    let head = format!("POST /api/activate HTTP/1.1\r\nHost: test\r\nContent-Length: {LIMIT}\r\n\r\n");
    let mut held = Vec::new();
    // Small parts of them are free.
    for _ in 0..250 {
        let mut stream = connect(&site.url).await;
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        stream.write_all(&vec![b'x'; LIMIT - 1]).await.expect("it is sent");
        held.push(stream);
    }
    let mut refused = 0;
    for stream in &mut held {
        let mut answer = [0; 12];
        if let Ok(Ok(_)) = timeout(Duration::from_millis(10), stream.read_exact(&mut answer)).await {
            assert_eq!(&answer, b"HTTP/1.1 429", "{:?}", String::from_utf8_lossy(&answer));
            refused += 1;
        }
    }
    assert!(refused > 50, "{refused} were refused");
    let asked = site.post("/api/verify", &serde_json::json!({ "license": key })).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    drop(held);
    // What they held is given back.
    let large = serde_json::json!({ "license": key, "padding": "x".repeat(LIMIT / 2) });
    for _ in 0..100 {
        if site.post("/api/verify", &large).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("there is no room again");
}
