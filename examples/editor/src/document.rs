//! The one document, on disk.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::license::MayWrite;

/// Where it stands.
pub(crate) struct Document(PathBuf);

impl Document {
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self(directory.join("document.txt"))
    }

    /// The text; `None` when there is no document.
    pub(crate) fn read(&self) -> io::Result<Option<String>> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An empty one, unless there is one already.
    pub(crate) fn create(&self, _: &MayWrite) -> io::Result<()> {
        match fs::File::create_new(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Puts a new text in the place of the old one, which stays until the new one is on the disk.
    pub(crate) fn save(&self, text: &str, _: &MayWrite) -> io::Result<()> {
        let next = self.0.with_extension("next");
        let mut file = fs::File::create(&next)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(next, &self.0)
    }

    pub(crate) fn delete(&self, _: &MayWrite) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
