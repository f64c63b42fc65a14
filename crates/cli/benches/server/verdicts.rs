//! Answers about licences, beside a bare handler that gives the same bytes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::Wanted;
use crate::asking::{Asked, Requests, ask, body_of};
use crate::bare::{self, Answers};
use crate::filled::{Filled, Once, SECRET, Validate, Verify};
use crate::program::Served;
use crate::report::{Five, Report};

const PAIRS: usize = 5;
const CLIENTS: usize = 64;
const TIME: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_secs(1);
/// Keys of which a hot set consists.
const HOT: usize = 100_000;
/// What docs/scale.md says that one takes which is remembered.
const BYTES_OF_A_LICENSE: u64 = 500;
/// The limit of system C counts every request: so many that it counts and refuses nothing.
const LIMITS: [(&str, &str); 2] =
    [("KEYWARD_DIALECTS_TIER_REQUESTS_PER_MINUTE", "1000000000"), ("MASTER_KEY", SECRET)];
const MEMORY: &str = "KEYWARD_DATABASE_MEMORY";
pub(crate) const COLUMNS: [&str; 7] =
    ["question", "throughput", "answers/s", "bare", "CPU of the server", "µs an answer", "p99"];

pub(crate) fn settings(detail: &str) -> Vec<(&str, &str)> {
    let audit = [("KEYWARD_AUDIT_VERIFICATIONS", detail), ("KEYWARD_AUDIT_TIER_VERIFICATIONS", detail)];
    [&LIMITS[..], &audit].concat()
}

/// Room for this many licences in the server's memory.
fn memory(licenses: u64) -> String {
    format!("{} MiB", (licenses * BYTES_OF_A_LICENSE) >> 20)
}

pub(crate) fn sqlite(wanted: &Wanted, place: &Path, report: &mut Report) {
    let half = wanted.licenses / 2;
    let filled = Filled::new(&place.join(format!("sqlite-{}", wanted.licenses)), half, half);
    let memory = memory(wanted.licenses);
    report.section(
        &format!("Questions on SQLite, {} licences", wanted.licenses),
        &format!(
            "As parts of what the bare handler does: throughput, and the server's CPU for one answer. `database.memory` is \
             {memory}, room for all of them: a key that was asked about before is answered without the database. Where it says \
             so, each key is asked about for the first time.",
        ),
    );
    report.header(&COLUMNS);
    for detail in ["summary", "full"] {
        pairs(&filled, detail, Some(&memory), report);
    }
}

/// All questions to a server on a database, each beside the bare handler, and what was written down of them. `memory` is what
/// the server may remember, where it does.
pub(crate) fn pairs(filled: &Filled, detail: &str, memory: Option<&str>, report: &mut Report) {
    let room = memory.map(|memory| (MEMORY, memory));
    let served = filled.program.serve(&[settings(detail), room.into_iter().collect()].concat());
    let bare = bare_beside(filled, &served);
    let named = |question: &str, which: &str| format!("`{question}`, {which}, `{detail}`");
    let sets: &[(&str, usize)] = if detail == "full" {
        &[("all keys", usize::MAX)]
    } else {
        &[("hot set", HOT), ("all keys", usize::MAX)]
    };
    let mut took = Duration::ZERO;
    for (which, count) in sets {
        if *count == usize::MAX && detail == "summary" && memory.is_some() {
            let named = |question: &str| named(question, "each for the first time");
            let validate = Once::new(&filled.pool, Validate::request);
            first(&named("GET /api/validate/{key}"), &served, &bare, &validate, report);
            let verify = Once::new(&filled.tier, Verify::request);
            first(&named("POST /api/verify"), &served, &bare, &verify, report);
        }
        if *count == HOT {
            warm(&served, &filled.pool, Validate::request);
            warm(&served, &filled.tier, Verify::request);
        }
        let validate = Arc::new(Validate(Arc::clone(&filled.pool), filled.pool.len().min(*count)));
        took += pair(&named("GET /api/validate/{key}", which), &served, &bare, &validate, report);
        let verify = Arc::new(Verify(Arc::clone(&filled.tier), filled.tier.len().min(*count)));
        took += pair(&named("POST /api/verify", which), &served, &bare, &verify, report);
    }
    if detail == "full" {
        report.line(&written(&served, took));
    }
}

/// How many attempts became rows, once all have.
fn written(served: &Served, took: Duration) -> String {
    let metric = |name: &str| {
        let text = body_of(&served.host, b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let value =
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok());
        value.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
    };
    while metric("keyward_recorder_depth") > 0.0 {
        std::thread::sleep(Duration::from_millis(100));
    }
    let (rows, dropped) =
        (metric("keyward_recorder_written_total"), metric("keyward_recorder_dropped_total"));
    let each = rows / took.as_secs_f64();
    format!(
        "\nWith `full`, {rows:.0} attempts became rows, {each:.0} in each second of questions; {dropped:.0} were dropped."
    )
}

