//! Log lines: the name of the request is in them, and nothing that may be a key.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use keyward_server::config::{Log, LogFormat, LogLevel};
use keyward_server::logs::subscriber;
use tracing::instrument::WithSubscriber as _;

use crate::world::World;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_or(Ok(0), |mut kept| kept.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asks for a key on a path and in a query; gives the answer's request id and the log.
async fn logged(format: LogFormat) -> (String, String) {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = Log { format, level: LogLevel::parse("debug").expect("a level") };
    let handler = get(|| async {
        tracing::info!(license.id = 7, "looked at licence 7");
        let (agent, host) = ("a\nb \u{1b}[2J", "c\nd");
        tracing::warn!(agent, host = %host, "said {agent}");
        "yes"
    });
    // A test thread of its own; a server's connections are tasks, so the router is asked without one.
    let routes = World::new().layers.around(crate::world::ODD, &[], Router::new().route("/v/{key}", handler));
    let request = axum::http::Request::get("/v/SECRETKEY?token=HUSH").header("x-forwarded-for", "1.2.3.4");
    let request = request.body(axum::body::Body::empty()).expect("a request");
    let answer = async {
        let answer = tower::ServiceExt::oneshot(routes, request).await;
        tracing::info!("nobody's line");
        answer
    };
    let answer = answer.with_subscriber(subscriber(&log, false, move || writer.clone())).await;
    let answer = answer.expect("routers always answer");
    let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    let text = String::from_utf8(lines.0.lock().expect("nobody panicked").clone()).expect("text");
    (id, text)
}

#[tokio::test]
async fn lines_for_machines_are_objects_that_name_the_request() {
    let (id, text) = logged(LogFormat::Json).await;
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line =
        lines.iter().find(|line| line["message"] == "looked at licence 7").expect("the handler's line");
    assert_eq!(line["license.id"], 7);
    assert_eq!(line["request.id"], id.as_str(), "{text}");
    assert_eq!((&line["http.method"], &line["http.route"]), (&"GET".into(), &"/v/{key}".into()), "{text}");
    assert_eq!(line["client.address"], "0.0.0.0", "{text}");
    let end = lines.iter().find(|line| line["http.code"] == 200).expect("the door's line");
    let after = lines.iter().find(|line| line["message"] == "nobody's line").expect("the line after it");
    assert!(after["request.id"].is_null(), "{text}");
    assert_eq!((&end["level"], &end["request.id"]), (&"DEBUG".into(), &id.as_str().into()), "{text}");
    assert!(!text.contains("SECRETKEY") && !text.contains("HUSH"), "{text}");
}

#[tokio::test]
async fn lines_for_people_read_alone() {
    let (id, text) = logged(LogFormat::Text).await;
    let line = text.lines().find(|line| line.contains("looked at licence 7")).expect("the handler's line");
    let named = format!(" request.id={id} http.method=GET http.route=/v/{{key}} client.address=0.0.0.0");
    assert!(line.contains(" INFO ") && line.ends_with(&named), "{line}");
    let line = text.lines().find(|line| line.contains("nobody's line")).expect("the line after it");
    assert!(line.ends_with("nobody's line"), "{line}");
    let line = text.lines().find(|line| line.contains(" said ")).expect("the second line");
    assert!(line.contains(r#"agent="a\nb \u{1b}[2J""#) && line.contains(r"host=c\u{a}d"), "{line}");
    assert!(line.contains(r"said a\u{a}b \u{1b}[2J"), "{line}");
    assert!(text.contains("ignored a forwarded header from 0.0.0.0"), "{text}");
    assert!(!text.contains("SECRETKEY") && !text.contains("HUSH"), "{text}");
}
