//! Moving in 100,000 rows of each system, beside two raw insert loops.
//!
//! `cargo bench -p keyward --bench import [-- ROWS] [SYSTEM …]`. *Same rows* is the yardstick of the target, at least 0.3 of its
//! rate: the rows that an import writes, into our own tables with their indexes. *Old table* is there to compare: the rows of
//! the old system, into the bare table that its document prints. Each loop is one prepared statement a table in one transaction,
//! with the settings of our writer, on the same disk, its rows in memory; the import reads them from where the old system
//! left them. Rounds in turns, medians; nothing here passes or fails.

#[path = "shared/tables.rs"]
mod tables;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyward_core::time::Timestamp;
use keyward_engine::import::{Import, System};
use keyward_engine::issue::FileRequest;
use keyward_engine::keyring;
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Clock, Detail, Engine, MasterKeySource, Setup};
use keyward_store::DatabaseAddress;
use keyward_store::testing::Database;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rusqlite::Connection;

use tables::{Table, Tables, last_rows, names, rows, schema};

const ALL: [System; 5] = [System::A, System::B, System::C, System::D, System::E];
const ROUNDS: usize = 3;
/// The product of the files.
const PRODUCT: &str = "Versoll Books";

struct Present;

impl Clock for Present {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().expect("the year is after 1970");
        Timestamp::from_micros(i64::try_from(since.as_micros()).expect("the year is before 290,000"))
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with("--")).collect();
    let rows: u64 = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let wanted = |system: &System| {
        let named = |it: &System| arguments.iter().any(|argument| argument == it.as_str());
        named(system) || !ALL.iter().any(named)
    };
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("import");
    std::fs::create_dir_all(&directory).expect("a directory for the run");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    println!(
        "rows a second of an import to those of a raw insert loop, {rows} rows (target 0.30 x same rows):"
    );
    for system in ALL.into_iter().filter(wanted) {
        let (old, bare) = match system {
            System::D => (folder(rows, &directory), None),
            _ => {
                let old = make(system, rows, &directory);
                let bare = old_rows(&old);
                (old, Some(bare))
            }
        };
        // The first import shows which rows it writes.
        let same = runtime.block_on(async {
            let (ready, before) = ready(system, &directory).await;
            import(&ready.engine, system, &old, rows).await;
            Tables::since(&before, &ready.path())
        });
        let mut rounds = [vec![], vec![], vec![]];
        for _ in 0..ROUNDS {
            rounds[0].push(same.insert(&directory));
            rounds[1].extend(bare.as_ref().map(|bare| bare.insert(&directory)));
            rounds[2].push(runtime.block_on(async {
                let (ready, _) = ready(system, &directory).await;
                import(&ready.engine, system, &old, rows).await
            }));
        }
        let [same, bare, import] = rounds;
        let rate = |took: &Vec<Duration>| rows as f64 / median(took.iter().map(Duration::as_secs_f64));
        let ratio = |raw: &Vec<Duration>| {
            median(raw.iter().zip(&import).map(|(raw, import)| raw.as_secs_f64() / import.as_secs_f64()))
        };
        println!(
            "  {}: same rows {:.2} x, old table {}   import {:.0} rows/s, same rows {:.0} rows/s, old table {}",
            system.as_str(),
            ratio(&same),
            if bare.is_empty() { "-".to_owned() } else { format!("{:.2} x", ratio(&bare)) },
            rate(&import),
            rate(&same),
            if bare.is_empty() { "-".to_owned() } else { format!("{:.0} rows/s", rate(&bare)) },
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The old database, by the script that the tests use.
fn make(system: System, rows: u64, directory: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = directory.join(format!("{}.db", system.as_str()));
    let mut command = Command::new("python3");
    command.arg(root.join("testdata/make_old_databases.py")).args([
        system.as_str(),
        "--rows",
        &rows.to_string(),
    ]);
    command.arg(&out);
    if system == System::A {
        // Signing takes the script long enough with a small key.
        let key = directory.join("a.pem");
        std::fs::write(&key, pem("a", "a_small512", "private_pkcs8")).expect("the key is written");
        command.arg("--key").arg(key);
    }
    assert!(command.status().expect("python3 starts").success());
    out
}

fn pem(format: &str, key: &str, form: &str) -> String {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors");
    let text = std::fs::read_to_string(vectors.join(format!("format_{format}.json"))).expect("the vectors");
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("the vectors are JSON");
    vectors["keys"][key][form].as_str().expect("a PEM text").to_owned()
}

/// The old folder, every tenth file a renewal of the one before; kept, because signing takes half a minute.
fn folder(rows: u64, directory: &Path) -> PathBuf {
    let (done, making) = (directory.join(format!("D-{rows}")), directory.join("D-making"));
    if done.exists() {
        return done;
    }
    let _ = std::fs::remove_dir_all(&making);
    std::fs::create_dir_all(&making).expect("a folder");
    let key = keyring::read_key(&pem("d", "d_main", "private_pkcs8")).expect("a key");
    let workers = std::thread::available_parallelism().expect("the number of cores").get() as u64;
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (key, making) = (&key, &making);
            scope.spawn(move || {
                for number in (worker..rows).step_by(workers as usize) {
                    let is_more = number % 10 == 9;
                    let customer = number - u64::from(is_more);
                    let request = FileRequest {
                        product: PRODUCT.to_owned(),
                        license_type: "YEARLY".to_owned(),
                        issued_to: format!("Müller \"& Söhne\" {customer}"),
                        device_id: format!("{customer:016X}"),
                        months: 12,
                        grace_period_days: 15,
                    };
                    let issued = 1_700_000_000 + number.cast_signed() + i64::from(is_more) * 31_536_000;
                    let file = request.issue(key, Timestamp::from_seconds(issued)).expect("a file");
                    std::fs::write(making.join(format!("{number}.key")), file.to_text())
                        .expect("it is written");
                }
            });
        }
    });
    std::fs::rename(&making, &done).expect("the folder is whole");
    done
}

