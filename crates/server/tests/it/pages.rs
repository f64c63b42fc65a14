//! The pages about the server itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use keyward_server::config::MetricsAccess;
use keyward_server::health;
use keyward_server::layers::Front;
use keyward_server::metrics::Page;

use crate::world::{Running, World};

async fn server(access: MetricsAccess, database: Arc<AtomicBool>) -> Running {
    let world = World::new();
    let metrics = Arc::clone(world.layers.metrics());
    let token = Arc::new(|token| Box::pin(async move { token == "good" }) as _);
    let seen = Arc::clone(&metrics);
    let refresh = Arc::new(move || seen.database_up.set(1));
    let page = Page { metrics, access, token, refresh };
    let ready = Arc::new(move || {
        let works = database.load(Ordering::Relaxed);
        Box::pin(async move { vec![("database", works)] }) as _
    });
    let routes = Router::new()
        .merge(page.router())
        .merge(health::router(ready))
        .merge(health::home())
        .fallback(health::not_found);
    let odd = Router::new().route("/validate/{key}", get(|Path(key): Path<String>| async { key }));
    world
        .serve(world.layers.around(Front::SERVER, &[], routes).merge(world.layers.around(
            crate::world::ODD,
            &[],
            odd,
        )))
        .await
}

#[tokio::test]
async fn metrics_are_for_this_computer_or_with_a_token() {
    // Who may, the request's further headers, and the status.
    let forwarded = "\r\nX-Forwarded-For: 198.51.100.7";
    let table = [
        (MetricsAccess::Loopback, "", 200),
        (MetricsAccess::Loopback, forwarded, 403),
        (MetricsAccess::Loopback, "\r\nForwarded: for=198.51.100.7\r\nAuthorization: bearer good", 200),
        (MetricsAccess::Token, "", 403),
        (MetricsAccess::Token, "\r\nAuthorization: Bearer bad", 403),
        (MetricsAccess::Token, "\r\nAuthorization: Bearer good", 200),
        (MetricsAccess::Off, "\r\nAuthorization: Bearer good", 404),
    ];
    for (access, headers, status) in table {
        let server = server(access, Arc::default()).await;
        let answer = server.ask(&format!("GET /metrics HTTP/1.1{headers}"), "").await;
        assert_eq!(answer.status, status, "{access:?} {headers:?}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let server = server(MetricsAccess::Loopback, Arc::default()).await;
    for path in ["/validate/SECRETKEY", "/validate/OTHERKEY", "/SECRETKEY", "/health/live?key=SECRETKEY"] {
        server.get(path).await;
    }
    server.ask("BREW /validate/SECRETKEY HTTP/1.1", "").await;
    let text = server.get("/metrics").await.body;
    for line in [
        "keyward_http_requests_total{code=\"200\",method=\"GET\",route=\"/validate/{key}\"} 2",
        "keyward_http_requests_total{code=\"405\",method=\"other\",route=\"/validate/{key}\"} 1",
        "keyward_http_requests_total{code=\"404\",method=\"GET\",route=\"none\"} 1",
        "keyward_http_request_duration_seconds_count{route=\"/health/live\"} 1",
        "keyward_database_up 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("KEY\""), "{text}");
}

#[tokio::test]
async fn ready_is_another_question_than_alive() {
    let database = Arc::new(AtomicBool::new(true));
    let server = server(MetricsAccess::Off, Arc::clone(&database)).await;
    assert_eq!(server.get("/health/live").await.body, r#"{"status":"ok"}"#);
    let ready = server.get("/health/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"checks":{"database":"ok"},"status":"ok"}"#));
    database.store(false, Ordering::Relaxed);
    let ready = server.get("/health/ready").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, r#"{"checks":{"database":"failed"},"status":"unavailable"}"#)
    );
    assert_eq!(server.get("/health/live").await.status, 200);
}
