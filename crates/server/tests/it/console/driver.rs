//! chromedriver, and the protocol that it speaks (W3C WebDriver): one request on a connection of its own for each command.
//!
//! It is started once, for all tests of this program. It belongs to a shell script in a process group of its own that waits
//! for the end of its standard input, that is of this program, however that ends; then nothing of any browser is left.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

/// Names chromedriver; `none` leaves the tests in the browser out.
const VARIABLE: &str = "KEYWARD_TEST_BROWSER";
const KEEP: &str = include_str!("keep.sh");
/// No command takes longer, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(120);

static DRIVER: LazyLock<Option<Driver>> = LazyLock::new(Driver::start);

struct Driver {
    port: u16,
    /// Holds the other end of the script's standard input.
    _keeper: Child,
}

impl Driver {
    fn start() -> Option<Self> {
        let program = std::env::var(VARIABLE).unwrap_or_else(|_| "chromedriver".to_owned());
        if program == "none" {
            return None;
        }
        let mut keeper = Command::new("sh")
            .args(["-c", KEEP, "keep.sh", &program])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let mut said = BufReader::new(keeper.stdout.take().expect("a pipe"));
        let (mut text, mut port) = (String::new(), None);
        while port.is_none() && said.read_line(&mut text).is_ok_and(|read| read > 0) {
            let line = text.lines().last().unwrap_or_default();
            port = line
                .split_once("successfully on port ")
                .and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok());
        }
        let port = port.unwrap_or_else(|| {
            panic!(
                "`{program}` does not start: run `cargo xtask test`, or install Chromium and chromedriver (on Debian: \
                 chromium chromium-driver) and name the latter in {VARIABLE}; `{VARIABLE}=none` leaves the tests in \
                 the browser out\n{text}"
            )
        });
        // Read on, so that it never waits for a full pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Some(Self { port, _keeper: keeper })
    }
}

/// Whether there are tests in the browser at all. Starts chromedriver, which takes a moment.
pub(super) async fn is_wanted() -> bool {
    tokio::task::spawn_blocking(|| DRIVER.is_some()).await.expect("chromedriver starts")
}

/// One command; what went wrong is chromedriver's own sentence.
pub(super) async fn command(method: &'static str, path: String, body: Value) -> Result<Value, String> {
    let sent = tokio::task::spawn_blocking(move || send(method, &path, &body));
    sent.await.map_err(|error| error.to_string())?
}

/// The same for where nobody can wait.
pub(super) fn send(method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let port = DRIVER.as_ref().ok_or("there is no chromedriver")?.port;
    let answer = exchange(port, method, path, body).map_err(|error| format!("{method} {path}: {error}"))?;
    let mut answer: Value =
        serde_json::from_slice(&answer).map_err(|error| format!("{method} {path}: {error}"))?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    match value.get("error").and_then(Value::as_str) {
        Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
        None => Ok(value),
    }
}

fn exchange(port: u16, method: &str, path: &str, body: &Value) -> std::io::Result<Vec<u8>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let body = if method == "POST" { body.to_string() } else { String::new() };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let (mut answer, mut line, mut length) = (BufReader::new(stream), String::new(), 0);
    while answer.read_line(&mut line)? > 2 {
        if let Some(("content-length", value)) = line.to_ascii_lowercase().split_once(':') {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
        line.clear();
    }
    // Not up to the end of the connection: browsers inherit it, and hold it open.
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    Ok(body)
}

/// A browser of its own, by its session's id.
pub(super) async fn new_session(languages: &str) -> String {
    let arguments = [
        "--headless=new",
        // Tests may run as root, for whom Chromium has no sandbox, and in containers with little shared memory.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--hide-scrollbars",
        "--window-size=1280,900",
    ];
    let wanted = json!({
        "browserName": "chrome",
        "timeouts": { "script": 90_000, "pageLoad": 90_000, "implicit": 0 },
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": languages } },
    });
    let body = json!({ "capabilities": { "alwaysMatch": wanted } });
    let opened = command("POST", "/session".to_owned(), body).await.expect("a browser opens");
    opened["sessionId"].as_str().expect("an id").to_owned()
}
