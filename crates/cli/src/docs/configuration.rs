//! `docs/configuration.md`, out of the commented default file.

use std::collections::HashMap;
use std::fmt::Write as _;

use keyward_server::config::{Config, DEFAULT_FILE};

use super::compare;

const HEAD: &str = "# Configuration\n\n\
    Nothing is required. Every key, as `keyward config default` prints it; this page is made from that file, and a test keeps \
    it so.\n`keyward config check` says what is wrong with a configuration, `keyward config print` what holds and where each \
    value comes from.\n";

/// What was read of the file and not written yet.
#[derive(Default)]
struct Reading<'f> {
    section: &'f str,
    /// Lines of a comment that may belong to the next key.
    comment: Vec<&'f str>,
    /// Paragraphs that belong to no key.
    loose: Vec<String>,
    /// Of each key's name, what was said of it last: sections that resemble one another say it once.
    said: HashMap<&'f str, String>,
    /// What was said last: two keys may share a comment.
    last: String,
}

impl<'f> Reading<'f> {
    fn end_comment(&mut self) {
        let text = std::mem::take(&mut self.comment).join(" ");
        self.loose.extend((!text.is_empty()).then_some(text));
    }

    fn loose(&mut self) -> String {
        self.end_comment();
        self.loose.drain(..).map(|paragraph| format!("{paragraph}\n\n")).collect()
    }

    fn row(&mut self, name: &'f str, value: &str, is_default: bool) -> String {
        let text = std::mem::take(&mut self.comment).join(" ");
        let said = self.said.entry(name).or_default();
        if !text.is_empty() {
            self.last.clone_from(&text);
            *said = text;
        } else if said.is_empty() {
            said.clone_from(&self.last);
        }
        let variable = format!("KEYWARD_{}_{name}", self.section.replace('.', "_")).to_uppercase();
        let default = if is_default { format!("`{value}`") } else { format!("none; `{value}`, say") };
        assert!(!said.is_empty() && !said.contains('|') && !value.contains('|'), "{name}: {said}");
        format!("| `{name}` | `{variable}` | {default} | {said} |\n")
    }
}

/// The keys without a default, whose value in the file is an example.
fn without_default() -> Vec<String> {
    let mut section = String::new();
    let mut unset = Vec::new();
    for line in Config::default().print().lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        }
        let name = line.strip_prefix("# ").and_then(|line| line.strip_suffix(" is not set"));
        unset.extend(name.map(|name| format!("{section}.{name}")));
    }
    unset
}

#[test]
fn configuration() {
    let unset = without_default();
    let (_, file) = DEFAULT_FILE.split_once("\n#\n").expect("a title and a head");
    let mut page = HEAD.to_owned();
    let mut reading = Reading::default();
    let mut rows = 0;
    for line in file.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            reading.section = name;
            let before = if rows == 0 { "\n" } else { "" };
            let head = format!("{before}{}", reading.loose());
            // The head of the file stands above the first section, what stands above another one is about it.
            let (above, below) = if rows == 0 { (head, String::new()) } else { ("\n".to_owned(), head) };
            write!(
                page,
                "{above}## `[{name}]`\n\n{below}| key | variable | default | meaning |\n|---|---|---|---|\n"
            )
            .expect("a string takes all");
        } else if let Some(comment) = line.strip_prefix("# ") {
            reading.comment.push(comment);
        } else if let Some((name, value)) = line.strip_prefix('#').and_then(|line| line.split_once(" = ")) {
            let is_default = !unset.contains(&format!("{}.{name}", reading.section));
            page.push_str(&reading.row(name, value, is_default));
            rows += 1;
        } else {
            reading.end_comment();
        }
    }
    compare("configuration.md", &page);
}
