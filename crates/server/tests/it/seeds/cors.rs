//! Which web pages may ask from a browser: those of the configured origins.

use keyward_server::config::Origin;
use serde_json::json;

use crate::site::Site;
use crate::world::Answer;

const ORIGIN: &str = "https://your-quantum-falcon-domain.com";

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

async fn preflight(site: &Site, path: &str, origin: &str) -> Answer {
    let head = format!(
        "OPTIONS {path} HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: content-type"
    );
    site.ask(&head, "").await
}

async fn configured() -> Site {
    Site::with(|config| config.dialects.tier.cors_origins = vec![Origin::parse(ORIGIN).expect("an origin")])
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_configured_origin_may_ask_and_read_every_answer() {
    let site = configured().await;
    for path in ["/api/verify", "/api/validate"] {
        let answer = preflight(&site, path, ORIGIN).await;
        assert_eq!((answer.status, allowed(&answer)), (200, Some(ORIGIN)), "{path}");
        let methods = answer.header("access-control-allow-methods").unwrap_or_default();
        assert!(methods.split(',').any(|method| method.trim() == "POST"), "{methods}");
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(answer.head.to_lowercase().contains("vary: origin"), "{}", answer.head);
    }
    let origin = format!("\r\nOrigin: {ORIGIN}");
    let body = json!({ "license": site.tier_key("pro", "u").await.key });
    for (body, status) in [(&body, 200), (&json!({}), 400), (&json!({ "license": "hello" }), 401)] {
        let answer = site.post_with("/api/verify", &origin, body).await;
        assert_eq!((answer.status, allowed(&answer)), (status, Some(ORIGIN)));
    }
    // Preflights were none of the ten.
    for _ in 0..7 {
        assert_eq!(site.post_with("/api/verify", &origin, &body).await.status, 200);
    }
    let limited = site.post_with("/api/verify", &origin, &body).await;
    assert_eq!((limited.status, allowed(&limited)), (429, Some(ORIGIN)));
    let exposed = limited.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    assert!(exposed.contains("retry-after"), "{exposed}");
    let health = site.ask(&format!("GET /api/health HTTP/1.1{origin}"), "").await;
    assert_eq!((health.status, allowed(&health)), (200, Some(ORIGIN)));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_may_read_anything() {
    let site = configured().await;
    let body = json!({ "license": site.tier_key("pro", "u").await.key });
    for origin in [
        "https://evil.example.com",
        "null",
        "http://your-quantum-falcon-domain.com",
        &format!("{ORIGIN}.evil.com"),
    ] {
        let answer = preflight(&site, "/api/verify", origin).await;
        assert_eq!(allowed(&answer), None, "{origin}");
        let answer = site.post_with("/api/verify", &format!("\r\nOrigin: {origin}"), &body).await;
        assert_eq!((answer.status, allowed(&answer)), (200, None), "{origin}");
    }
    // What is configured for one dialect holds for no other, and for none of the server's own pages.
    for path in ["/api/stats", "/health/ready", "/metrics"] {
        let answer = site.ask(&format!("GET {path} HTTP/1.1\r\nOrigin: {ORIGIN}"), "").await;
        assert_eq!((answer.status, allowed(&answer)), (200, None), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_configuration_no_page_may() {
    let site = Site::new().await;
    let answer = preflight(&site, "/api/verify", ORIGIN).await;
    assert_eq!((answer.status, allowed(&answer)), (405, None));
    let answer = site.post_with("/api/verify", &format!("\r\nOrigin: {ORIGIN}"), &json!({})).await;
    assert_eq!((answer.status, allowed(&answer)), (400, None));
}
