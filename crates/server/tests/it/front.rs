//! Everything around a handler, in the words of its front.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use keyward_server::config::{ByteSize, Origin};
use keyward_server::health::not_found;
use keyward_server::layers::{ClientAddress, Context, RawBody, RequestId};
use tokio::io::AsyncWriteExt as _;

use crate::world::{Answer, ODD, World};

fn routes() -> Router {
    Router::new()
        .route("/who", get(|ClientAddress(address): ClientAddress| async move { address.to_string() }))
        .route("/id", get(|id: RequestId| async move { id.to_string() }))
        .route("/secure", get(|context: Context| async move { context.is_secure.to_string() }))
        .route("/echo", post(|RawBody(body): RawBody| async move { body }))
        .route("/panic", get(panics))
        .fallback(not_found)
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let server = World::new().odd(routes()).await;
    let first = server.get("/id").await;
    assert_eq!((first.status, first.header("x-request-id")), (200, Some(first.body.as_str())));
    let second = server.get("/id").await;
    assert_ne!(first.body, second.body);
    let unknown = server.get("/nowhere").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["error_code"], "NOT_FOUND");
    assert_eq!(unknown.json()["id"].as_str(), unknown.header("x-request-id"));
    let wrong = server.ask("DELETE /id HTTP/1.1", "").await;
    assert_eq!(wrong.status, 405);
    assert!(wrong.header("x-request-id").is_some() && wrong.header("allow").is_some());
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_server_goes_on() {
    let world = World::new();
    let server = world.odd(routes()).await;
    let answer = server.get("/panic").await;
    assert_eq!((answer.status, answer.json()["error_code"].as_str()), (500, Some("INTERNAL_ERROR")));
    assert!(!answer.body.contains("on purpose"));
    assert_eq!(answer.json()["id"].as_str(), answer.header("x-request-id"));
    assert!(world.layers.metrics().render().contains("keyward_panics_total 1"));
    assert_eq!(server.get("/id").await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_the_words_of_the_front() {
    let server = World::with(|server| server.body_limit = ByteSize(1_000)).odd(routes()).await;
    let largest = "x".repeat(1_000);
    let answer = server.ask("POST /echo HTTP/1.1", &largest).await;
    assert_eq!((answer.status, answer.body), (200, largest));
    let chunk = |size: usize| format!("{size:x}\r\n{}\r\n", "x".repeat(size));
    let chunked = |chunks: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
        )
    };
    assert_eq!(server.raw(&chunked(&(chunk(500) + &chunk(500)))).await.status, 200);
    for answer in [
        server.ask("POST /echo HTTP/1.1", &"x".repeat(1_001)).await,
        server.ask("POST /echo HTTP/1.1", &"x".repeat(7_000)).await,
        server.ask("POST /id HTTP/1.1", &"x".repeat(1_001)).await,
        server.raw(&chunked(&(chunk(500) + &chunk(501)))).await,
        server
            .raw("POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
            .await,
    ] {
        assert_eq!(
            (answer.status, answer.json()["error_code"].as_str()),
            (413, Some("BODY_TOO_LARGE")),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_refused() {
    let server = World::with(|server| server.read_timeout = Duration::from_millis(100)).odd(routes()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfive!").await.unwrap();
    let answer = Answer::read(&mut stream).await;
    assert_eq!((answer.status, answer.json()["error_code"].as_str()), (408, Some("BODY_TIMED_OUT")));
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let head = |path| {
        format!(
            "GET {path} HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-Forwarded-Proto: https"
        )
    };
    let server = World::new().odd(routes()).await;
    assert_eq!(server.ask(&head("/who"), "").await.body, "127.0.0.1");
    assert_eq!(server.ask(&head("/secure"), "").await.body, "false");
    let world = World::with(|server| server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    let server = world.odd(routes()).await;
    assert_eq!(server.get("/who").await.body, "127.0.0.1");
    assert_eq!(server.ask(&head("/who"), "").await.body, "198.51.100.7");
    assert_eq!(server.ask(&head("/secure"), "").await.body, "true");
}

#[tokio::test]
async fn only_pages_of_configured_origins_may_read_answers() {
    let world = World::with(|server| server.body_limit = ByteSize(10));
    let origins = [Origin::parse("https://app.example.com").unwrap()];
    let server = world.serve(world.layers.around(ODD, &origins, routes())).await;
    let allowed = |answer: &Answer| answer.header("access-control-allow-origin").map(ToOwned::to_owned);
    let from = |line: &str, origin: &str| format!("{line} HTTP/1.1\r\nOrigin: {origin}");
    let ours = server.ask(&from("GET /id", "https://app.example.com"), "").await;
    assert_eq!(allowed(&ours).as_deref(), Some("https://app.example.com"));
    let other = server.ask(&from("GET /id", "https://evil.example.com"), "").await;
    assert_eq!((other.status, allowed(&other)), (200, None));
    let refused = server.ask(&from("POST /echo", "https://app.example.com"), "more than ten").await;
    assert_eq!((refused.status, allowed(&refused).as_deref()), (413, Some("https://app.example.com")));
    let preflight = from("OPTIONS /echo", "https://app.example.com")
        + "\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type";
    let preflight = server.ask(&preflight, "").await;
    assert_eq!((preflight.status, allowed(&preflight).as_deref()), (200, Some("https://app.example.com")));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
    assert!(preflight.header("x-request-id").is_some());
}
