//! The program on a database of a benchmark's own, as a command and as a server.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program on a database.
pub(crate) struct Program {
    data: PathBuf,
    url: Option<String>,
}

impl Program {
    /// In a directory, or with its database at an address of PostgreSQL.
    pub(crate) fn new(data: &Path, url: Option<&str>) -> Self {
        Self { data: data.to_owned(), url: url.map(str::to_owned) }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command.args(arguments).arg("--data").arg(&self.data).stdin(Stdio::null());
        // The program would warn of a setting that it does not know.
        command.env_remove("KEYWARD_TEST_POSTGRES");
        if let Some(url) = &self.url {
            command.args(["--database", url]);
        }
        command
    }

    pub(crate) fn serve(&self, settings: &[(&str, &str)]) -> Served {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(settings.iter().copied()).stderr(Stdio::piped()).stdout(Stdio::null());
        Served::start(command, "is ready at http://")
    }
}

/// A server. Ended when it is dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    /// Address and port.
    pub(crate) host: String,
}

impl Served {
    /// Starts a server that says on standard error, after these words, where it is.
    pub(crate) fn start(mut command: Command, words: &str) -> Self {
        let child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut served = Self { child, host: String::new() };
        let mut lines = BufReader::new(served.child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("a text") > 0, "the server ended: {said}");
            said.push_str(&line);
            if let Some((_, url)) = line.split_once(words) {
                url.trim().trim_end_matches('/').clone_into(&mut served.host);
                // Read on, so that the server never waits for a full pipe.
                std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
                return served;
            }
        }
    }

    /// What all its threads have computed so far: where others use the machine, too, a better measure than the time.
    pub(crate) fn computed(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let of_task = |task: std::fs::DirEntry| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        };
        Duration::from_nanos(tasks.into_iter().flatten().flatten().filter_map(of_task).sum())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
