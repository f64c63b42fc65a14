//! Targets of requests: tricks with paths reach nothing but what has that very path, and long ones are refused.

use keyward_server::config::{MetricsAccess, StatsAccess};

use crate::site::Site;
use crate::world::Answer;

fn assert_told(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    assert!(answer.header("x-request-id").is_some(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_leads_around_a_route() {
    let site = Site::with(|config| {
        config.dialects.pool.stats = StatsAccess::Token;
        config.server.metrics = MetricsAccess::Token;
    })
    .await;
    for (path, status) in [("/api/stats", 401), ("/metrics", 403)] {
        assert_told(&site.get(path).await, status, path);
    }
    for path in [
        "/./metrics",
        "/metrics/.",
        "//metrics",
        "/api/../metrics",
        "/metrics%00",
        "/metrics;x",
        "/METRICS",
        "/./api/stats",
        "/api/./stats",
        "/api/../api/stats",
        "/console/../api/stats",
        "/..;/api/stats",
        "/api/stats/",
        "/api/stats/.",
        "//api/stats",
        "/api//stats",
        "/%2e/api/stats",
        "/api/%2e%2e/api/stats",
        "/api%2fstats",
        "/api%5cstats",
        "/api\\stats",
        "/%61pi/stats",
        "/api/stats%00",
        "/api/stats%00.css",
        "/api/stats;.css",
        "/api/stats.css",
        "/api/stats%20",
        "/api/stats%0d%0aX-Evil:%201",
        "/api/stats%ff",
        "/api/stats%c0%af",
        "/API/stats",
        "/metrics/",
        "/%6detrics",
        "/health/live/..",
        "/records/../../../../etc/passwd",
        "/records/style.css/",
        "/records/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    ] {
        let answer = site.get(path).await;
        // What is below a route with a part of any name is that part's affair: it asks to sign in.
        let status = if path.starts_with("/records/%2e") { 401 } else { 404 };
        assert_told(&answer, status, path);
        assert!(!answer.body.contains("root:") && !answer.head.contains("X-Evil"), "{path}: {answer:?}");
    }
    // Below the console everything asks to sign in, whatever it is.
    for path in
        ["/console/..", "/console/../console/keys", "/console//keys", "/console/%2e%2e/x", "/console/%00"]
    {
        let answer = site.get(path).await;
        assert!([401, 404].contains(&answer.status), "{path}: {answer:?}");
    }
    super::assert_answers(&site, "paths").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_console_is_found_by_its_one_name() {
    let site = Site::new().await;
    let page = site.get("/console/sign-in").await.body;
    let style = crate::console_pages::between(&page, "rel=\"stylesheet\" href=\"", "\"");
    assert_eq!(site.get(style).await.status, 200);
    let (folder, name) = style.rsplit_once('/').expect("a folder");
    for path in [
        format!("{folder}/../{name}"),
        format!("{folder}/./{name}"),
        format!("{folder}//{name}"),
        format!("{folder}/%2e%2e/{name}"),
        format!("{folder}/"),
        format!("{style}%00"),
        format!("{style}/"),
        format!("{folder}/..%2f..%2fCargo.toml"),
    ] {
        let answer = site.get(&path).await;
        assert!([401, 404].contains(&answer.status), "{path}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_of_another_form_is_taken_by_its_path_or_not_at_all() {
    let site = Site::new().await;
    // A client may send the whole address (RFC 9112, section 3.2.2). Whose host it names makes no difference.
    for target in ["http://test/api/health", "http://evil.example:1/api/health", "HTTP://TEST/api/health"] {
        assert_told(&site.get(target).await, 200, target);
    }
    for (method, target) in [
        ("GET", "http://evil.example"),
        ("GET", "http://evil.example/"),
        ("GET", "http://127.0.0.1:22/"),
        ("GET", "https://user:password@evil.example/nothing"),
        ("GET", "file:///etc/passwd"),
        ("GET", "*"),
        ("OPTIONS", "*"),
        ("CONNECT", "evil.example:443"),
        ("CONNECT", "/api/health"),
        ("GET", "evil.example:443"),
        ("GET", "api/health"),
        ("GET", "?x"),
        ("GET", "#x"),
        ("GET", "/api/health#x"),
        ("GET", "\\api\\health"),
        ("PRI", "*"),
    ] {
        let answer = site.ask(&format!("{method} {target} HTTP/1.1"), "").await;
        let what = format!("{method} {target}: {answer:?}");
        // `/` leads to the console, and a fragment is no part of a path.
        let fine = (200..500).contains(&answer.status) || answer.status == 505;
        assert!(fine, "{what}");
        assert!(!answer.body.contains("root:") && !answer.body.contains("SSH"), "{what}");
    }
    super::assert_answers(&site, "targets").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_may_be_long_but_not_endless() {
    let site = Site::new().await;
    for (length, statuses) in
        [(8_000, [404, 404]), (60_000, [404, 404]), (70_000, [414, 431]), (900_000, [414, 431])]
    {
        for target in [
            "/".repeat(length),
            format!("/{}", "%2e%2e/".repeat(length / 7)),
            format!("/x?{}", "q".repeat(length)),
        ] {
            let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
            let mut stream = crate::site::connect(&site.url).await;
            // The server may have answered and closed before it is all sent.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await;
            let text = String::from_utf8_lossy(&super::rest(&mut stream).await).into_owned();
            let status = text.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
            // A connection that is cut while the client still sends loses its answer.
            assert!(status.is_none_or(|status| statuses.contains(&status)), "{length}: {text:.200}");
            assert!(status.is_some() || length > 64_000, "{length} {target:.20}");
        }
    }
    super::assert_answers(&site, "long targets").await;
}
