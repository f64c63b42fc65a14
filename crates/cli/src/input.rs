//! The licence to look at: an argument, a file, or standard input.

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;

use keyward_core::refusal::{Flaw, MAX_TEXT, Refusal};

use crate::failure::Failure;

/// Reads the licence that an argument names. White space around a key does not count; in files it is JSON's own.
///
/// The outer error is that nothing could be read, the inner one that what was read cannot be a licence.
pub(crate) fn license(argument: &str) -> Result<Result<String, Refusal>, Failure> {
    let path = Path::new(argument);
    let bytes = if argument == "-" {
        read(std::io::stdin().lock())?
    } else if path.exists() {
        let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
        read(file).map_err(|error| Failure::file(path, &error))?
    } else if looks_like_a_path(argument) {
        return Err(Failure::new(
            "FILE",
            format_args!("{argument}: no such file"),
            "check the path, or give the licence key itself",
        ));
    } else {
        argument.as_bytes().to_vec()
    };
    Ok(String::from_utf8(bytes).map_err(|_| Flaw::NotText.into()).map(|text| tidy(&text)))
}

/// No key has a dot or a slash in it; a licence in JSON may.
fn looks_like_a_path(argument: &str) -> bool {
    argument.len() < 256 && argument.contains(['.', '/']) && !argument.starts_with(['{', '"'])
}

/// Undoes what people and mail programs do to keys: a pool key is read aloud in groups, a long key is folded.
pub(crate) fn tidy(text: &str) -> String {
    let text = text.trim_ascii();
    if text.starts_with("LK-") {
        return text.split_ascii_whitespace().collect();
    }
    let joined: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let grouped = joined.len() == 12 && text.len() <= 24 && joined.bytes().all(|b| b.is_ascii_alphanumeric());
    if grouped { joined } else { text.to_owned() }
}

/// Goes on only if a person says so.
pub(crate) fn confirm(what: &str) -> Result<(), Failure> {
    // A question that nobody sees is still answered by whoever writes our input.
    let asked = write!(std::io::stderr().lock(), "{what} Type `yes` to go on: ");
    let _ = asked.and_then(|()| std::io::stderr().flush());
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    let remedy = "answer `yes`, or give --yes";
    Err(Failure::new("NOT_CONFIRMED", "nothing was done: it was not confirmed", remedy))
}

/// Reads a little more than the largest licence, so that what is larger is still refused as such.
fn read(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_TEXT as u64 + 1024).read_to_end(&mut bytes)?;
    Ok(bytes)
}
