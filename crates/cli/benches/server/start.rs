//! From the start of the program to its first answer, and what it holds then.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::asking::body_of;
use crate::bare::{self, Answers};
use crate::filled::{Filled, Validate};
use crate::memory;
use crate::report::{Five, Report};
use crate::verdicts::settings;

const ROUNDS: usize = 5;
/// How long it idles before its memory is looked at.
const IDLE: Duration = Duration::from_secs(3);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn run(wanted: &Wanted, place: &Path, report: &mut Report) {
    let half = wanted.licenses / 2;
    let filled = Filled::new(&place.join(format!("sqlite-{}", wanted.licenses)), half, half);
    let request = Validate::request(&filled.pool[0]);
    let (mut ours, mut theirs, mut resident, mut anonymous) = (vec![], vec![], vec![], vec![]);
    // Twice the first time, so that the files are in memory for both.
    for round in 0..=ROUNDS {
        let begun = Instant::now();
        let served = filled.program.serve(&settings("summary"));
        let body = body_of(&served.host, &request);
        let our = begun.elapsed();
        std::thread::sleep(IDLE);
        let pid = served.child.id();
        let held = (memory::resident(pid), memory::anonymous(pid));
        drop(served);
        let answers = Answers { validate: body, verify: String::new() };
        let begun = Instant::now();
        let bare = bare::serve(&answers, &filled.directory);
        body_of(&bare.host, &request);
        let their = begun.elapsed();
        if round > 0 {
            ours.push(our.as_secs_f64() * 1e3);
            theirs.push(their.as_secs_f64() * 1e3);
            resident.push(held.0 as f64);
            anonymous.push(held.1 as f64);
        }
    }
    report.section(
        "Start",
        &format!(
            "From the start of the process to the first answer, with {} licences on SQLite, and what it holds three seconds later.",
            wanted.licenses
        ),
    );
    report.header(&["first answer", "bare", "ratio", "resident memory", "of it not of files"]);
    let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
    report.row([
        format!("{:.1} ms", Five::new(ours).median()),
        format!("{:.1} ms", Five::new(theirs).median()),
        Five::new(ratios).ratio(),
        format!("{:.0} MB", Five::new(resident).median() / 1024.0),
        format!("{:.0} MB", Five::new(anonymous).median() / 1024.0),
    ]);
}
