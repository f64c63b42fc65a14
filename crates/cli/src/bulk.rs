//! Many licences at once: CSV or JSON lines, made on all cores, in order, in constant memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::StdRng;
use serde_json::{Map, Value};

use crate::clock;
use crate::failure::Failure;

/// Licences made by a worker before it hands them on.
const CHUNK: u64 = 256;
/// Chunks that wait for the writer, per worker.
const WAITING: usize = 8;

/// One licence of many: named columns, the same for each.
pub(crate) type Row = Vec<(&'static str, String)>;

/// `--count` and how its licences are written.
#[derive(Args)]
pub(crate) struct Bulk {
    /// Make so many licences and write them as a table
    #[arg(long, value_name = "N", help_heading = "Bulk")]
    pub(crate) count: Option<NonZeroU64>,
    /// How the table is written [default: csv, with --json jsonl]
    #[arg(long, value_enum, help_heading = "Bulk")]
    format: Option<Format>,
    /// Write the table to this new file, whole or not at all, instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Bulk")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Comma-separated values with a header line
    Csv,
    /// One JSON object a line
    Jsonl,
}

impl Bulk {
    /// Refuses what only a table can have when one licence is made.
    pub(crate) fn must_be_unused(&self) -> Result<(), Failure> {
        if self.out.is_none() && self.format.is_none() {
            return Ok(());
        }
        Err(Failure::argument("--out and --format are for many licences", "add --count, or leave them out"))
    }

    /// Makes `count` licences with `make`, which is given the number of each from 0 and a generator.
    pub(crate) fn write(
        &self,
        count: u64,
        json: bool,
        make: impl Fn(u64, &mut StdRng) -> Result<Row, Failure> + Sync,
    ) -> Result<(), Failure> {
        let format = self.format.unwrap_or(if json { Format::Jsonl } else { Format::Csv });
        let table = Table { format, make };
        let Some(path) = &self.out else {
            return table
                .write_to(BufWriter::new(io::stdout().lock()), count)
                .or_else(Failure::unless_closed);
        };
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Err(Failure::new(
                "FILE_EXISTS",
                format_args!("{} exists, and would be lost", path.display()),
                "name another file with --out, or move that one away",
            )),
            // A pipe or a device takes what it is given.
            Ok(_) => {
                let file = File::options().write(true).open(path).map_err(|e| Failure::file(path, &e))?;
                table.write_to(BufWriter::new(file), count).or_else(Failure::unless_closed)
            }
            Err(_) => table.write_file(path, count),
        }
    }
}

/// How the rows are made and written.
struct Table<F> {
    format: Format,
    make: F,
}

impl<F: Fn(u64, &mut StdRng) -> Result<Row, Failure> + Sync> Table<F> {
    /// Writes a file beside the wanted one first, and gives it its name when it is whole. Licences are worth money: only
    /// their owner can read it.
    fn write_file(&self, path: &Path, count: u64) -> Result<(), Failure> {
        let part = path.with_added_extension(format!("{}.part", std::process::id()));
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| Failure::file(path, &error))?;
        let mut writer = BufWriter::new(file);
        let written = self.write_to(&mut writer, count).and_then(|()| finish(writer, &part, path));
        if written.is_err() {
            // Whatever went wrong is said; that the rest could not be removed as well would only hide it.
            let _ = std::fs::remove_file(&part);
        }
        written
    }

    fn write_to(&self, mut writer: impl Write, count: u64) -> Result<(), Failure> {
        let progress = progress(count);
        let workers = thread::available_parallelism().map_or(1, usize::from) as u64;
        let chunks = count.div_ceil(CHUNK);
        thread::scope(|scope| {
            let receivers: Vec<Receiver<Result<Vec<u8>, Failure>>> = (0..workers.min(chunks))
                .map(|worker| {
                    let (sender, receiver) = sync_channel(WAITING);
                    let own = (worker..chunks).step_by(workers as usize);
                    scope.spawn(move || self.work(own, count, &sender));
                    receiver
                })
                .collect();
            // Each worker makes every n-th chunk, so taking turns gives them back in order.
            for chunk in 0..chunks {
                let receiver = &receivers[(chunk % workers) as usize];
                let bytes = receiver.recv().expect("a worker sends each of its chunks")?;
                writer.write_all(&bytes)?;
                progress.inc(CHUNK.min(count - chunk * CHUNK));
            }
            Ok::<_, Failure>(())
        })?;
        writer.flush()?;
        progress.finish_and_clear();
        Ok(())
    }

    fn work(
        &self,
        chunks: impl Iterator<Item = u64>,
        count: u64,
        sender: &SyncSender<Result<Vec<u8>, Failure>>,
    ) {
        let mut rng = clock::generator();
        for chunk in chunks {
            let numbers = chunk * CHUNK..count.min((chunk + 1) * CHUNK);
            let rows = numbers.map(|number| (self.make)(number, &mut rng));
            let bytes =
                rows.collect::<Result<Vec<Row>, Failure>>().and_then(|rows| self.format(&rows, chunk == 0));
            // The writer is gone when it failed; then there is nothing left to do.
            if sender.send(bytes).is_err() {
                return;
            }
        }
    }

    fn format(&self, rows: &[Row], first: bool) -> Result<Vec<u8>, Failure> {
        match self.format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::with_capacity(rows.len() * 256));
                if let (true, Some(row)) = (first, rows.first()) {
                    writer.write_record(row.iter().map(|(name, _)| name))?;
                }
                for row in rows {
                    for (_, value) in row {
                        writer.write_field(cell(value).as_ref())?;
                    }
                    writer.write_record(None::<&[u8]>)?;
                }
                writer.into_inner().map_err(|error| Failure::from(io::Error::from(error.error().kind())))
            }
            Format::Jsonl => {
                let mut bytes = Vec::with_capacity(rows.len() * 256);
                for row in rows {
                    let object: Map<String, Value> =
                        row.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
                    serde_json::to_writer(&mut bytes, &object).map_err(io::Error::from)?;
                    bytes.push(b'\n');
                }
                Ok(bytes)
            }
        }
    }
}

/// A value that a spreadsheet would take for a formula is given an apostrophe, as spreadsheets themselves do.
fn cell(value: &str) -> Cow<'_, str> {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

fn finish(writer: BufWriter<File>, part: &Path, path: &Path) -> Result<(), Failure> {
    let file = writer.into_inner().map_err(|error| Failure::file(part, error.error()))?;
    file.sync_all().map_err(|error| Failure::file(part, &error))?;
    std::fs::rename(part, path).map_err(|error| Failure::file(path, &error))
}

/// A bar on standard error when a person watches and it will take a while.
fn progress(count: u64) -> ProgressBar {
    if count < 1_000 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {eta} left")
        .expect("the template is well-formed");
    ProgressBar::new(count).with_style(style)
}
