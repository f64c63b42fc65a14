//! `keyward serve` as a process, and a client that sees statuses and bodies.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::World;

/// No start takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server. Killed when it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) host: String,
    /// What it said until it was ready.
    pub(crate) said: String,
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
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, host, said }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn gone(&mut self) {
        self.child.wait().expect("it ends");
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

/// `None` when the server went away before it answered whole.
pub(crate) fn ask(host: &str, method: &str, path: &str, headers: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}
