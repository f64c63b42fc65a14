//! A million keys of the pool by one command, beside a raw loop that inserts the same rows.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::Wanted;
use crate::memory;
use crate::program::Program;
use crate::report::{Five, Report};
use crate::tables::{Tables, last_rows};

/// Keys of each of the five durations.
const EACH: u64 = 200_000;
const ROUNDS: usize = 3;

pub(crate) fn run(_: &Wanted, place: &Path, report: &mut Report) {
    let directory = place.join("pool-run");
    let (_, first, _) = issue(&directory);
    let (mut rates, mut ratios, mut memory) = (vec![], vec![], 0);
    for _ in 0..ROUNDS {
        let raw = first.insert(&directory);
        let (took, _, peak) = issue(&directory);
        rates.push(5.0 * EACH as f64 / took.as_secs_f64());
        ratios.push(raw.as_secs_f64() / took.as_secs_f64());
        memory = memory.max(peak);
    }
    std::fs::remove_dir_all(directory).expect("it is removed");
    report.section(
        "A million keys of the pool by one command",
        "`keyward issue pool --count 200000`, which makes so many of each of five durations, beside a loop that inserts the same \
         rows with prepared statements into the same tables and indexes, in one transaction.",
    );
    report.header(&["command", "keys/s", "part of the raw loop", "memory at most"]);
    report.row([
        "`keyward issue pool`".to_owned(),
        format!("{:.0}", Five::new(rates).median()),
        Five::new(ratios).ratio(),
        format!("{} MB", memory / 1024),
    ]);
}

/// Issues on a fresh database: how long it took, the rows, and the most memory it held, in kB.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn issue(directory: &Path) -> (Duration, Tables, u64) {
    let _ = std::fs::remove_dir_all(directory);
    std::fs::create_dir_all(directory).expect("a directory for the run");
    let program = Program::new(directory, None);
    let first = program.command(&["issue", "pool", "--count", "1"]).output().expect("keyward starts");
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let database = directory.join("keyward.db");
    let before = last_rows(&Connection::open(&database).expect("it opens"));
    let out = directory.join("keys.csv").display().to_string();
    let mut command = program.command(&["issue", "pool", "--count", &EACH.to_string(), "--out", &out]);
    let begun = Instant::now();
    let mut child = command.spawn().expect("keyward starts");
    let mut peak = 0;
    loop {
        peak = peak.max(memory::peak(child.id()));
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            assert!(status.success(), "keyward failed");
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (begun.elapsed(), Tables::since(&before, &database), peak)
}
