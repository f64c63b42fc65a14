//! The file of a licence: its name, what it may replace, and how it is written.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The file to write; `None` is standard output. A file that is there is replaced only where `may_replace` says so.
pub(super) fn path(
    to: Option<&Path>,
    customer: &str,
    may_replace: impl FnOnce(&str) -> bool,
) -> Result<Option<PathBuf>, Failure> {
    let path = to.map_or_else(|| PathBuf::from(file_name(customer)), Path::to_owned);
    if path == Path::new("-") {
        return Ok(None);
    }
    // What is no text is no licence, either.
    let there = std::fs::read_to_string(&path);
    let free = match &there {
        Ok(old) => may_replace(old),
        Err(_) => !path.exists(),
    };
    if !free {
        return Err(Failure::new(
            "FILE_EXISTS",
            format_args!("{} exists and is not a licence of this customer for this device", path.display()),
            "name another file with --to, or move that one away",
        ));
    }
    Ok(Some(path))
}

/// Writes a form; without a path nothing.
pub(super) fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text).map_err(|error| Failure::file(path, &error))
}

/// `<customer>.key` without the characters that mean something in a path.
fn file_name(customer: &str) -> String {
    let clean = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
    let name: String = customer.trim().chars().map(clean).collect();
    let name = name.trim_start_matches('.').trim();
    let short: String = name.chars().take(60).collect();
    if short.is_empty() { "license.key".to_owned() } else { format!("{short}.key") }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_cannot_leave_the_directory() {
        assert_eq!(file_name("ABC Traders"), "ABC Traders.key");
        assert_eq!(file_name("../../etc/passwd"), "_.._etc_passwd.key");
        assert_eq!(file_name("C:\\x"), "C__x.key");
        assert_eq!(file_name(".."), "license.key");
        assert_eq!(file_name("Müller 株式会社"), "Müller 株式会社.key");
    }
}