/// The bare handler, that says what this server says.
fn bare_beside(filled: &Filled, served: &Served) -> Served {
    let validate = body_of(&served.host, &Validate::request(&filled.pool[0]));
    let verify = filled.tier.first().map(|key| body_of(&served.host, &Verify::request(key)));
    bare::serve(&Answers { validate, verify: verify.unwrap_or_default() }, &filled.directory)
}

/// A load, and the CPU that the server took for each answer.
fn measured(served: &Served, requests: &Arc<impl Requests>, time: Duration) -> (Asked, Duration) {
    let before = served.computed();
    let asked = ask(&served.host, CLIENTS, time, requests);
    let each = (served.computed() - before) / u32::try_from(asked.requests).expect("so few");
    (asked, each)
}

/// Asks once about each key of a hot set: how fast the disk was the first time is another question.
fn warm(served: &Served, keys: &[String], request: fn(&str) -> Vec<u8>) {
    let step = keys.len() / keys.len().clamp(1, HOT);
    let hot = keys.iter().step_by(step.max(1)).take(HOT).cloned().collect();
    ask(&served.host, CLIENTS, Duration::MAX, &Once::new(&Arc::new(hot), request));
}

/// Ours is asked once about each key; what the bare handler answers does not depend on it.
fn first(name: &str, ours: &Served, bare: &Served, once: &Arc<Once>, report: &mut Report) {
    let (our, our_each) = measured(ours, once, Duration::MAX);
    let (theirs, theirs_each) = measured(bare, &Once::new(&once.keys, once.request), TIME);
    report.row([
        name.to_owned(),
        format!("{:.2}", our.rate() / theirs.rate()),
        format!("{:.0}", our.rate()),
        format!("{:.0}", theirs.rate()),
        format!("{:.2}", our_each.as_secs_f64() / theirs_each.as_secs_f64()),
        format!("{:.1}", our_each.as_secs_f64() * 1e6),
        format!("{:.1} ms", our.latency(0.99).as_secs_f64() * 1e3),
    ]);
}

/// Says, too, for how long ours was asked.
fn pair(
    name: &str,
    ours: &Served,
    bare: &Served,
    requests: &Arc<impl Requests>,
    report: &mut Report,
) -> Duration {
    measured(bare, requests, WARM_UP);
    let mut asked = measured(ours, requests, WARM_UP).0.took;
    let (mut throughput, mut cpu, mut rates, mut bare_rates, mut each, mut late) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let (theirs, theirs_each) = measured(bare, requests, TIME);
        let (our, our_each) = measured(ours, requests, TIME);
        asked += our.took;
        throughput.push(our.rate() / theirs.rate());
        cpu.push(our_each.as_secs_f64() / theirs_each.as_secs_f64());
        rates.push(our.rate());
        bare_rates.push(theirs.rate());
        each.push(our_each.as_secs_f64() * 1e6);
        late.push(our.latency(0.99).as_secs_f64() * 1e3);
    }
    report.row([
        name.to_owned(),
        Five::new(throughput).ratio(),
        format!("{:.0}", Five::new(rates).median()),
        format!("{:.0}", Five::new(bare_rates).median()),
        Five::new(cpu).ratio(),
        format!("{:.1}", Five::new(each).median()),
        format!("{:.1} ms", Five::new(late).median()),
    ]);
    asked
}

/// The same question on a small database and a large one.
pub(crate) fn scale(_: &Wanted, place: &Path, report: &mut Report) {
    report.section(
        "Five million licences beside ten thousand",
        "The same question about keys of the pool, in turns, on SQLite, with room for all in memory. As a part of the rate with few \
         licences, about which everything was asked before.",
    );
    let [few, many] =
        [10_000, 5_000_000].map(|licenses| Filled::new(&place.join(format!("pool-{licenses}")), licenses, 0));
    let memory = memory(5_000_000);
    let settings = [settings("summary"), vec![(MEMORY, memory.as_str())]].concat();
    let [few_served, many_served] = [&few, &many].map(|filled| filled.program.serve(&settings));
    let once = Once::new(&many.pool, Validate::request);
    let [few, many] =
        [&few, &many].map(|filled| Arc::new(Validate(Arc::clone(&filled.pool), filled.pool.len())));
    measured(&few_served, &few, WARM_UP);
    let (small, small_each) = measured(&few_served, &few, TIME);
    let (first, first_each) = measured(&many_served, &once, Duration::MAX);
    let (mut throughput, mut cpu) = (vec![], vec![]);
    for _ in 0..PAIRS {
        let (small, small_each) = measured(&few_served, &few, TIME);
        let (large, large_each) = measured(&many_served, &many, TIME);
        throughput.push(large.rate() / small.rate());
        cpu.push(large_each.as_secs_f64() / small_each.as_secs_f64());
    }
    report.header(&["question", "throughput", "CPU of the server"]);
    report.row([
        "`GET /api/validate/{key}`, each for the first time".to_owned(),
        format!("{:.2}", first.rate() / small.rate()),
        format!("{:.2}", first_each.as_secs_f64() / small_each.as_secs_f64()),
    ]);
    report.row([
        "`GET /api/validate/{key}`, all keys".to_owned(),
        Five::new(throughput).ratio(),
        Five::new(cpu).ratio(),
    ]);
}
