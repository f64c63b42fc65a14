//! Pages whose commands are run: the blocks of a page in their order, in one directory, beside a server where a block
//! starts one, and what the page shows of their output.
//!
//! A block ```` ```sh ```` is run, and must end with status 0. What the page shows right behind it, in a block ```` ```text ````, is what
//! it prints, both streams together; a line `…` stands for any lines. What differs from run to run (ids, times, keys, numbers of
//! bytes; [`masked`] has the list) is masked on both sides. A block whose command is `keyward serve` starts a server at free
//! ports, which take the place of those that the page names. A block with a file's name behind its language is that file:
//! ```` ```rust src/main.rs ````. `UPDATE_DOCS=1` writes what was printed into the page.

use std::process::{Command, Stdio};

use regex::Regex;

use crate::served::Served;
use crate::world::{World, root};

/// A fenced block of a page.
struct Block {
    language: String,
    text: String,
}

/// Blocks of a page, run in a world.
pub(crate) struct Session<'w> {
    world: &'w World,
    variables: Vec<(&'static str, String)>,
    /// Kept, since it ends when it is dropped.
    served: Option<Served>,
    /// What the page calls an address, and what it is in this run.
    addresses: Vec<(String, String)>,
}

impl<'w> Session<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, variables: Vec::new(), served: None, addresses: Vec::new() }
    }

    /// With a variable that whoever reads the page has set.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// Starts a server, for which the page has other addresses.
    pub(crate) fn serve(&mut self, arguments: &[&str]) {
        let variables: Vec<(&str, &str)> = self.variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let own = |name| (name, "127.0.0.1:0");
        let (arguments, own): (Vec<&str>, Vec<(&str, &str)>) = if arguments.contains(&"--document-ports") {
            let rest = arguments.iter().filter(|argument| **argument != "--document-ports").copied();
            (
                rest.collect(),
                ["KEYWARD_DIALECTS_POOL_LISTEN", "KEYWARD_DIALECTS_TIER_LISTEN"].map(own).to_vec(),
            )
        } else {
            (arguments.to_vec(), Vec::new())
        };
        // The one before has the lock of the database.
        drop(self.served.take());
        let served = Served::with(self.world, &arguments, &[&variables[..], &own].concat());
        let others = served.said.lines().filter_map(|line| line.trim().strip_prefix("and http://"));
        let others = others.map(|url| url.trim_end_matches('/').to_owned());
        let opened = std::iter::once(served.host.clone()).chain(others);
        let named = ["8080", "5001", "5000"].map(|port| format!("127.0.0.1:{port}"));
        self.addresses = named.into_iter().zip(opened).collect();
        self.served = Some(served);
    }

    /// Runs a script that must succeed, and gives what it printed. Variables that it sets are there in the next one.
    pub(crate) fn run(&self, script: &str) -> String {
        let mut script = script.to_owned();
        for (named, real) in &self.addresses {
            script = script.replace(named, real);
        }
        let kept = self.world.path(".variables");
        if !kept.exists() {
            std::fs::write(&kept, "").expect("written");
        }
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_keyward"));
        let path = std::env::join_paths(
            std::iter::once(program.parent().expect("a directory").to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        let mut command = Command::new("sh");
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("KEYWARD_") || name.ends_with("DATABASE_URL") || name == "MASTER_KEY" {
                command.env_remove(&*name);
            }
        }
        let output = command
            .args(["-ec", &format!("exec 2>&1; . ./.variables; set -a\n{script}\nexport -p > .variables")])
            .envs(self.variables.iter().map(|(name, value)| (*name, value)))
            .env("PATH", path.expect("a path"))
            .current_dir(&self.world.directory)
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let mut shown = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{script}\n{shown}");
        for (named, real) in &self.addresses {
            shown = shown.replace(real, named);
        }
        shown
    }
}

/// Runs a page of `docs/` from its first block to its last.
pub(crate) fn follow(name: &str, session: &mut Session<'_>) {
    let file = root().join("docs").join(name);
    let page = std::fs::read_to_string(&file).expect("the page");
    let blocks = blocks(&page);
    let mut updated = page.clone();
    let mut differences = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        if let Some((_, file)) = block.language.split_once(' ') {
            std::fs::write(session.world.path(file), format!("{}\n", block.text)).expect("written");
        }
        if block.language != "sh" {
            continue;
        }
        if let Some(arguments) = block.text.strip_prefix("keyward serve") {
            session.serve(&arguments.split_whitespace().collect::<Vec<_>>());
            continue;
        }
        let printed = session.run(&block.text);
        let Some(shown) = blocks.get(at + 1).filter(|next| next.language == "text") else { continue };
        if !same(&shown.text, &printed) {
            differences
                .push(format!("{name} shows\n{}\nof\n{}\nwhich prints\n{printed}", shown.text, block.text));
            let before = format!("```text\n{}\n```", shown.text);
            updated = updated.replacen(&before, &format!("```text\n{}\n```", printed.trim_end()), 1);
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, updated).expect("written");
    } else {
        assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    }
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { language: language.to_owned(), text: text.join("\n") });
        }
    }
    blocks
}

/// Whether the page shows what was printed.
fn same(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (masked(shown), masked(printed));
    let mut parts = shown.split("\n…\n").peekable();
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

/// What is the same in each run. Rows of tables are as wide as what they hold: spaces and rules count as one.
fn masked(text: &str) -> String {
    const MASKS: [(&str, &str); 12] = [
        ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
        ("[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z?)?", "<time>"),
        ("(QF|LK)-[A-Z0-9]+-[A-Za-z0-9_=-]{16,}", "<key>"),
        ("(?-u:\\b)[0-9A-F]{16}(?-u:\\b)", "<device>"),
        ("(?-u:\\b)[0-9a-f]{8,}(?-u:\\b)", "<digits>"),
        ("(?-u:\\b)[0-9]{5,}(?-u:\\b)", "<number>"),
        ("(?-u:\\b)36[56](?-u:\\b)", "<year>"),
        ("…[A-Za-z0-9_=+/-]{4}(?-u:\\b)", "…<end>"),
        ("[A-Za-z0-9+/=_-]{40,}", "<text>"),
        ("(days left|in) +[0-9]+", "$1 <days>"),
        // What was asked a moment ago is counted a moment later.
        ("(\"failed_attempts\":|failed attempts +)[0-9]+", "$1<count>"),
        (" +", " "),
    ];
    let mut text = text.trim_end().to_owned();
    for (pattern, mask) in MASKS {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, mask).into_owned();
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_differs_otherwise_is_seen() {
    assert!(same("id  019b7700-0000-7000-8000-000000000001", "id   019b7700-0000-7000-8000-000000000002\n"));
    assert!(same("a\n…\nd", "a\nb\nc\nd\n"));
    assert!(!same("a\n…\nd", "a\nb\nc\n"));
    assert!(!same("imported  3", "imported  4"));
    assert!(!same("valid  yes", "valid  no"));
    assert!(!same("a\nb", "a"));
}
