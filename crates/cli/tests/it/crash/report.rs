//! What a test saw, as one row of the table that `cargo xtask crash` prints.

use std::io::Write as _;
use std::time::Duration;

/// Names the file that rows are added to; without it they are only printed.
const FILE: &str = "KEYWARD_CRASH_REPORT";

/// The sum of all rounds of a test.
pub(super) struct Row {
    what: &'static str,
    rounds: u32,
    /// Changes whose answer came.
    pub(super) acknowledged: usize,
    /// Changes that were asked for and whose answer did not come.
    pub(super) unanswered: usize,
    /// How many of these were made all the same.
    pub(super) made_unanswered: usize,
    /// What was acknowledged and is not there.
    pub(super) lost: Vec<String>,
    /// What is there in part.
    pub(super) half_done: Vec<String>,
    /// Attempts to validate that were answered and never written down.
    pub(super) unwritten: i64,
    /// From the start of what was down to the first good answer.
    recovered: Vec<Duration>,
}

impl Row {
    pub(super) fn new(what: &'static str, rounds: u32) -> Self {
        Self {
            what,
            rounds,
            acknowledged: 0,
            unanswered: 0,
            made_unanswered: 0,
            lost: Vec::new(),
            half_done: Vec::new(),
            unwritten: 0,
            recovered: Vec::new(),
        }
    }

    pub(super) fn recovered(&mut self, after: Duration) {
        self.recovered.push(after);
    }

    /// Says what was seen, and fails when anything was lost or half done, or nothing was tried at all.
    pub(super) fn finish(mut self) {
        self.recovered.sort_unstable();
        let median = self.recovered.get(self.recovered.len() / 2).copied().unwrap_or_default();
        let worst = self.recovered.last().copied().unwrap_or_default();
        let numbers = [
            ("rounds", self.rounds.to_string()),
            ("acknowledged", self.acknowledged.to_string()),
            ("unanswered", self.unanswered.to_string()),
            ("of these made", self.made_unanswered.to_string()),
            ("lost", self.lost.len().to_string()),
            ("half done", self.half_done.len().to_string()),
            ("attempts unwritten", self.unwritten.to_string()),
            ("ms to recover (median)", median.as_millis().to_string()),
            ("ms (worst)", worst.as_millis().to_string()),
        ];
        let said = numbers.iter().map(|(name, number)| format!("{number} {name}")).collect::<Vec<_>>();
        println!("{}: {}", self.what, said.join(", "));
        if let Some(file) = std::env::var_os(FILE) {
            let open = std::fs::OpenOptions::new().create(true).append(true).open(file);
            let mut file = open.expect("the report can be written");
            let cells = numbers.map(|(_, number)| number).join("\t");
            writeln!(file, "{}\t{cells}", self.what).expect("the report is written");
        }
        assert!(self.lost.is_empty(), "{}: acknowledged and not there: {:#?}", self.what, self.lost);
        assert!(self.half_done.is_empty(), "{}: half done: {:#?}", self.what, self.half_done);
        assert!(self.acknowledged > 0 && !self.recovered.is_empty(), "{}: nothing was tried", self.what);
    }
}
