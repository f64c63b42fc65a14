//! A folder of files, each a row.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::value::Names;
use super::{AT_ONCE, OldRow, OldRows, OldValue, WAITING, failed};
use crate::StoreError;

/// Larger files are no licences; only their beginning is read, and that is refused.
const MAX_BYTES: u64 = 1 << 20;
/// Few files are larger, in bytes: they are read at once.
const USUAL: usize = 4_096;

/// The files that end in `.key`, in the order of their names.
pub(super) fn rows(folder: &Path, place: &str) -> Result<OldRows, StoreError> {
    let (mut names, mut ignored) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).map_err(|why| failed(place, &why))? {
        let entry = entry.map_err(|why| failed(place, &why))?;
        let kind = entry.file_type().map_err(|why| failed(place, &why))?;
        let name = entry.file_name();
        let is_file = kind.is_file() || kind.is_symlink() && entry.path().is_file();
        if is_file && Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("key")) {
            names.push(name);
        } else if is_file {
            ignored += 1;
        }
    }
    // Names, not paths: comparing those takes them apart each time.
    names.sort();
    let (sender, parts) = mpsc::channel(WAITING);
    let (total, place, folder) = (names.len() as u64, place.to_owned(), folder.to_owned());
    tokio::task::spawn_blocking(move || {
        let columns = Arc::new(Names { own: vec!["name", "text"], beside: Vec::new() });
        for (at, files) in names.chunks(AT_ONCE).enumerate() {
            let read = |(number, file): (u64, &OsString)| {
                let name = file.to_string_lossy().into_owned();
                let text =
                    read(&folder.join(file)).map_err(|why| failed(&place, &format!("{name}: {why}")))?;
                let text =
                    String::from_utf8(text).map_or_else(|e| OldValue::Blob(e.into_bytes()), OldValue::Text);
                let (names, values) = (Arc::clone(&columns), vec![OldValue::Text(name), text]);
                Ok(OldRow { number, names, values, beside: Vec::new() })
            };
            let part = ((at * AT_ONCE) as u64 + 1..).zip(files).map(read).collect();
            // Whoever asked may have gone.
            if sender.blocking_send(part).is_err() {
                return;
            }
        }
    });
    Ok(OldRows { total, ignored, parts })
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::with_capacity(USUAL);
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
