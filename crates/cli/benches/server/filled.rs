//! A database full of licences, made by the program's own commands: half of them keys of the pool, half tiered keys.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyward_core::crypto::SharedSecret;
use keyward_core::scheme::tier::{PREFIX, Tier};
use keyward_engine::crypto::AwsLc;

use crate::asking::{Chance, Requests};
use crate::program::Program;

/// Of the tiered keys; as a text, as the old system had it.
pub(crate) const SECRET: &str = "a master key for the benchmarks only";
const TIERS: [&str; 3] = ["free", "pro", "elite"];
/// The second of the first tiered key.
const FIRST: i64 = 1_600_000_000;

/// The old system's tables, by its document's statements.
pub(crate) fn old_tables() -> &'static str {
    let text = include_str!("../../../../testdata/old_systems.py");
    let (_, tables) = text.split_once("C_TABLES = \"\"\"").expect("the statements");
    tables.split_once("\"\"\"").expect("their end").0
}

/// What the keys stand in, and the keys.
pub(crate) struct Filled {
    pub(crate) program: Program,
    pub(crate) directory: PathBuf,
    pub(crate) pool: Arc<Vec<String>>,
    pub(crate) tier: Arc<Vec<String>>,
}

impl Filled {
    /// Fills a database of SQLite; one that was left there before is taken as it is.
    pub(crate) fn new(directory: &Path, pool: u64, tier: u64) -> Self {
        Self::at(directory, None, pool, tier)
    }

    /// Fills an empty database of PostgreSQL.
    pub(crate) fn on_postgres(directory: &Path, url: &str, pool: u64, tier: u64) -> Self {
        let _ = fs::remove_dir_all(directory);
        Self::at(directory, Some(url), pool, tier)
    }

    fn at(directory: &Path, url: Option<&str>, pool: u64, tier: u64) -> Self {
        let program = Program::new(directory, url);
        let (table, note) = (directory.join("pool.csv"), directory.join("filled"));
        let secret = SharedSecret::new(SECRET, &AwsLc);
        let keys: Vec<String> = (0..tier).map(|number| tier_key(number, &secret)).collect();
        if !note.exists() {
            let _ = fs::remove_dir_all(directory);
            fs::create_dir_all(directory).expect("a directory for the run");
            if tier > 0 {
                import(&program, &keys, directory);
            }
            let each = (pool / 5).to_string();
            let out = table.display().to_string();
            succeed(&mut program.command(&["issue", "pool", "--count", &each, "--out", &out]));
            fs::write(note, "").expect("a note");
        }
        let pool = fs::read_to_string(&table).expect("the keys").lines().skip(1).map(first_field).collect();
        Self { program, directory: directory.to_owned(), pool: Arc::new(pool), tier: Arc::new(keys) }
    }
}

fn first_field(line: &str) -> String {
    line.split(',').next().unwrap_or_default().to_owned()
}

/// Each tier has a key in each second.
fn tier_key(number: u64, secret: &SharedSecret) -> String {
    let (of, second) = (number as usize % TIERS.len(), number.cast_signed() / TIERS.len() as i64);
    let tier = Tier { tier: TIERS[of].to_uppercase(), timestamp: FIRST + second };
    tier.seal(PREFIX, secret).expect("a key")
}

/// The values of a row of the old table, without its number.
pub(crate) fn old_row(number: usize, key: &str) -> String {
    format!("('{key}', 'user_{number}', '{}', '2040-01-01 00:00:00')", TIERS[number % TIERS.len()])
}

/// Moves the keys in from a database of the old system, which alone can have so many.
fn import(program: &Program, keys: &[String], directory: &Path) {
    let old = directory.join("old.db");
    let connection = rusqlite::Connection::open(&old).expect("it opens");
    connection.execute_batch(old_tables()).expect("the tables are made");
    connection.execute_batch("pragma synchronous = off; begin").expect("it begins");
    for (part, keys) in keys.chunks(1_000).enumerate() {
        let mut insert =
            "insert into licenses (id, license_key, user_id, tier, expires_at) values ".to_owned();
        for (number, key) in keys.iter().enumerate() {
            let number = part * 1_000 + number;
            let comma = if number % 1_000 == 0 { "" } else { ", " };
            let row = old_row(number, key);
            write!(insert, "{comma}({}, {}", number + 1, &row[1..]).expect("a text");
        }
        connection.execute_batch(&insert).expect("rows are added");
    }
    connection.execute_batch("commit").expect("it commits");
    let old_name = old.display().to_string();
    succeed(program.command(&["import", "C", "--from", &old_name]).env("MASTER_KEY", SECRET));
    fs::remove_file(old).expect("it is removed");
}

fn succeed(command: &mut Command) {
    let done = command.output().expect("keyward starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// `GET /api/validate/{key}` for keys of the pool.
pub(crate) struct Validate(pub(crate) Arc<Vec<String>>, pub(crate) usize);

/// `POST /api/verify` for tiered keys.
pub(crate) struct Verify(pub(crate) Arc<Vec<String>>, pub(crate) usize);

/// `count` keys out of all of them, scattered over the whole.
fn scattered(keys: &[String], count: usize, chance: &mut Chance) -> usize {
    let step = keys.len() / count;
    chance.below(count) * step
}

impl Validate {
    pub(crate) fn request(key: &str) -> Vec<u8> {
        format!("GET /api/validate/{key} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
    }
}

impl Requests for Validate {
    fn next(&self, chance: &mut Chance, request: &mut Vec<u8>) -> bool {
        request.extend(Self::request(&self.0[scattered(&self.0, self.1, chance)]));
        true
    }
}

impl Verify {
    pub(crate) fn request(key: &str) -> Vec<u8> {
        let body = format!(r#"{{"license":"{key}","origin":"benchmark"}}"#);
        let head = "POST /api/verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
        format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}

impl Requests for Verify {
    fn next(&self, chance: &mut Chance, request: &mut Vec<u8>) -> bool {
        request.extend(Self::request(&self.0[scattered(&self.0, self.1, chance)]));
        true
    }
}

/// Each key once, scattered over the whole.
pub(crate) struct Once {
    pub(crate) keys: Arc<Vec<String>>,
    pub(crate) request: fn(&str) -> Vec<u8>,
    asked: AtomicUsize,
}

impl Once {
    /// With what makes a request of a key.
    pub(crate) fn new(keys: &Arc<Vec<String>>, request: fn(&str) -> Vec<u8>) -> Arc<Self> {
        Arc::new(Self { keys: Arc::clone(keys), request, asked: AtomicUsize::new(0) })
    }
}

impl Requests for Once {
    fn next(&self, _: &mut Chance, request: &mut Vec<u8>) -> bool {
        /// A prime that divides no number of keys here: its multiples meet each of them.
        const STEP: usize = 7_919;
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let is_left = number < self.keys.len();
        if is_left {
            request.extend((self.request)(&self.keys[number * STEP % self.keys.len()]));
        }
        is_left
    }
}
