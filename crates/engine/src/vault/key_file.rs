//! The file of the master key: readable by its owner alone, on the disk before it is used, never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{MasterKey, MasterKeyError};

/// More than any master key with white space around it.
const MAX_FILE: u64 = 4_096;

/// Where a master key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was in the file.
    Found,
    /// It is new, and the file was made.
    Made,
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read, holds no master key, or (on Unix) other users can read it.
pub fn load(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    refuse_exposed(path, &file)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE).read_to_string(&mut text).map_err(failed)?;
    MasterKey::parse(&text)
        .map_err(|error| MasterKeyError::InFile { path: path.to_owned(), source: Box::new(error) })
}

/// Writes a new file.
///
/// # Errors
/// When there is one already, or it cannot be written.
pub fn create(path: &Path, key: &MasterKey) -> Result<(), MasterKeyError> {
    let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
    let mut file = new_file(path).map_err(failed)?;
    write(&mut file, path, key).map_err(|error| {
        // Half a key would stop every later start; this file is ours, and nothing was sealed under it.
        let _ = fs::remove_file(path);
        failed(error)
    })
}

/// Reads the file, or makes it with a new key where there is none. Of two that start at once, one makes it.
///
/// # Errors
/// As [`load`] and [`create`].
pub fn load_or_create(path: &Path, rng: &mut impl CryptoRng) -> Result<(MasterKey, Origin), MasterKeyError> {
    match load(path) {
        Err(MasterKeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        other => return other.map(|key| (key, Origin::Found)),
    }
    let key = MasterKey::generate(rng);
    match create(path, &key) {
        Err(MasterKeyError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            load(path).map(|key| (key, Origin::Found))
        }
        other => other.map(|()| (key, Origin::Made)),
    }
}

fn write(file: &mut File, path: &Path, key: &MasterKey) -> io::Result<()> {
    let mut text = key.to_text();
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_folder(path)
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The name of a new file is on the disk only when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file, and the system sees to it.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, file: &File) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::MetadataExt as _;
    let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.mode() & 0o777;
    if is_exposed(mode, metadata.uid()) {
        Err(MasterKeyError::Exposed { path: path.to_owned(), mode })
    } else {
        Ok(())
    }
}

/// Whether others than were meant can read or change it. A file of root's may be readable by its group: systemd hands a
/// credential to a service by an access list, which shows as the group's bit, and orchestrators hand secrets to a group.
#[cfg(unix)]
const fn is_exposed(mode: u32, owner: u32) -> bool {
    let shared = if owner == 0 { 0o037 } else { 0o077 };
    mode & shared != 0
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &File) -> Result<(), MasterKeyError> {
    Ok(())
}
