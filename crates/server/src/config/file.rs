//! `keyward.toml`: tables become keys and raw values, each with its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;
use super::keys::{self, Key};
use super::text::Raw;

/// What one line of the file sets.
pub(super) struct Entry {
    pub(super) key: &'static Key,
    pub(super) raw: Raw,
    pub(super) place: String,
}

/// Reads a file's text; what is wrong with it goes to `faults`.
pub(super) fn read(name: &str, text: &str, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut reader = Reader { name, text, entries: Vec::new(), faults };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let place = reader.place(at);
            reader.faults.push(Fault::new(place, error.message().trim(), "see `keyward config default`"));
        }
    }
    reader.entries
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    entries: Vec<Entry>,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn table(&mut self, above: &str, table: &DeTable<'_>) {
        // Maps have an order of their own; people read from top to bottom.
        let mut rows: Vec<_> = table.iter().collect();
        rows.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in rows {
            let path = if above.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{above}.{}", name.get_ref())
            };
            self.row(&path, name.span().start, value);
        }
    }

    fn row(&mut self, path: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        let is_section = keys::KEYS.iter().any(|key| key.path.starts_with(&format!("{path}.")));
        if is_section {
            match value.get_ref() {
                DeValue::Table(table) => self.table(path, table),
                _ => self.fault(
                    at,
                    format!("`{path}` is a section"),
                    format!("write [{path}] on a line of its own"),
                ),
            }
            return;
        }
        let Some(key) = keys::find(path) else {
            let is_section = matches!(value.get_ref(), DeValue::Table(_));
            let remedy = meant(path, is_section).map_or_else(
                || "see `keyward config default` for all keys".to_owned(),
                |known| format!("did you mean `{known}`?"),
            );
            let what = if is_section { "section" } else { "key" };
            return self.fault(at, format!("unknown {what} `{path}`"), remedy);
        };
        match raw(value.get_ref()) {
            Some(raw) => {
                let place = self.place(at);
                self.entries.push(Entry { key, raw, place });
            }
            None => self.fault(
                at,
                format!("`{path}` has a value of a kind that no key has"),
                "write a text, a number, true, false, or a list of texts",
            ),
        }
    }

    fn fault(&mut self, at: usize, problem: impl std::fmt::Display, remedy: impl std::fmt::Display) {
        let place = self.place(at);
        self.faults.push(Fault::new(place, problem, remedy));
    }

    fn place(&self, at: usize) -> String {
        let line =
            self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1;
        format!("{}, line {line}", self.name)
    }
}

/// What was meant: a section for a section; else a key, first of the same section, then by its last word alone.
fn meant(path: &str, is_section: bool) -> Option<&'static str> {
    let paths = keys::KEYS.iter().map(|key| key.path);
    if is_section {
        return keys::nearest(path, keys::KEYS.iter().map(|key| key.split().0));
    }
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let same = keys::KEYS.iter().filter(|key| key.split().0 == section);
    keys::nearest(path, same.map(|key| key.path)).or_else(|| {
        let name = keys::nearest(name, keys::KEYS.iter().map(|key| key.split().1))?;
        paths.into_iter().find(|path| path.ends_with(name))
    })
}

fn raw(value: &DeValue<'_>) -> Option<Raw> {
    match value {
        DeValue::Array(items) => {
            items.iter().map(|item| scalar(item.get_ref())).collect::<Option<_>>().map(Raw::Many)
        }
        value => scalar(value).map(Raw::One),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
