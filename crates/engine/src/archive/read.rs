//! Reading an archive: its head first, then line by line, each time from the beginning.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use keyward_store::latest_schema;
use keyward_store::tables::Table;
use serde_json::{Map, Value};

use super::format::{BACKUP, Counts, EXPORT, End, Head, SEALED_EXPORT, Tally};
use super::sealed::{self, FileKey, OpeningReader};
use super::{ArchiveError, MAGIC, VERSION};
use crate::EngineError;

/// Bytes of a line at the most.
const MAX_LINE: u64 = 64 << 20;
const WANTED: &str = "archive of Keyward";

/// A file whose head was read.
pub struct Archive {
    path: PathBuf,
    head: Head,
    /// Key, what it is bound to, and where the pieces begin.
    sealed: Option<(FileKey, [u8; 32], u64)>,
}

/// Whether a file begins as archives do.
///
/// # Errors
/// When it cannot be read.
pub fn is_archive(path: &Path) -> Result<bool, ArchiveError> {
    let failed = |why| ArchiveError::file(path, why);
    let mut beginning = Vec::new();
    File::open(path).map_err(failed)?.take(MAGIC.len() as u64).read_to_end(&mut beginning).map_err(failed)?;
    Ok(beginning == MAGIC.as_bytes())
}

impl Archive {
    /// Opens a file and reads its head. `passphrase` is asked only for a file that is sealed.
    ///
    /// # Errors
    /// When it is no archive, is newer than this program, or the passphrase is wrong.
    pub fn open<E: From<EngineError>>(
        path: &Path,
        passphrase: impl FnOnce() -> Result<zeroize::Zeroizing<String>, E>,
    ) -> Result<Self, E> {
        Self::read_head(path).map_err(E::from).and_then(|(clear, line, mut file)| {
            if clear.keyward != SEALED_EXPORT {
                return Ok(Self { path: path.to_owned(), head: clear, sealed: None });
            }
            let passphrase = passphrase()?;
            Self::unseal(path, &line, &mut file, &passphrase).map_err(E::from)
        })
    }

    /// Opens a file that is under no passphrase.
    ///
    /// # Errors
    /// When it is no archive, is under a passphrase, or is newer than this program.
    pub fn in_clear(path: &Path) -> Result<Self, EngineError> {
        let wanted = "archive in clear";
        Self::open(path, || Err(ArchiveError::Foreign { path: path.to_owned(), wanted }.into()))
    }

    fn read_head(path: &Path) -> Result<(Head, Vec<u8>, BufReader<File>), EngineError> {
        let failed = |why| ArchiveError::file(path, why);
        if !is_archive(path)? {
            return Err(ArchiveError::Foreign { path: path.to_owned(), wanted: WANTED }.into());
        }
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        let mut line = Vec::new();
        (&mut file).take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)?;
        let head = head_of(&line)?;
        Ok((head, line, file))
    }

    fn unseal(
        path: &Path,
        line: &[u8],
        file: &mut BufReader<File>,
        passphrase: &str,
    ) -> Result<Self, EngineError> {
        let sealed = Some(sealed::open_key(line, file, passphrase)?);
        let mut archive = Self { path: path.to_owned(), head: head_of(line)?, sealed };
        let mut first = Vec::new();
        archive.reader()?.take(MAX_LINE).read_until(b'\n', &mut first).map_err(|why| archive.said(why))?;
        archive.head = head_of(&first)?;
        Ok(archive)
    }

    /// What the first line says.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its lines from the beginning.
    fn reader(&self) -> Result<Box<dyn BufRead + Send>, ArchiveError> {
        let failed = |why| ArchiveError::file(&self.path, why);
        let mut file = File::open(&self.path).map_err(failed)?;
        Ok(match &self.sealed {
            None => Box::new(BufReader::with_capacity(1 << 16, file)),
            Some((key, beginning, at)) => {
                file.seek(SeekFrom::Start(*at)).map_err(failed)?;
                Box::new(BufReader::with_capacity(1 << 16, OpeningReader::new(file, key, *beginning)))
            }
        })
    }

    /// Its rows from the first to the last.
    pub(super) fn rows(&self) -> Result<Rows<'_>, ArchiveError> {
        let mut lines = self.reader()?;
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).map_err(|why| self.said(why))?;
        Ok(Rows { archive: self, lines, line, tally: Tally::default(), table: None, number: 1, bytes: 0 })
    }

    /// Reads the file through and compares it with what its last line says; `progress` is told how many bytes there were.
    ///
    /// # Errors
    /// When it cannot be read, was altered, or is cut short.
    pub fn check(&self, mut progress: impl FnMut(u64)) -> Result<Counts, EngineError> {
        let mut rows = self.rows()?;
        while rows.next()?.is_some() {
            progress(rows.bytes());
        }
        Ok(rows.finish()?)
    }

    /// A sealed file tells a wrong end and a wrong piece by the kind of error.
    fn said(&self, why: io::Error) -> ArchiveError {
        match why.kind() {
            io::ErrorKind::UnexpectedEof => ArchiveError::Truncated("its sealed end is missing"),
            io::ErrorKind::InvalidData => {
                ArchiveError::Damaged("a sealed part does not open; the rest of it may be missing".to_owned())
            }
            _ => ArchiveError::file(&self.path, why),
        }
    }
}

