//! Tables for people.

use std::fmt::{self, Display};

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

/// A licence comes from outside: its control characters must not reach the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
