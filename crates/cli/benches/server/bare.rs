//! The yardstick: a bare handler on the same runtime and allocator, that parses the same body and answers the same bytes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use serde_json::Value;

use crate::program::Served;

/// The argument with which this program becomes a bare server, before the file of what it answers.
pub(crate) const ARGUMENT: &str = "--bare";
const WORDS: &str = "bare at http://";

/// What it answers.
pub(crate) struct Answers {
    pub(crate) validate: String,
    pub(crate) verify: String,
}

/// Starts one as a process of its own, like the program.
pub(crate) fn serve(answers: &Answers, directory: &Path) -> Served {
    let file = directory.join("answers.txt");
    std::fs::write(&file, format!("{}\n{}\n", answers.validate, answers.verify)).expect("it is written");
    let mut command = Command::new(std::env::current_exe().expect("its own name"));
    command.arg(ARGUMENT).arg(file).stdin(Stdio::null()).stdout(Stdio::null());
    Served::start(command, WORDS)
}

/// The process.
pub(crate) fn run(file: &str) {
    let text = std::fs::read_to_string(file).expect("the answers");
    let (validate, verify) = text.split_once('\n').expect("two lines");
    let answers = Answers { validate: validate.to_owned(), verify: verify.trim_end().to_owned() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut errors = std::io::stderr();
        writeln!(errors, "{WORDS}{}", listener.local_addr().expect("an address")).expect("it is said");
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let router = Router::new()
            .route("/api/validate/{key}", get(validates))
            .route("/api/verify", post(verifies))
            .with_state(Arc::new(answers));
        axum::serve(listener, router).await.expect("it serves");
    });
}

async fn validates(
    State(answers): State<Arc<Answers>>,
    Segment(key): Segment<String>,
) -> impl IntoResponse + use<> {
    let body = if key.is_empty() { String::new() } else { answers.validate.clone() };
    ([(CONTENT_TYPE, "application/json")], body)
}

async fn verifies(
    State(answers): State<Arc<Answers>>,
    body: Bytes,
) -> Result<impl IntoResponse + use<>, StatusCode> {
    let body: Value = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    body["license"].as_str().ok_or(StatusCode::BAD_REQUEST)?;
    Ok(([(CONTENT_TYPE, "application/json")], answers.verify.clone()))
}
