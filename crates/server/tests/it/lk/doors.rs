//! Who is let in, the page for people, and the listener of its own.

use std::net::SocketAddr;

use keyward_engine::Caller;
use keyward_engine::token::Role;
use keyward_server::config::Origin;
use serde_json::json;

use super::tenant::{Tenant, assert_no, token};
use crate::site::{Site, ask};

/// Every request there is, with a body that would do.
const REQUESTS: [(&str, &str); 17] = [
    ("POST", "/license/activate"),
    ("GET", "/license/status"),
    ("GET", "/license/decoded"),
    ("GET", "/license/decode"),
    ("GET", "/license/installation-key"),
    ("GET", "/license/usage"),
    ("POST", "/license/usage"),
    ("GET", "/licenses"),
    ("GET", "/licenses/1"),
    ("PATCH", "/licenses/1"),
    ("DELETE", "/licenses/1"),
    ("GET", "/devices"),
    ("POST", "/devices"),
    ("GET", "/devices/d"),
    ("DELETE", "/devices/d"),
    ("POST", "/devices/d/activate-license"),
    ("GET", "/license/status?feature=x"),
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_without_a_token_of_an_installation() {
    for site in Site::all_with(|config| config.limits.failures = 10_000).await {
        let customer = Tenant::new(&site, "theia").await;
        let engine = &site.engine;
        let admin =
            engine.create_token(&Caller::operator(), Role::Admin, "admin", None).await.expect("a token");
        let revoked = token(&site, "theia", false).await;
        let of_revoked = engine.tokens().await.expect("tokens").last().expect("the newest").id;
        engine.revoke_token(&Caller::operator(), of_revoked).await.expect("revoked");
        let body = json!({ "deviceId": "d", "licenseKey": customer.lk2("PRO-10", 10, None), "name": "n", "amount": 1 });
        let cases = [
            (String::new(), 401, "UNAUTHORIZED"),
            ("\r\nAuthorization: Bearer".to_owned(), 401, "UNAUTHORIZED"),
            (format!("\r\nAuthorization: Basic {}", customer.token), 401, "UNAUTHORIZED"),
            (format!("\r\nAuthorization: Bearer {}x", customer.token), 401, "UNAUTHORIZED"),
            (format!("\r\nAuthorization: Bearer inst-{}", "0".repeat(64)), 401, "UNAUTHORIZED"),
            (format!("\r\nAuthorization: Bearer {revoked}"), 401, "UNAUTHORIZED"),
            (format!("\r\nCookie: token={}", customer.token), 401, "UNAUTHORIZED"),
            (format!("\r\nAuthorization: Bearer {}", admin.token.expose()), 403, "FORBIDDEN"),
        ];
        for (method, path) in REQUESTS {
            for (header, status, code) in &cases {
                for prefix in ["", "/api"] {
                    let body = if method == "GET" { String::new() } else { body.to_string() };
                    let answer = site.ask(&format!("{method} {prefix}{path} HTTP/1.1{header}"), &body).await;
                    let what = format!("{method} {prefix}{path} {header}");
                    assert_no(&answer, *status, code, &what);
                    assert_eq!(answer.header("www-authenticate").is_some(), *status == 401, "{what}");
                    let remedy = answer.json()["remedy"].clone();
                    assert!(remedy.as_str().is_some_and(|text| text.contains("token create --installation")));
                }
            }
        }
        // Nothing happened.
        assert_eq!(customer.read("/license/status").await["maxDevices"], 3);
        assert_eq!(customer.read("/devices").await, json!([]));
        // The scheme is read as HTTP has it.
        let head = format!("GET /license/status HTTP/1.1\r\nauthorization: bearer {}", customer.token);
        assert_eq!(site.ask(&head, "").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_tokens_locks_out_and_a_good_one_is_never_refused() {
    let site = Site::new().await;
    let customer = Tenant::new(&site, "theia").await;
    let guess = format!("GET /license/status HTTP/1.1\r\nAuthorization: Bearer inst-{}", "0".repeat(64));
    for _ in 0..10 {
        assert_no(&site.ask(&guess, "").await, 401, "UNAUTHORIZED", "a guess");
    }
    let locked = site.ask(&guess, "").await;
    assert_eq!(
        (locked.status, locked.header("retry-after"), &locked.json()["code"]),
        (429, Some("60"), &json!("RATE_LIMITED"),)
    );
    // Who shows none guesses nothing, and who has one is let in.
    assert_no(&site.get("/license/status").await, 401, "UNAUTHORIZED", "none");
    assert_eq!(customer.get("/license/status").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_installation_needs_a_permission_and_is_audited() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let plain = Tenant { token: token(&site, "theia", false).await, ..customer.at(&site) };
        let refused = plain.get("/license/installation-key").await;
        assert_no(&refused, 403, "FORBIDDEN", "without the permission");
        assert!(!refused.body.contains("secret of theia"));
        assert_eq!(plain.get("/license/status").await.status, 200);
        let reveals = async || {
            let entries = site.engine.audit_log(None, 1_000).await.expect("the log");
            entries.iter().filter(|entry| entry.event == "secret.reveal").count()
        };
        let before = reveals().await;
        let answer = customer.get("/api/license/installation-key").await;
        assert_eq!((answer.status, &answer.json()["installationKey"]), (200, &json!("secret of theia")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(reveals().await, before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_a_page_at_the_dialects_address_and_at_its_own_door() {
    let site = Site::with(|config| {
        config.dialects.lk.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let own = &site.urls[1];
    let pages = [
        site.ask("GET /license HTTP/1.1", "").await,
        ask(own, "GET / HTTP/1.1\r\nAccept: text/html", "").await,
        ask(own, "GET /license HTTP/1.1", "").await,
    ];
    for page in &pages {
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'") && !page.body.contains("<script"), "{policy}");
        for text in ["keyward token create --installation", "/license/activate", "/devices"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
    }
    // What is not here is not found, in the words of whose door it is.
    let foreign = ask(own, "POST /api/verify HTTP/1.1", "{}").await;
    assert_no(&foreign, 404, "NOT_FOUND", "another dialect");
    let wrong = ask(own, "PUT /license/status HTTP/1.1", "{}").await;
    assert_no(&wrong, 405, "METHOD_NOT_ALLOWED", "another method");
    for path in ["/health/live", "/metrics"] {
        assert_eq!(ask(own, &format!("GET {path} HTTP/1.1"), "").await.status, 200);
    }
    let customer = Tenant::new(&site, "theia").await;
    assert_eq!(ask(own, &customer.head("GET", "/license/status"), "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_switched_off() {
    let site = Site::with(|config| config.dialects.lk.enabled = false).await;
    for (method, path) in REQUESTS.into_iter().chain([("GET", "/license")]) {
        for prefix in ["", "/api"] {
            let answer = site.ask(&format!("{method} {prefix}{path} HTTP/1.1"), "").await;
            assert_eq!(answer.status, 404, "{method} {prefix}{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_configured_origin_may_ask_and_no_other() {
    const ORIGIN: &str = "https://admin.example.com";
    let site = Site::with(|config| {
        config.dialects.lk.cors_origins = vec![Origin::parse(ORIGIN).expect("an origin")];
    })
    .await;
    let customer = Tenant::new(&site, "theia").await;
    for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), ("https://evil.example.com", None)] {
        for (method, path) in REQUESTS {
            let head = format!(
                "OPTIONS /api{path} HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n\
                 Access-Control-Request-Headers: authorization,content-type,idempotency-key"
            );
            let answer = site.ask(&head, "").await;
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{method} {path}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
        for (head, status) in [
            (customer.head("GET", "/api/license/status"), 200),
            ("GET /api/license/status HTTP/1.1".to_owned(), 401),
        ] {
            let answer = site.ask(&format!("{head}\r\nOrigin: {origin}"), "").await;
            let found = answer.header("access-control-allow-origin");
            assert_eq!((answer.status, found), (status, allowed), "{head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_refusals_are_counted_without_what_they_name() {
    let site = Site::new().await;
    let customer = Tenant::new(&site, "theia").await;
    customer.fill(0..3).await;
    assert_eq!(customer.add("device-3").await.status, 409);
    customer.read("/devices/device-0").await;
    let text = site.get("/metrics").await.body;
    for line in [
        "keyward_http_requests_total{code=\"409\",method=\"POST\",route=\"/devices\"} 1",
        "keyward_http_requests_total{code=\"200\",method=\"GET\",route=\"/devices/{id}\"} 1",
        "keyward_refusals_total{code=\"TOO_MANY_MACHINES\",front=\"lk\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("device-0"));
}