/// The old system's, without indexes of their own.
fn old_rows(old: &Path) -> Tables {
    let connection = Connection::open(old).expect("it opens");
    let tables = names(&connection).into_iter();
    let tables = tables.map(|name| Table { rows: rows(&connection, &name, 0), before: vec![], name });
    Tables { schema: schema(&connection, "type = 'table'"), tables: tables.collect() }
}

/// A database of ours with its engine; the database is removed when both are gone.
struct Ready {
    engine: Arc<Engine>,
    database: Database,
}

impl Ready {
    fn path(&self) -> PathBuf {
        match &self.database.address {
            DatabaseAddress::Sqlite(path) => path.clone(),
            DatabaseAddress::Postgres(_) => unreachable!("it was made on SQLite"),
        }
    }
}

/// Ready for the move, and the last row of each table.
async fn ready(system: System, directory: &Path) -> (Ready, HashMap<String, i64>) {
    let database = Database::sqlite(directory);
    let setup = Setup {
        master_key: MasterKeySource::Given(MasterKey::from_bytes(zeroize::Zeroizing::new([7; 32]))),
        detail: Detail::Summary,
        tier_detail: Detail::Full,
    };
    let store = database.open().await.expect("the database opens");
    let chance = Box::new(StdRng::seed_from_u64(1));
    let engine = Engine::start(store, setup, Arc::new(Present), chance).await.expect("it starts");
    if system == System::D {
        let caller = Caller::operator();
        engine.ensure_file_product(&caller, PRODUCT).await.expect("a product");
        let key = pem("d", "d_main", "public_spki");
        engine.import_key(&caller, &key, Some(PRODUCT)).await.expect("the key");
    }
    let ready = Ready { engine, database };
    let before = last_rows(&Connection::open(ready.path()).expect("it opens"));
    (ready, before)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn import(engine: &Arc<Engine>, system: System, old: &Path, rows: u64) -> Duration {
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
    assert_eq!(report.imported + report.forms, rows + more, "{report:?}");
    begun.elapsed()
}
