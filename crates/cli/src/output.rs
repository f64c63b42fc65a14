//! What reaches the terminal, a pipe or a file: never a panic when nobody listens, never a control character of a licence.

use std::fmt::{self, Display};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use keyward_core::time::Timestamp;

use crate::failure::Failure;

/// Writes to standard output. That its reader has gone, as `head` does, is no failure.
pub(crate) fn print(text: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line for the person who watches, to standard error; when nobody does, it is lost.
pub(crate) fn tell(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Rows of a name and a value, the values aligned.
#[derive(Default)]
pub(crate) struct Table(Vec<(&'static str, String)>);

impl Table {
    pub(crate) fn row(&mut self, name: &'static str, value: impl Display) {
        self.0.push((name, printable(&value.to_string())));
    }

    pub(crate) fn optional(&mut self, name: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.row(name, value);
        }
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.0 {
            writeln!(f, "{name:width$}  {value}")?;
        }
        Ok(())
    }
}

/// Rows of several columns under their names, all aligned.
pub(crate) struct Columns {
    names: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Columns {
    pub(crate) const fn new(names: &'static [&'static str]) -> Self {
        Self { names, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: &[&dyn Display]) {
        self.rows.push(cells.iter().map(|cell| printable(&cell.to_string())).collect());
    }
}

impl Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        let rows: Vec<&Vec<String>> = [&names].into_iter().chain(&self.rows).collect();
        let width =
            |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..names.len()).map(|at| width(at).unwrap_or(0)).collect();
        for row in rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// What may not be there.
pub(crate) fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// An instant as people read it: to the second.
pub(crate) const fn time(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds())
}

/// One object for a program.
pub(crate) fn json(object: &serde_json::Value) -> Result<(), Failure> {
    print(format_args!("{object:#}\n"))
}

/// A licence comes from outside: what controls a terminal, or turns a line round, is shown by its number.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let invisible = matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if c.is_control() || invisible {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_is_not_seen_is_shown_by_its_number() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}é 株"), "a\\u{1b}[2J\\u{202e}é 株");
    }
}
