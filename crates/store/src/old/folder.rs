//! A folder of files, each a row.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::value::Names;
use super::{AT_ONCE, OldRow, OldRows, OldValue, WAITING, failed};
use crate::StoreError;

/// Larger files are no licences; only their beginning is read, and that is refused.
const MAX_BYTES: u64 = 1 << 20;

/// The files that end in `.key`, in the order of their names.
pub(super) fn rows(folder: &Path, place: &str) -> Result<OldRows, StoreError> {
    let (mut files, mut ignored) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).map_err(|why| failed(place, &why))? {
        let path = entry.map_err(|why| failed(place, &why))?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("key")) && path.is_file() {
            files.push(path);
        } else if path.is_file() {
            ignored += 1;
        }
    }
    files.sort();
    let (sender, parts) = mpsc::channel(WAITING);
    let (total, place) = (files.len() as u64, place.to_owned());
    tokio::task::spawn_blocking(move || {
        let names = Arc::new(Names { own: vec!["name", "text"], beside: Vec::new() });
        for (at, files) in files.chunks(AT_ONCE).enumerate() {
            let read = |(number, path): (u64, &std::path::PathBuf)| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let text = read(path).map_err(|why| failed(&place, &format!("{name}: {why}")))?;
                let text =
                    String::from_utf8(text).map_or_else(|e| OldValue::Blob(e.into_bytes()), OldValue::Text);
                let (names, values) = (Arc::clone(&names), vec![OldValue::Text(name), text]);
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
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
