//! The files of a licence, and the few operations on a disk that they need.
//!
//! Whatever is replaced is written beside its place, brought to the disk, and put there by one rename: a program that is
//! stopped anywhere leaves the old file or the new one. Tests put a disk of their own in the place of [`LocalDisk`].

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyward_core::refusal::MAX_TEXT;
use keyward_core::time::Timestamp;

use crate::clock::of_system;

/// A larger file is none of ours, in bytes.
const MAX_FILE: u64 = 4 * MAX_TEXT as u64;

/// What is asked of a disk.
pub trait Disk: Send + Sync {
    /// The content of a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is larger than any file of ours.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;
    /// Writes a new file, readable by its owner alone, and waits until the disk has it. One that is there is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Puts a file in the place of another, in one step.
    ///
    /// # Errors
    /// When it cannot.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; that there is none is as good.
    ///
    /// # Errors
    /// When it cannot.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// When a file was last changed.
    fn modified(&self, path: &Path) -> Option<Timestamp>;
    /// Makes a directory and those above it, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot.
    fn make_directory(&self, path: &Path) -> io::Result<()>;
    /// The names of what is in a directory; none when there is no such directory.
    ///
    /// # Errors
    /// When it cannot be read.
    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>>;
    /// Waits until nobody else holds this lock, and holds it until what it answers is dropped.
    ///
    /// # Errors
    /// When it cannot be taken.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        use std::io::Read as _;

        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than any licence"));
        }
        Ok(Some(bytes))
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        sync_directory(to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Ok(()) => sync_directory(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn modified(&self, path: &Path) -> Option<Timestamp> {
        Some(of_system(std::fs::metadata(path).ok()?.modified().ok()?))
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        match std::fs::read_dir(directory) {
            Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        file.lock()?;
        Ok(Box::new(file))
    }
}

/// A rename is on the disk when its directory is. Where directories cannot be opened (Windows), the system sees to it.
fn sync_directory(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(directory) = file.parent() {
        std::fs::File::open(directory)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Where the files of one application stand.
#[derive(Clone)]
pub(crate) struct Files {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    /// A second place, for what must not be forgotten.
    elsewhere: Option<PathBuf>,
}

/// The name of a device in the names of its files. Machines may share a directory: a roaming profile, a home on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// The `n`-th name for the device with this id: a copy of a virtual machine has the id of the first.
    pub(crate) fn of(id: &str, n: u32) -> Self {
        Self(if n < 2 { id.to_owned() } else { format!("{id}-{n}") })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File<'a> {
    /// System D's licence file, or a key in its place. Every device that shares the directory has it.
    License,
    /// A device's own licence, where the one above is another device's.
    LicenseOf(&'a Name),
    /// What a device remembers, sealed.
    State(&'a Name),
    /// What must not be forgotten, once more.
    Trace(&'a Name),
    /// What a device remembered before its name was in the file's.
    OldState,
    /// Its second copy.
    OldTrace,
    /// System D's own plain number of milliseconds.
    LastSeen,
}

impl<'a> File<'a> {
    /// The device that has its name in the file's.
    pub(crate) const fn name(self) -> Option<&'a Name> {
        match self {
            Self::LicenseOf(name) | Self::State(name) | Self::Trace(name) => Some(name),
            Self::License | Self::OldState | Self::OldTrace | Self::LastSeen => None,
        }
    }
}

impl Files {
    pub(crate) fn new(disk: Arc<dyn Disk>, directory: PathBuf, elsewhere: Option<PathBuf>) -> Self {
        Self { disk, directory, elsewhere }
    }

    pub(crate) fn path(&self, file: File<'_>) -> Option<PathBuf> {
        Some(match file {
            File::License => self.directory.join("license.key"),
            File::LicenseOf(name) => self.directory.join(format!("license.{name}.key")),
            File::State(name) => self.directory.join(format!("license.{name}.state")),
            File::OldState => self.directory.join("license.state"),
            File::LastSeen => self.directory.join(".last_seen"),
            File::Trace(name) => self.elsewhere.as_ref()?.join(format!("trace.{name}")),
            File::OldTrace => self.elsewhere.as_ref()?.join("trace"),
        })
    }

    /// The devices that have a memory here.
    pub(crate) fn with_state(&self) -> io::Result<Vec<Name>> {
        self.names(Some(&self.directory), "license.", ".state")
    }

    /// The devices that have a second copy.
    pub(crate) fn with_trace(&self) -> io::Result<Vec<Name>> {
        self.names(self.elsewhere.as_deref(), "trace.", "")
    }

    /// In order, so that every look finds the same.
    fn names(&self, directory: Option<&Path>, before: &str, after: &str) -> io::Result<Vec<Name>> {
        let Some(directory) = directory else { return Ok(Vec::new()) };
        let mut found: Vec<OsString> = self.disk.names(directory)?;
        found.sort_unstable();
        let name = |file: OsString| {
            let name = file.to_str()?.strip_prefix(before)?.strip_suffix(after)?;
            let simple = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (simple && !name.is_empty()).then(|| Name(name.to_owned()))
        };
        Ok(found.into_iter().filter_map(name).collect())
    }

    pub(crate) fn read(&self, file: File<'_>) -> io::Result<Option<Vec<u8>>> {
        self.path(file).map_or(Ok(None), |path| self.disk.read(&path))
    }

    /// Replaces a file in one step.
    pub(crate) fn write(&self, file: File<'_>, bytes: &[u8]) -> io::Result<()> {
        let Some(path) = self.path(file) else { return Ok(()) };
        if let Some(directory) = path.parent() {
            self.disk.make_directory(directory)?;
        }
        let mut beside = path.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let done = self.disk.create(&beside, bytes).and_then(|()| self.disk.rename(&beside, &path));
        if done.is_err() {
            // A half-written file beside the place takes room, and nobody reads it.
            let _ = self.disk.remove(&beside);
        }
        done
    }

    pub(crate) fn remove(&self, file: File<'_>) -> io::Result<()> {
        self.path(file).map_or(Ok(()), |path| self.disk.remove(&path))
    }

    pub(crate) fn modified(&self, file: File<'_>) -> Option<Timestamp> {
        self.disk.modified(&self.path(file)?)
    }

    /// Keeps other programs that use the same directory from changing it.
    pub(crate) fn lock(&self) -> io::Result<Box<dyn Send>> {
        self.disk.make_directory(&self.directory)?;
        self.disk.lock(&self.directory.join(".license.lock"))
    }
}
