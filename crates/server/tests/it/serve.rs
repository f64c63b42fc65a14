//! Connections, and how they end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use keyward_server::serve::{Ending, Listener, run, signals};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use crate::world::{Answer, World};

const REQUEST: &[u8] = b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n";

/// A slow handler, and word of each request that reached it.
fn routes(takes: Duration) -> (Router, Arc<Notify>) {
    let reached = Arc::new(Notify::new());
    let word = Arc::clone(&reached);
    let slow = get(move || async move {
        word.notify_one();
        tokio::time::sleep(takes).await;
        "done"
    });
    (Router::new().route("/", get(|| async { "hello" })).route("/slow", slow), reached)
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_is_closed_when_idle() {
    let world = World::with(|server| server.header_timeout = Duration::from_millis(500));
    let (routes, _) = routes(Duration::ZERO);
    let server = world.odd(routes).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
        let mut buffer = [0; 1_024];
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..length].ends_with(b"hello"));
    }
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0, "closed by the server");
    let mut slow = server.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let answer = Answer::read(&mut slow).await;
    assert_ne!(answer.status, 200, "half a head is no request");
}

#[tokio::test]
async fn a_client_that_closes_its_half_is_answered_all_the_same() {
    let (routes, _) = routes(Duration::from_millis(100));
    let server = World::new().odd(routes).await;
    let mut stream = server.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = Answer::read(&mut stream).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
}

#[tokio::test]
async fn what_is_in_flight_is_finished_and_nothing_more_is_accepted() {
    let (routes, reached) = routes(Duration::from_millis(300));
    let server = World::new().odd(routes).await;
    let mut busy = server.connect().await;
    busy.write_all(REQUEST).await.unwrap();
    let mut idle = server.connect().await;
    reached.notified().await;
    server.stop.send(()).unwrap();
    let answer = Answer::read(&mut busy).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap_or(0), 0, "an idle connection is closed");
    assert_eq!(server.ending.await.unwrap(), Ending::Drained);
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn draining_has_an_end() {
    let world = World::with(|server| server.drain_timeout = Duration::from_millis(200));
    let (routes, reached) = routes(Duration::from_secs(60));
    let server = world.odd(routes).await;
    let mut busy = server.connect().await;
    busy.write_all(REQUEST).await.unwrap();
    reached.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(server.ending.await.unwrap(), Ending::TimedOut);
    assert_eq!(Answer::read(&mut busy).await.status, 0, "cut off");
}

#[tokio::test]
async fn a_second_word_ends_at_once() {
    let (routes, reached) = routes(Duration::from_secs(60));
    let server = World::new().odd(routes).await;
    let mut busy = server.connect().await;
    busy.write_all(REQUEST).await.unwrap();
    reached.notified().await;
    server.stop.send(()).unwrap();
    server.stop.send(()).unwrap();
    assert_eq!(server.ending.await.unwrap(), Ending::AtOnce);
    assert_eq!(Answer::read(&mut busy).await.status, 0, "cut off");
}

#[tokio::test]
async fn an_address_that_cannot_be_opened_says_why_and_what_to_do() {
    let taken = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let port = taken.address().port();
    let error = Listener::bind(taken.address(), None).await.err().expect("it is taken");
    assert_eq!(
        error.to_string(),
        format!("cannot listen on 127.0.0.1:{port}: another program has this port")
    );
    assert!(
        error.remedy().starts_with("stop the other program, or choose another address: --listen 127.0.0.1:")
    );
    let foreign: SocketAddr = "192.0.2.1:8080".parse().unwrap();
    let error = Listener::bind(foreign, None).await.err().expect("it is not ours");
    assert!(error.to_string().ends_with("this computer does not have that address"), "{error}");
    assert!(error.remedy().contains("--listen 0.0.0.0:8080"));
}

#[tokio::test]
async fn sigterm_drains() {
    let world = World::new();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let (stop, _) = signals().expect("signals can be awaited");
    let server = tokio::spawn(run(vec![(listener, routes(Duration::ZERO).0)], world.times, stop));
    tokio::time::sleep(Duration::from_millis(50)).await;
    // To this process alone, whose signals are awaited by now.
    let own = std::process::id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &own]).status().unwrap().success());
    assert_eq!(server.await.unwrap(), Ending::Drained);
}
