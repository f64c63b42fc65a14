//! Bodies, at every route that takes one: too large, too slow, too deep, no text, of the wrong type. What each front says
//! of them in its words is shown where its other answers are.

use std::time::Duration;

use super::fuzz::good;
use super::fuzz::request::Request;
use crate::site::Site;

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
