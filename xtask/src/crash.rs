//! `cargo xtask crash`: the crash tests in their long form, and a table of what they saw.

use std::fs;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::postgres;
use crate::tools::{self, cargo};

/// Names the file that each test adds its row to.
const REPORT: &str = "KEYWARD_CRASH_REPORT";
const COLUMNS: [&str; 10] = [
    "",
    "rounds",
    "acknowledged",
    "unanswered",
    "of these made",
    "lost",
    "half done",
    "attempts unwritten",
    "recovery, ms (median)",
    "(worst)",
];

#[derive(Args)]
pub(crate) struct Options {
    /// How often the server is killed, on each database
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// How often PostgreSQL is killed under the server, and how often a standby is promoted
    #[arg(long, default_value_t = 20)]
    outages: u32,
    /// How often each way in which a disk fails is tried
    #[arg(long, default_value_t = 20)]
    faults: u32,
    /// Begin chance with this number, as a run that failed has printed it
    #[arg(long)]
    seed: Option<u64>,
    /// Only tests with this in their names: killed_on_sqlite, say
    #[arg(long, default_value = "")]
    only: String,
    /// Test what `cargo build --release` makes
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    postgres::install()?;
    let server = postgres::Server::start()?;
    let report = std::env::temp_dir().join(format!("keyward-crash-{}.tsv", std::process::id()));
    fs::write(&report, "").with_context(|| format!("{} cannot be written", report.display()))?;
    let mut tests = cargo(["test", "--locked", "--package", "keyward", "--test", "it"]);
    if options.release {
        tests.arg("--release");
    }
    // One after the other: each measures how long it takes to recover.
    tests.args(["--", "--nocapture", "--test-threads=1"]).arg(format!("crash::{}", options.only));
    for (name, value) in [("KILLS", options.kills), ("OUTAGES", options.outages), ("FAULTS", options.faults)]
    {
        tests.env(format!("KEYWARD_CRASH_{name}"), value.to_string());
    }
    if let Some(seed) = options.seed {
        tests.env("KEYWARD_CRASH_SEED", seed.to_string());
    }
    let tested = tools::run(tests.env(postgres::VARIABLE, &server.url).env(REPORT, &report));
    let rows = fs::read_to_string(&report).with_context(|| format!("{} cannot be read", report.display()))?;
    print(&rows);
    fs::remove_file(&report).with_context(|| format!("{} cannot be removed", report.display()))?;
    tested
}

/// A table, its first column to the left and numbers to the right.
fn print(rows: &str) {
    let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('\t').collect()).collect();
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.len());
        cells.chain([COLUMNS[at].len()]).max().unwrap_or_default()
    };
    println!();
    for row in [&COLUMNS.to_vec()].into_iter().chain(&rows) {
        let cells = row.iter().take(COLUMNS.len()).enumerate().map(|(at, cell)| match at {
            0 => format!("{cell:<0$}", width(at)),
            _ => format!("{cell:>0$}", width(at)),
        });
        println!("{}", cells.collect::<Vec<_>>().join("  "));
    }
}
