//! A folder of files, each a row.
//!
//! The folder is looked through once, and what it holds of files is kept up to a bound, so that whoever asks for its rows again
//! has the same ones under the same numbers.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::value::Names;
use super::{AT_ONCE, Coming, OldRow, OldRows, OldValue, failed};
use crate::StoreError;

/// Larger files are no licences; only their beginning is read, and that is refused.
const MAX_BYTES: u64 = 1 << 20;
/// Few files are larger, in bytes: they are read at once.
const USUAL: usize = 4_096;
/// Texts that are kept for the next time, in bytes; files beyond are read again.
const KEPT: usize = 256 << 20;

pub(super) struct Folder {
    path: PathBuf,
    files: OnceLock<Arc<Files>>,
    /// How many bytes of texts are kept.
    most: usize,
}

/// What is in a folder.
struct Files {
    folder: PathBuf,
    place: String,
    columns: Arc<Names>,
    /// In their order.
    names: Vec<OsString>,
    ignored: u64,
    /// What was read of each.
    seen: Vec<OnceLock<Seen>>,
    hasher: RandomState,
    /// How many bytes may be kept yet.
    room: AtomicUsize,
}

enum Seen {
    Kept(OldValue),
    /// What tells whether it is still the same.
    Read(u64),
}

/// Some of the files, not yet read.
pub(super) struct Unread {
    files: Arc<Files>,
    from: usize,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), files: OnceLock::new(), most: KEPT }
    }

    /// The files that end in `.key`, in the order of their names.
    pub(super) fn rows(&self, place: &str) -> Result<OldRows, StoreError> {
        let files = match self.files.get() {
            Some(files) => Arc::clone(files),
            None => {
                let files = Arc::new(Files::list(&self.path, place, self.most)?);
                Arc::clone(self.files.get_or_init(|| files))
            }
        };
        let (total, ignored) = (files.names.len() as u64, files.ignored);
        Ok(OldRows { total, ignored, coming: Coming::Files(Unread { files, from: 0 }) })
    }
}

impl Files {
    fn list(folder: &Path, place: &str, room: usize) -> Result<Self, StoreError> {
        let (mut names, mut ignored) = (Vec::new(), 0);
        for entry in std::fs::read_dir(folder).map_err(|why| failed(place, &why))? {
            let entry = entry.map_err(|why| failed(place, &why))?;
            let kind = entry.file_type().map_err(|why| failed(place, &why))?;
            let name = entry.file_name();
            let is_file = kind.is_file() || kind.is_symlink() && entry.path().is_file();
            let ending = Path::new(&name).extension();
            if is_file && ending.is_some_and(|ending| ending.eq_ignore_ascii_case("key")) {
                names.push(name);
            } else if is_file {
                ignored += 1;
            }
        }
        // Names, not paths: comparing those takes them apart each time.
        names.sort();
        Ok(Self {
            folder: folder.to_owned(),
            place: place.to_owned(),
            columns: Arc::new(Names { own: vec!["name", "text"], beside: Vec::new() }),
            seen: names.iter().map(|_| OnceLock::new()).collect(),
            names,
            ignored,
            hasher: RandomState::new(),
            room: room.into(),
        })
    }

    fn row(&self, at: usize) -> Result<OldRow, StoreError> {
        let name = self.names[at].to_string_lossy().into_owned();
        let text = self.text(at).map_err(|why| failed(&self.place, &format!("{name}: {why}")))?;
        let values = vec![OldValue::Text(name), text];
        Ok(OldRow { number: at as u64 + 1, names: Arc::clone(&self.columns), values, beside: Vec::new() })
    }

    fn text(&self, at: usize) -> std::io::Result<OldValue> {
        let before = self.seen[at].get();
        if let Some(Seen::Kept(text)) = before {
            return Ok(text.clone());
        }
        let bytes = read(&self.folder.join(&self.names[at]))?;
        let mark = self.hasher.hash_one(&bytes);
        if before.is_some_and(|before| !matches!(before, Seen::Read(read) if *read == mark)) {
            return Err(std::io::Error::other("it was changed while the folder was read"));
        }
        let text = String::from_utf8(bytes).map_or_else(|e| OldValue::Blob(e.into_bytes()), OldValue::Text);
        if before.is_none() {
            let has_room = self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(text.bytes()));
            let seen = if has_room.is_ok() { Seen::Kept(text.clone()) } else { Seen::Read(mark) };
            let _ = self.seen[at].set(seen);
        }
        Ok(text)
    }
}

impl Unread {
    /// Takes the next of them away.
    pub(super) fn next(&mut self) -> Option<Self> {
        let files = Arc::clone(&self.files);
        let next = (self.from < files.names.len()).then_some(Self { files, from: self.from });
        self.from += AT_ONCE;
        next
    }

    pub(super) fn read(self) -> Result<Vec<OldRow>, StoreError> {
        let end = (self.from + AT_ONCE).min(self.files.names.len());
        (self.from..end).map(|at| self.files.row(at)).collect()
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::with_capacity(USUAL);
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    bytes.shrink_to_fit();
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(folder: &Folder) -> Result<Vec<OldValue>, StoreError> {
        let Coming::Files(mut unread) = folder.rows("here")?.coming else { unreachable!() };
        let parts = std::iter::from_fn(|| unread.next());
        let parts = parts.map(Unread::read).collect::<Result<Vec<_>, _>>()?;
        Ok(parts.iter().flatten().map(|row| row.fields().get("text").clone()).collect())
    }

    #[test]
    fn a_folder_that_changes_meanwhile_is_read_as_it_was_or_not_at_all() {
        let path = std::env::temp_dir().join(format!("keyward-folder-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (most, as_it_was) in [(KEPT, true), (0, false)] {
            std::fs::write(path.join("a.key"), "before").unwrap();
            let folder = Folder { most, ..Folder::new(&path) };
            assert_eq!(texts(&folder).unwrap(), [OldValue::Text("before".to_owned())]);
            std::fs::write(path.join("b.key"), "another").unwrap();
            assert_eq!(texts(&folder).unwrap(), [OldValue::Text("before".to_owned())], "none is added");
            std::fs::write(path.join("a.key"), "after").unwrap();
            let again = texts(&folder);
            if as_it_was {
                assert_eq!(again.unwrap(), [OldValue::Text("before".to_owned())]);
            } else {
                assert!(again.unwrap_err().to_string().contains("a.key: it was changed"));
            }
            std::fs::remove_file(path.join("b.key")).unwrap();
        }
        std::fs::remove_dir_all(&path).unwrap();
    }
}