fn head_of(line: &[u8]) -> Result<Head, ArchiveError> {
    let damaged = |what: String| ArchiveError::Damaged(format!("its first line cannot be read ({what})"));
    if !line.ends_with(b"\n") {
        return Err(ArchiveError::Truncated("its first line does not end"));
    }
    // Looked at first: a newer format may have another head.
    let loose: Map<String, Value> = serde_json::from_slice(line).map_err(|why| damaged(why.to_string()))?;
    let version = loose.get("version").and_then(Value::as_u64).unwrap_or_default();
    if version > u64::from(VERSION) {
        return Err(ArchiveError::Newer { found: format!("format {version}"), known: VERSION.to_string() });
    }
    let head: Head = serde_json::from_slice(line).map_err(|why| damaged(why.to_string()))?;
    if ![EXPORT, SEALED_EXPORT, BACKUP].contains(&head.keyward.as_str()) || head.version != VERSION {
        return Err(damaged("it is of no kind that there is".to_owned()));
    }
    if head.schema > latest_schema() {
        let known = latest_schema().to_string();
        return Err(ArchiveError::Newer { found: format!("schema {}", head.schema), known });
    }
    Ok(head)
}

/// A row, and whose it is.
pub(super) type OfTable = (&'static Table, Map<String, Value>);

/// The rows of a file as they come.
pub(super) struct Rows<'a> {
    archive: &'a Archive,
    lines: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    tally: Tally,
    /// The place of the last row's table.
    table: Option<usize>,
    number: u64,
    bytes: u64,
}

impl Rows<'_> {
    /// The next row; `None` at the last line, which [`finish`](Self::finish) looks at.
    pub(super) fn next(&mut self) -> Result<Option<OfTable>, ArchiveError> {
        self.line.clear();
        let read = (&mut self.lines).take(MAX_LINE).read_until(b'\n', &mut self.line);
        read.map_err(|why| self.archive.said(why))?;
        self.number += 1;
        self.bytes += self.line.len() as u64;
        if !self.line.ends_with(b"\n") {
            return Err(ArchiveError::Truncated("it has no last line"));
        }
        let damaged = |why: String| ArchiveError::Damaged(format!("line {} {why}", self.number));
        let parsed: Map<String, Value> =
            serde_json::from_slice(&self.line).map_err(|why| damaged(why.to_string()))?;
        let mut members = parsed.into_iter();
        let (Some((name, row)), None) = (members.next(), members.next()) else {
            return Err(damaged("is not one row".to_owned()));
        };
        if name == "end" {
            return Ok(None);
        }
        let Some((place, table)) = Table::named(&name) else {
            return Err(damaged(format!("is of an unknown table, {name}")));
        };
        if self.table.is_some_and(|before| before > place) {
            return Err(damaged("is not in its place".to_owned()));
        }
        self.table = Some(place);
        self.tally.line(table, &self.line);
        match row {
            Value::Object(row) => Ok(Some((table, row))),
            _ => Err(damaged("is no row".to_owned())),
        }
    }

    /// Bytes of the lines so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Compares what came with what the last line says.
    pub(super) fn finish(mut self) -> Result<Counts, ArchiveError> {
        let damaged = |what: &str| ArchiveError::Damaged(what.to_owned());
        let End { end } = serde_json::from_slice(&self.line)
            .map_err(|why| damaged(&format!("its last line cannot be read ({why})")))?;
        let mut rest = [0];
        if self.lines.read(&mut rest).map_err(|why| self.archive.said(why))? > 0 {
            return Err(damaged("something follows its last line"));
        }
        for name in end.rows.keys() {
            let (_, table) = Table::named(name)
                .ok_or_else(|| damaged(&format!("its last line counts an unknown table, {name}")))?;
            self.tally.table(table);
        }
        if self.tally.counts() != end {
            return Err(damaged("its lines are not those that its last line counts"));
        }
        Ok(end)
    }
}
