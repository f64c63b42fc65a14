//! Where a table goes: standard output, a pipe, or a new file that is there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

pub(crate) enum Target {
    Out(BufWriter<StdoutLock<'static>>),
    /// A pipe or a device takes what it is given.
    Pipe(BufWriter<File>),
    /// Written beside the wanted file first, and given its name when it is whole.
    New(BufWriter<File>, Part),
}

/// A file that is removed unless it was given its name.
pub(crate) struct Part {
    part: PathBuf,
    path: PathBuf,
    named: bool,
}

impl Target {
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Out(BufWriter::new(io::stdout().lock()))) };
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Err(Failure::new(
                "FILE_EXISTS",
                format_args!("{} exists, and would be lost", path.display()),
                "name another file with --out, or move that one away",
            )),
            Ok(_) => {
                let file = File::options().write(true).open(path).map_err(|e| Failure::file(path, &e))?;
                Ok(Self::Pipe(BufWriter::new(file)))
            }
            Err(_) => Self::new_file(path),
        }
    }

    /// Licences are worth money: only their owner can read the file.
    fn new_file(path: &Path) -> Result<Self, Failure> {
        let part = path.with_added_extension(format!("{}.part", std::process::id()));
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| Failure::file(path, &error))?;
        Ok(Self::New(BufWriter::new(file), Part { part, path: path.to_owned(), named: false }))
    }

    /// What was written so far is on the disk, or with the reader.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        match self {
            Self::Out(writer) => Ok(writer.flush()?),
            Self::Pipe(writer) => Ok(writer.flush()?),
            Self::New(writer, part) => writer
                .flush()
                .and_then(|()| writer.get_ref().sync_all())
                .map_err(|error| Failure::file(&part.part, &error)),
        }
    }

    /// Gives a file its name.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.settle()?;
        if let Self::New(_, part) = &mut self {
            // The table is whole: whatever its name, it stays.
            part.named = true;
            std::fs::rename(&part.part, &part.path).map_err(|error| {
                Failure::file(&part.path, &error).and(format_args!("the table is in {}", part.part.display()))
            })?;
        }
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Out(writer) => writer.write(bytes),
            Self::Pipe(writer) | Self::New(writer, _) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Out(writer) => writer.flush(),
            Self::Pipe(writer) | Self::New(writer, _) => writer.flush(),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.named {
            // Whatever went wrong is said; that the rest could not be removed as well would only hide it.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
