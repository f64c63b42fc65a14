//! Durable activations over HTTP, beside raw loops that commit the same rows on the same disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::Wanted;
use crate::asking::{Asked, Chance, Requests, ask};
use crate::filled::Filled;
use crate::program::Program;
use crate::report::{Five, Report};
use crate::tables::{SETTINGS, last_rows, names, rows};
use crate::verdicts::settings;

const PAIRS: usize = 5;
const CLIENTS: usize = 64;
/// Activations of a run of many clients, and of one.
const MANY: usize = 20_000;
const FEW: usize = 500;
const FOREVER: Duration = Duration::from_secs(3_600);

/// `POST /api/activate`, each key once.
pub(crate) struct Activate {
    pub(crate) keys: Arc<Vec<String>>,
    next: AtomicUsize,
    end: usize,
}

impl Activate {
    pub(crate) fn new(keys: &Arc<Vec<String>>, from: usize, count: usize) -> Arc<Self> {
        assert!(from + count <= keys.len(), "too few keys");
        Arc::new(Self { keys: Arc::clone(keys), next: AtomicUsize::new(from), end: from + count })
    }
}

impl Requests for Activate {
    fn next(&self, _: &mut Chance, request: &mut Vec<u8>) -> bool {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.end {
            return false;
        }
        let key = &self.keys[number];
        let body = format!(r#"{{"license_key":"{key}","domain_fingerprint":"host-{number}.example.com"}}"#);
        let head = "POST /api/activate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
        request.extend(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes());
        true
    }
}

pub(crate) fn sqlite(_: &Wanted, place: &Path, report: &mut Report) {
    let base = Filled::new(&place.join("activations-base"), 100_000, 0);
    let changes = Changes::of(&base, place);
    let (mut rates, mut raw_rates, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let raw = changes.commit(&base, place, MANY, CLIENTS);
        let raw_rate = MANY as f64 / raw.iter().sum::<Duration>().as_secs_f64();
        let ours = over_http(&base, place, MANY, CLIENTS).rate();
        ratios.push(ours / raw_rate);
        rates.push(ours);
        raw_rates.push(raw_rate);
    }
    let (mut alone, mut raw_alone, mut alone_ratios) = (vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let mut raw = changes.commit(&base, place, FEW, 1);
        raw.sort_unstable();
        let (raw, ours) = (raw[raw.len() / 2], over_http(&base, place, FEW, 1).latency(0.5));
        alone_ratios.push(ours.as_secs_f64() / raw.as_secs_f64());
        alone.push(ours.as_secs_f64() * 1e3);
        raw_alone.push(raw.as_secs_f64() * 1e3);
    }
    report.section(
        "Activations on SQLite",
        "`POST /api/activate`, on a database of 100,000 licences, each answered when it is on disk (`synchronous=FULL`). Beside it a loop that writes the same rows into \
         the same tables and indexes, by prepared statements: for 64 clients 64 activations a commit, for one client one.",
    );
    report.header(&["clients", "ours", "raw loop", "ratio"]);
    report.row([
        "64".to_owned(),
        format!("{:.0}/s", Five::new(rates).median()),
        format!("{:.0}/s", Five::new(raw_rates).median()),
        Five::new(ratios).ratio(),
    ]);
    report.row([
        "1".to_owned(),
        format!("{:.2} ms (median)", Five::new(alone).median()),
        format!("{:.2} ms", Five::new(raw_alone).median()),
        Five::new(alone_ratios).ratio(),
    ]);
}

/// A copy of the database, so that its keys are unused again.
fn copy(base: &Filled, place: &Path) -> Program {
    let directory = place.join("activations-run");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory for the run");
    for file in std::fs::read_dir(&base.directory).expect("the files").flatten() {
        std::fs::copy(file.path(), directory.join(file.file_name())).expect("it is copied");
    }
    // What was copied must not be written out beside what is measured.
    write_out();
    Program::new(&directory, None)
}

fn write_out() {
    assert!(std::process::Command::new("sync").status().expect("sync starts").success());
}

fn over_http(base: &Filled, place: &Path, count: usize, clients: usize) -> Asked {
    let served = copy(base, place).serve(&settings("summary"));
    let asked = ask(&served.host, clients, FOREVER, &Activate::new(&base.pool, 0, count));
    assert_eq!(asked.requests, count as u64);
    asked
}

/// What activations changed in the database.
struct Changes {
    /// Of licences: a statement that sets what differs, and its values for each.
    update: String,
    licenses: Vec<Vec<Value>>,
    /// What each added to other tables, the tables in the order in which they refer to each other.
    added: Vec<(String, Vec<Vec<Value>>)>,
    /// Activations.
    count: usize,
}

impl Changes {
    fn of(base: &Filled, place: &Path) -> Self {
        over_http(base, place, MANY, CLIENTS);
        let open = |directory: &Path| Connection::open(directory.join("keyward.db")).expect("it opens");
        let (before, after) = (open(&base.directory), open(&place.join("activations-run")));
        let last = last_rows(&before);
        let added = names(&after).into_iter().map(|name| {
            let rows = rows(&after, &name, last.get(&name).copied().unwrap_or(0));
            (name, rows)
        });
        let added = added.filter(|(_, rows)| rows.len() >= MANY).collect();
        let (update, licenses) = differing(&before, &after);
        assert_eq!(licenses.len(), MANY, "each activation changes its licence");
        Self { update, licenses, added, count: MANY }
    }

