//! `keyward serve` as a process, and a client that sees statuses and bodies.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::World;

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server. Killed when it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) host: String,
    /// What it said until it was ready.
    pub(crate) said: String,
    /// What it said since.
    log: Arc<Mutex<String>>,
}

/// An answer that came whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it leads.
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Served {
    pub(crate) fn start(world: &World) -> Self {
        Self::with(world, &[], &[])
    }

    pub(crate) fn with(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(world);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// Of a command that becomes `keyward serve`.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().expect("keyward starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        let mut host = String::new();
        // The last line of what a newcomer is told names the last address.
        while !said.contains("/api/verify") {
            let mut line = String::new();
            let read = lines.read_line(&mut line).expect("text");
            said.push_str(&line);
            assert!(read > 0, "the server ended: {said}");
            if let Some((_, url)) = line.split_once("is ready at ").and_then(|(_, url)| url.split_once("://"))
            {
                host = url.trim().trim_end_matches('/').to_owned();
            }
        }
        // Read on, so that the server never waits for a full pipe.
        let log = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = heard.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, host, said, log }
    }

    /// What it said since it was ready.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn gone(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is asked")
    }

    /// The power cut: no handler of the program's own runs.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.gone();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
    }

    /// SIGTERM, and its exit status.
    pub(crate) fn stop(&mut self) -> i32 {
        self.signal("-TERM");
        let status = self.child.wait().expect("it ends");
        status.code().expect("it exits")
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        ask(&self.host, "GET", path, "", "").expect("an answer")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        ask(&self.host, "POST", path, "", &body.to_string()).expect("an answer")
    }

    /// Asks until the status is the wanted one, for a second at most.
    #[expect(clippy::disallowed_methods, reason = "how long a person waits")]
    pub(crate) fn within_a_second(&self, path: &str, wanted: u16) {
        let begun = Instant::now();
        while self.get(path).0 != wanted {
            assert!(begun.elapsed() < Duration::from_secs(1), "{path} is not {wanted} within a second");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Gone already where a test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.current_dir(&world.directory).stdin(Stdio::null());
    command
}

/// Waits for something that is sure to come.
#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `None` when the server went away before it answered whole.
pub(crate) fn ask(host: &str, method: &str, path: &str, headers: &str, body: &str) -> Option<(u16, Value)> {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    let answer = exchange(host, method, path, &headers, body)?;
    Some((answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null)))
}

/// As [`ask`], with what the answer says as it is.
pub(crate) fn exchange(host: &str, method: &str, path: &str, headers: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    };
    // Cut off in the middle it is no answer.
    let is_whole = header("content-length").is_none_or(|length| length.parse() == Ok(body.len()));
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let location = header("location").map(str::to_owned);
    is_whole.then(|| Answer { status, location, body: body.to_owned() })
}
