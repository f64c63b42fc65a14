//! Moving in 100,000 rows of each system, beside a raw insert loop of the same rows into a bare table.
//!
//! `cargo bench -p keyward --bench import [-- ROWS]`. The raw loop is one prepared statement in one transaction, into the
//! table that the system's own document prints, on the same disk; it has its rows in memory, the import reads them from a
//! file. Interleaved pairs, medians; the target is at least 0.3 of the raw loop's rate. Nothing here passes or fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyward_core::time::Timestamp;
use keyward_engine::import::{Import, System};
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Clock, Detail, Engine, MasterKeySource, Setup};
use keyward_store::testing::Database;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rusqlite::Connection;
use rusqlite::types::Value;

const PAIRS: usize = 5;

struct Present;

impl Clock for Present {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().expect("the year is after 1970");
        Timestamp::from_micros(i64::try_from(since.as_micros()).expect("the year is before 290,000"))
    }
}

fn main() {
    let rows: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("import");
    std::fs::create_dir_all(&directory).expect("a directory for the run");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    println!("rows a second of an import to those of a raw insert loop, {rows} rows (target 0.30):");
    for system in [System::A, System::B, System::C, System::E] {
        let old = directory.join(format!("{}.db", system.as_str()));
        make(system, rows, &old, &directory);
        let tables = read(&old);
        let mut pairs: Vec<(f64, Duration, Duration)> = (0..PAIRS)
            .map(|_| {
                let raw = insert(&tables, &directory);
                let import = runtime.block_on(import(system, &old, rows, &directory));
                (raw.as_secs_f64() / import.as_secs_f64(), raw, import)
            })
            .collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, raw, took) = pairs[PAIRS / 2];
        let rate = |took: Duration| rows as f64 / took.as_secs_f64();
        println!(
            "  {}: {ratio:.2} x (from {:.2} to {:.2})   import {:.0} rows/s, raw {:.0} rows/s",
            system.as_str(),
            pairs[0].0,
            pairs[PAIRS - 1].0,
            rate(took),
            rate(raw)
        );
    }
}

/// The old database, by the script that the tests use.
fn make(system: System, rows: u64, out: &Path, directory: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new("python3");
    command.arg(root.join("testdata/make_old_databases.py")).args([
        system.as_str(),
        "--rows",
        &rows.to_string(),
    ]);
    command.arg(out);
    if system == System::A {
        let text = std::fs::read_to_string(root.join("testdata/vectors/format_a.json")).expect("the vectors");
        let vectors: serde_json::Value = serde_json::from_str(&text).expect("the vectors are JSON");
        // Signing takes the script long enough with a small key.
        let pem = vectors["keys"]["a_small512"]["private_pkcs8"].as_str().expect("a PEM text");
        let key = directory.join("a.pem");
        std::fs::write(&key, pem).expect("the key is written");
        command.arg("--key").arg(key);
    }
    assert!(command.status().expect("python3 starts").success());
}

/// The statement of a table and its rows.
type Table = (String, String, Vec<Vec<Value>>);

fn read(old: &Path) -> Vec<Table> {
    let connection = Connection::open(old).expect("it opens");
    let find = "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%'";
    let mut statement = connection.prepare(find).expect("it prepares");
    let tables = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("it is asked");
    let tables: Vec<(String, String)> = tables.collect::<Result<_, _>>().expect("it reads");
    tables
        .into_iter()
        .map(|(name, sql)| {
            let mut statement = connection.prepare(&format!("select * from {name}")).expect("it prepares");
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
            let rows = statement.query_map([], row).expect("it is asked");
            (name, sql, rows.collect::<Result<_, _>>().expect("it reads"))
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn insert(tables: &[Table], directory: &Path) -> Duration {
    let path = directory.join("raw.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(directory.join(format!("raw.db{ending}")));
    }
    let mut connection = Connection::open(path).expect("it opens");
    connection.execute_batch("pragma journal_mode = wal; pragma synchronous = full;").expect("it is set");
    for (_, sql, _) in tables {
        connection.execute_batch(sql).expect("the table is made");
    }
    let begun = Instant::now();
    let transaction = connection.transaction().expect("it begins");
    for (name, _, rows) in tables {
        let Some(first) = rows.first() else { continue };
        let marks = vec!["?"; first.len()].join(", ");
        let mut statement =
            transaction.prepare(&format!("insert into {name} values ({marks})")).expect("it prepares");
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row)).expect("a row is added");
        }
    }
    transaction.commit().expect("it commits");
    begun.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn import(system: System, old: &Path, rows: u64, directory: &Path) -> Duration {
    let database = Database::sqlite(directory);
    let setup = Setup {
        master_key: MasterKeySource::Given(MasterKey::from_bytes(zeroize::Zeroizing::new([7; 32]))),
        detail: Detail::Summary,
        tier_detail: Detail::Full,
    };
    let store = database.open().await.expect("the database opens");
    let chance = Box::new(StdRng::seed_from_u64(1));
    let engine = Engine::start(store, setup, Arc::new(Present), chance).await.expect("it starts");
    let import = Import {
        system,
        from: old.display().to_string(),
        product: None,
        secret: None,
        installation: None,
        dry_run: false,
        skip_bad: false,
        keep_attempts: 36_500,
    };
    let begun = Instant::now();
    let report = engine.import(&Caller::operator(), import, |_, _| {}).await.expect("it is read");
    // One more licence of system E stands for devices of none.
    let more = u64::from(system == System::E);
    assert_eq!(report.imported, rows + more, "{report:?}");
    begun.elapsed()
}