    /// Writes the first of them into a copy, so many activations a commit; how long each commit took.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    fn commit(&self, base: &Filled, place: &Path, count: usize, together: usize) -> Vec<Duration> {
        copy(base, place);
        let mut connection = Connection::open(place.join("activations-run/keyward.db")).expect("it opens");
        connection.execute_batch(SETTINGS).expect("it is set");
        connection.set_prepared_statement_cache_capacity(64);
        let mut took = Vec::with_capacity(count / together);
        for from in (0..count).step_by(together) {
            let to = count.min(from + together);
            let begun = Instant::now();
            let transaction = connection.transaction().expect("it begins");
            for values in &self.licenses[from..to] {
                let mut update = transaction.prepare_cached(&self.update).expect("it prepares");
                update.execute(params_from_iter(values)).expect("a licence is changed");
            }
            for (table, rows) in &self.added {
                let part = |at: usize| rows.len() * at / self.count;
                for row in &rows[part(from)..part(to)] {
                    let marks = vec!["?"; row.len()].join(", ");
                    let insert = format!("insert into {table} values ({marks})");
                    let mut insert = transaction.prepare_cached(&insert).expect("it prepares");
                    insert.execute(params_from_iter(row)).expect("a row is added");
                }
            }
            transaction.commit().expect("it commits");
            took.push(begun.elapsed());
        }
        took
    }
}

/// The licences that differ between two databases: a statement that makes one the other, and its values for each.
fn differing(before: &Connection, after: &Connection) -> (String, Vec<Vec<Value>>) {
    let columns: Vec<String> = {
        let statement = after.prepare("select * from licenses").expect("it prepares");
        statement.column_names().map(str::to_owned).collect()
    };
    let pairs = rows(before, "licenses", 0).into_iter().zip(rows(after, "licenses", 0));
    let pairs: Vec<_> = pairs.filter(|(before, after)| before != after).collect();
    let changed = |at: &usize| pairs.iter().any(|(before, after)| before[*at] != after[*at]);
    let changed: Vec<usize> = (0..columns.len()).filter(changed).collect();
    let id = columns.iter().position(|column| column == "id").expect("an id");
    let set: Vec<String> = changed.iter().map(|at| format!("{} = ?", columns[*at])).collect();
    let update = format!("update licenses set {} where id = ?", set.join(", "));
    let values =
        pairs.iter().map(|(_, after)| changed.iter().chain([&id]).map(|at| after[*at].clone()).collect());
    (update, values.collect())
}
