//! Many licences at once: CSV or JSON lines, made on all cores, in order, in constant memory.

mod target;

use std::borrow::Cow;
use std::io::{self, Write};
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
use crate::output;

pub(crate) use target::Target;

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
    /// Whether a table was asked for.
    pub(crate) const fn is_shaped(&self) -> bool {
        self.out.is_some() || self.format.is_some()
    }

    /// Refuses what only a table can have when one licence is made.
    pub(crate) fn must_be_unused(&self) -> Result<(), Failure> {
        if !self.is_shaped() {
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
        let table = Table { format: self.format(json), make };
        let mut target = Target::open(self.out.as_deref())?;
        let written = table.write_to(&mut target, count).and_then(|()| target.finish());
        written.or_else(Failure::unless_closed)
    }

    /// Opens a table whose rows come one part after another from elsewhere.
    pub(crate) fn sink(&self, count: u64, json: bool) -> Result<Sink, Failure> {
        Sink::open(self.out.as_deref(), self.format(json), count)
    }

    fn format(&self, json: bool) -> Format {
        self.format.unwrap_or(if json { Format::Jsonl } else { Format::Csv })
    }
}

/// A table that is written part by part.
pub(crate) struct Sink {
    target: Target,
    format: Format,
    first: bool,
    progress: ProgressBar,
}

impl Sink {
    pub(crate) fn csv(path: &Path, count: u64) -> Result<Self, Failure> {
        Self::open(Some(path), Format::Csv, count)
    }

    pub(crate) fn lines(path: Option<&Path>, count: u64) -> Result<Self, Failure> {
        Self::open(path, Format::Jsonl, count)
    }

    fn open(path: Option<&Path>, format: Format, count: u64) -> Result<Self, Failure> {
        Ok(Self { target: Target::open(path)?, format, first: true, progress: progress(count) })
    }

    pub(crate) fn write(&mut self, rows: &[Row]) -> Result<(), Failure> {
        let bytes = self.format.bytes(rows, self.first)?;
        self.first &= rows.is_empty();
        self.target.write_all(&bytes)?;
        self.progress.inc(rows.len() as u64);
        Ok(())
    }

    /// Writes one object a line.
    pub(crate) fn write_lines(&mut self, objects: &[Value]) -> Result<(), Failure> {
        for object in objects {
            writeln!(self.target, "{object}")?;
        }
        self.progress.inc(objects.len() as u64);
        Ok(())
    }

    /// What was written so far is on the disk, or with the reader.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        self.target.settle()
    }

    /// The table is whole: a file gets its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.progress.finish_and_clear();
        self.target.finish()
    }
}

/// How the rows are made and written.
struct Table<F> {
    format: Format,
    make: F,
}

impl<F: Fn(u64, &mut StdRng) -> Result<Row, Failure> + Sync> Table<F> {
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
            let bytes = rows
                .collect::<Result<Vec<Row>, Failure>>()
                .and_then(|rows| self.format.bytes(&rows, chunk == 0));
            // The writer is gone when it failed; then there is nothing left to do.
            if sender.send(bytes).is_err() {
                return;
            }
        }
    }
}

impl Format {
    fn bytes(self, rows: &[Row], first: bool) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Csv => {
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
            Self::Jsonl => {
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

/// The same for a file that is read, whose size says how long it will take.
pub(crate) fn progress_of_bytes(path: &Path) -> ProgressBar {
    let size = path.metadata().map_or(0, |file| file.len());
    if size < 1 << 20 || !output::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {percent}%, {eta} left");
    ProgressBar::new(size).with_style(style.expect("the template is well-formed"))
}

/// A bar on standard error when a person watches and it will take a while.
pub(crate) fn progress(count: u64) -> ProgressBar {
    if count < 1_000 || !output::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {eta} left")
        .expect("the template is well-formed");
    ProgressBar::new(count).with_style(style)
}
