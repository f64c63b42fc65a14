//! `cargo xtask newcomer`: the README from top to bottom, every command as it is printed, in a fresh clone and with an
//! environment that holds nothing but the toolchain. It builds what a newcomer builds, so it takes as long.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::tools::{self, command};

/// Where the README says that the server is.
const SERVER: &str = "127.0.0.1:8080";
/// Runs what runs this.
const TESTS: &str = "cargo xtask test";
/// What each block must print, beside ending well.
const WANTED: [(&str, &[&str]); 3] = [
    ("keyward issue pool", &["\"valid\":true", "\"success\":true", "\"tier\":\"pro\"", "sound        yes"]),
    ("issue lk3 --key testdata/demo.pem", &["LK-3-", "VALID"]),
    ("verify licence.txt", &["VALID"]),
];

pub(crate) fn run() -> Result<()> {
    ensure!(TcpListener::bind(SERVER).is_ok(), "{SERVER} is in use, and the README's server needs it");
    let walk = Walk::begin(&tools::root().join("target/newcomer"))?;
    let page = fs::read_to_string(walk.clone.join("README.md"))?;
    let mut server = None;
    for block in blocks(&page) {
        let script = block.script();
        if script.trim() == TESTS {
            eprintln!("(left out: {TESTS})");
        } else if script.trim_end().ends_with("serve") {
            server = Some(walk.serve(&script, &block)?);
        } else if !script.is_empty() {
            walk.follow(&script)?;
        }
    }
    ensure!(server.is_some(), "the README starts no server");
    eprintln!("every command of the README did what it says");
    Ok(())
}

/// A clone, and an empty home.
struct Walk {
    clone: PathBuf,
    home: PathBuf,
}

/// Ended when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Walk {
    fn begin(place: &Path) -> Result<Self> {
        let _ = fs::remove_dir_all(place);
        let walk = Self { clone: place.join("keyward"), home: place.join("home") };
        fs::create_dir_all(&walk.home).with_context(|| format!("{} cannot be made", walk.home.display()))?;
        let (from, to) = (tools::root().to_string_lossy(), walk.clone.to_string_lossy());
        tools::run(&mut command("git", ["clone", "--quiet", &from, &to]))?;
        Ok(walk)
    }

    fn shell(&self, script: &str) -> Command {
        let mut shell = command("sh", ["-ec", script]);
        shell.current_dir(&self.clone).stdin(Stdio::null()).env_clear().env("HOME", &self.home);
        // The toolchain, and where it gets crates from, are the machine's.
        let home = std::env::var("HOME").unwrap_or_default();
        for (name, directory) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
            shell.env(name, std::env::var(name).unwrap_or_else(|_| format!("{home}/{directory}")));
        }
        shell.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        shell
    }

    /// Starts the server, which says what the page shows, and whose link leads to a page.
    fn serve(&self, script: &str, block: &Block) -> Result<Server> {
        eprintln!("$ {}", script.trim());
        // The link is shown to a person at a terminal alone.
        let terminal = format!("exec script --quiet --return --command '{script}' /dev/null");
        let mut child = self.shell(&terminal).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe")?);
        let server = Server(child);
        let mut said = Vec::new();
        let link = loop {
            let mut line = String::new();
            ensure!(lines.read_line(&mut line)? > 0, "the server ended:\n{}", said.join(""));
            let link = line.trim().to_owned();
            said.push(line);
            if link.starts_with("http://") && link.contains("link=") {
                break link;
            }
        };
        // Read on, so that it never waits for a full pipe.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        let said = said.join("");
        for shown in block.shown() {
            let begin = shown.split('…').next().unwrap_or_default().trim_end();
            ensure!(said.contains(begin), "the README shows `{begin}`, the server said:\n{said}");
        }
        let status = tools::read(
            &mut self
                .shell(&format!("curl --silent --output /dev/null --write-out '%{{http_code}}' '{link}'")),
        )?;
        ensure!(status == "200", "the link of the administrator answers {status}");
        Ok(server)
    }

    fn follow(&self, script: &str) -> Result<()> {
        eprintln!("$ {}", script.trim().replace('\n', "\n  "));
        let output = self.shell(&format!("exec 2>&1\n{script}")).output()?;
        let shown = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "it failed:\n{shown}");
        let wanted = WANTED.iter().filter(|(part, _)| script.contains(part)).flat_map(|(_, wanted)| *wanted);
        for wanted in wanted {
            ensure!(shown.contains(wanted), "`{wanted}` is not in:\n{shown}");
        }
        Ok(())
    }
}

/// A fenced block.
struct Block {
    is_session: bool,
    lines: Vec<String>,
}

impl Block {
    /// What a person types: the whole block, or behind each `$` of a session, with its continuations.
    fn script(&self) -> String {
        if !self.is_session {
            return self.lines.join("\n");
        }
        let (mut script, mut goes_on) = (String::new(), false);
        for line in &self.lines {
            let typed = line.strip_prefix("$ ").or(goes_on.then_some(line.as_str()));
            if let Some(typed) = typed {
                script.push_str(typed);
                script.push('\n');
            }
            goes_on = typed.is_some_and(|typed| typed.ends_with('\\'));
        }
        script.trim_end().to_owned()
    }

    /// What it shows of a session's output.
    fn shown(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !line.starts_with("$ "))
    }
}

/// The blocks of a page that have commands.
fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut lines) = (Vec::new(), page.lines());
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let inside = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
        if matches!(language, "console" | "sh") {
            blocks.push(Block { is_session: language == "console", lines: inside });
        }
    }
    blocks
}
