//! A mixed load for long, at half of what the server can do: what it holds must not grow.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use keyward_store::testing::Database;

use crate::Wanted;
use crate::activations::Activate;
use crate::asking::{Chance, Requests, ask, ask_at};
use crate::filled::{Filled, Validate, Verify};
use crate::memory;
use crate::program::Served;
use crate::report::Report;
use crate::verdicts::settings;

const CLIENTS: usize = 64;
/// How long the server is asked for as much as it can do.
const MOST: Duration = Duration::from_secs(10);
/// After these the server has what it needs.
const WARM: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_secs(1);
/// What the least memory may differ by between the part after the warm-up and the end.
const FLAT: f64 = 1.1;
/// Of so many requests one activates a key; the rest ask.
const ONE_ACTIVATES: usize = 50;

/// Both databases, one after the other.
pub(crate) fn run(wanted: &Wanted, place: &Path, report: &mut Report) {
    let half = wanted.licenses / 2;
    report.section(
        "For long",
        &format!(
            "{} minutes of a mixed load on {} licences at half of what the server answered at most: of fifty requests one \
             activates a key, the others ask about keys of the pool and tiered keys. Every answer was a 200. Memory is the least \
             and the most that was resident within the two minutes after the first two, and within the last two: the least is what \
             stays when the sums of a minute are written, and must not grow; the most has the sums of one or two minutes.",
            wanted.minutes, wanted.licenses
        ),
    );
    report.header(&[
        "database",
        "answers/s",
        "answers",
        "p99",
        "memory",
        "at the end",
        "descriptors",
        "at the end",
    ]);
    let filled = Filled::new(&place.join(format!("soak-{}", wanted.licenses)), half, half);
    soak("SQLite", &filled, wanted, report);
    // Its keys are used up.
    std::fs::remove_dir_all(&filled.directory).expect("it is removed");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let database =
        runtime.block_on(Database::postgres()).expect("a server: cargo xtask bench server starts one");
    let url = database.url().expect("its address");
    soak("PostgreSQL", &Filled::on_postgres(&place.join("soak-postgres"), &url, half, half), wanted, report);
}

fn soak(database: &str, filled: &Filled, wanted: &Wanted, report: &mut Report) {
    let served = filled.program.serve(&settings("summary"));
    let mixed = Mixed::new(filled);
    let most = ask(&served.host, CLIENTS, MOST, &mixed).rate();
    let pace = Duration::from_secs_f64(CLIENTS as f64 / (most / 2.0));
    let time = Duration::from_secs(60 * wanted.minutes);
    let is_over = AtomicBool::new(false);
    let (asked, looks) = std::thread::scope(|scope| {
        let looking = scope.spawn(|| looks(&served, &is_over));
        let asked = ask_at(&served.host, CLIENTS, time, Some(pace), &mixed);
        is_over.store(true, Ordering::Relaxed);
        (asked, looking.join().expect("it looks"))
    });
    assert!(asked.took >= time, "there was nothing to activate any more after {:?}", asked.took);
    let between = |from: Duration, to: Duration| {
        let found = looks.iter().filter(|look| look.at >= from && look.at < to);
        found.fold((u64::MAX, 0, 0), |(least, most, files), look| {
            (least.min(look.memory), most.max(look.memory), files.max(look.descriptors))
        })
    };
    let (early, late) = (between(WARM, WARM * 2), between(time.saturating_sub(WARM), time));
    report.row([
        database.to_owned(),
        format!("{:.0}", asked.rate()),
        asked.requests.to_string(),
        format!("{:.1} ms", asked.latency(0.99).as_secs_f64() * 1e3),
        format!("{} to {} MB", early.0 / 1024, early.1 / 1024),
        format!("{} to {} MB", late.0 / 1024, late.1 / 1024),
        early.2.to_string(),
        late.2.to_string(),
    ]);
    assert!(late.0 as f64 <= early.0 as f64 * FLAT, "memory grew from {} to {} kB", early.0, late.0);
    assert!(late.2 <= early.2, "descriptors grew from {} to {}", early.2, late.2);
}

struct Look {
    at: Duration,
    memory: u64,
    descriptors: usize,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn looks(served: &Served, is_over: &AtomicBool) -> Vec<Look> {
    let (begun, pid, mut looks) = (Instant::now(), served.child.id(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let (memory, descriptors) = (memory::resident(pid), memory::descriptors(pid));
        looks.push(Look { at: begun.elapsed(), memory, descriptors });
        std::thread::sleep(LOOK);
    }
    looks
}

/// Questions, and now and then an activation of a key that nobody asks about.
struct Mixed {
    validate: Validate,
    verify: Verify,
    activate: Arc<Activate>,
}

impl Mixed {
    fn new(filled: &Filled) -> Arc<Self> {
        let half = filled.pool.len() / 2;
        Arc::new(Self {
            validate: Validate(Arc::new(filled.pool[..half].to_vec()), half),
            verify: Verify(Arc::clone(&filled.tier), filled.tier.len()),
            activate: Activate::new(&filled.pool, half, filled.pool.len() - half),
        })
    }
}

impl Requests for Mixed {
    fn next(&self, chance: &mut Chance, request: &mut Vec<u8>) -> bool {
        match chance.below(ONE_ACTIVATES) {
            0 => self.activate.next(chance, request),
            even if even % 2 == 0 => self.validate.next(chance, request),
            _ => self.verify.next(chance, request),
        }
    }
}
