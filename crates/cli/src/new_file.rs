//! A file, or a SQLite database, that gets its name when it is whole, takes nobody's place, and is gone otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Files that SQLite and our locks put beside a database.
const BESIDE: [&str; 5] = ["-wal", "-shm", "-journal", "-lock", "-migrating"];

pub(crate) struct NewFile {
    part: PathBuf,
    path: PathBuf,
    /// Directories that were made for it, the outermost first.
    made: Vec<PathBuf>,
}

impl NewFile {
    /// Refuses a name that something has.
    pub(crate) fn at(path: &Path) -> Result<Self, Failure> {
        for name in std::iter::once(path.to_owned()).chain(["-wal", "-journal"].map(|end| beside(path, end)))
        {
            if name.symlink_metadata().is_ok() {
                return Err(Failure::new(
                    "FILE_EXISTS",
                    format_args!("{} exists, and would be lost", name.display()),
                    "name another, or move that one away",
                ));
            }
        }
        let part = path.with_added_extension(format!("{}.part", std::process::id()));
        Ok(Self { part, path: path.to_owned(), made: Vec::new() })
    }

    /// Makes the directory that it will be in.
    pub(crate) fn make_directory(&mut self) -> Result<(), Failure> {
        let Some(directory) = folder(&self.path) else { return Ok(()) };
        self.made = directory.ancestors().take_while(|it| !it.exists()).map(Path::to_owned).collect();
        self.made.reverse();
        crate::database::make_directory(directory)
    }

    /// Where it is written.
    pub(crate) fn part(&self) -> &Path {
        &self.part
    }

    /// Where it will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, on the disk.
    pub(crate) fn name(mut self) -> Result<Named, Failure> {
        let failed = |error| Failure::file(&self.path, &error);
        // A link is refused where there is something by now; a rename would replace it.
        match fs::hard_link(&self.part, &self.path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
            // File systems without links.
            Err(_) => fs::rename(&self.part, &self.path).map_err(failed)?,
        }
        let named = Named { path: self.path.clone(), made: std::mem::take(&mut self.made), stays: false };
        sync(folder(&self.path).unwrap_or(Path::new(".")))
            .map_err(|error| Failure::file(&self.path, &error))?;
        Ok(named)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        remove(&self.part);
        remove_directories(&self.made);
    }
}

/// A file that has its name, and is removed again unless it [stays](Named::stays).
pub(crate) struct Named {
    path: PathBuf,
    made: Vec<PathBuf>,
    stays: bool,
}

impl Named {
    /// Nothing can go wrong any more.
    pub(crate) fn stays(mut self) {
        self.stays = true;
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if !self.stays {
            remove(&self.path);
            remove_directories(&self.made);
        }
    }
}

/// Whatever went wrong is said; that the rest could not be removed as well would only hide it.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    for end in BESIDE {
        let _ = fs::remove_file(beside(path, end));
    }
}

/// Those that are empty again.
fn remove_directories(made: &[PathBuf]) {
    for directory in made.iter().rev() {
        let _ = fs::remove_dir(directory);
    }
}

/// The directory of a file, where its name has one.
fn folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|directory| !directory.as_os_str().is_empty())
}

/// A file beside a database, by its ending.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The name of a new file is on the disk only when its folder is.
#[cfg(unix)]
fn sync(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> std::io::Result<()> {
    Ok(())
}
