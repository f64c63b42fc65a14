//! What was asked for in all rounds on one database, held against what is there.

use std::time::Duration;

use super::change::{Asked, Change, Heard};
use super::database::Database;
use super::found::{self, Found};
use super::report::Row;
use super::traffic::Traffic;
use crate::world::World;

/// How often a client comes back that is told to: PostgreSQL may notice late that a connection is gone, and hold its locks.
const TRIES: u32 = 150;
const LATER: Duration = Duration::from_millis(100);

/// What was asked for so far.
#[derive(Default)]
pub(super) struct Ledger {
    settled: Vec<Asked>,
    batches: Vec<String>,
    used: i64,
    validated: i64,
}

impl Ledger {
    /// Looks for everything that a round's clients were told, lets them repeat everything, and looks again.
    pub(super) fn check(&mut self, world: &World, host: &str, traffic: Traffic, row: &mut Row) {
        let database = Database::of(world);
        let (asked, batches, validated) = traffic.into_parts();
        self.validated += validated;
        // What is written behind the answers has come to its place by now, or never will.
        row.unwritten = (self.validated - found::validated(&database)).max(0);
        self.look(&database, &asked, &batches, row);
        for asked in asked {
            self.settle(host, asked, row);
        }
        self.batches.extend(batches);
        self.look_again(&database, row);
        let verified = world.db(&["audit", "verify"]);
        assert_eq!(verified.status, 0, "the audit log: {}{}", verified.out, verified.err);
    }

    /// Before anything is repeated: what was acknowledged is there, and nothing in part.
    fn look(&self, database: &Database, asked: &[Asked], batches: &[String], row: &mut Row) {
        let found = Found::of(database);
        let (mut sure, mut open) = (self.used, 0);
        for asked in asked {
            let times = found.times(asked);
            match &asked.answer {
                Some(_) => {
                    row.acknowledged += 1;
                    if times.is_some_and(|times| times != 1) {
                        row.lost.push(format!("{asked:?} is there {times:?} times"));
                    }
                }
                None => {
                    row.unanswered += 1;
                    row.made_unanswered += usize::from(times.is_some_and(|times| times > 0));
                }
            }
            if let Change::Use { amount, .. } = asked.change {
                *(if asked.answer.is_some() { &mut sure } else { &mut open }) += amount;
            }
        }
        if !(sure..=sure + open).contains(&found.used) {
            row.lost.push(format!("{} is used up, not {sure} with at most {open} more", found.used));
        }
        let seen = found::batches(database);
        row.acknowledged += batches.len();
        row.lost.extend(batches.iter().filter(|batch| !seen.contains(batch)).cloned());
        row.half_done.extend(found::half_done(database));
    }

    /// A client repeats its request: one that got an answer gets it again, one that got none now gets the truth, every time.
    fn settle(&mut self, host: &str, mut asked: Asked, row: &mut Row) {
        let answer = sent(&asked, host);
        match &asked.answer {
            Some(first) if asked.has_key() && *first != answer => {
                row.lost.push(format!("{asked:?} was repeated and answered {answer:?}"));
            }
            Some(_) => {}
            None => {
                asked.answer = Some(answer.clone());
                let again = sent(&asked, host);
                if asked.has_key() && again != answer {
                    row.lost.push(format!("{asked:?} was repeated and answered {again:?}"));
                }
            }
        }
        if let Change::Use { amount, .. } = asked.change {
            self.used += amount;
        }
        self.settled.push(asked);
    }

    /// Everything of all rounds is there exactly once.
    fn look_again(&self, database: &Database, row: &mut Row) {
        let found = Found::of(database);
        for asked in &self.settled {
            if let Some(times) = found.times(asked).filter(|times| *times != 1) {
                row.lost.push(format!("{asked:?} was repeated and is there {times} times"));
            }
        }
        if found.used != self.used {
            row.lost.push(format!("{} is used up, not {}", found.used, self.used));
        }
        let seen = found::batches(database);
        row.lost.extend(self.batches.iter().filter(|batch| !seen.contains(batch)).cloned());
        row.half_done.extend(found::half_done(database));
    }
}

/// Repeats a request until there is an answer.
fn sent(asked: &Asked, host: &str) -> crate::served::Answer {
    let mut last = None;
    for _ in 0..TRIES {
        match asked.send(host) {
            Heard::Done(answer) => return answer,
            other => last = Some(other),
        }
        std::thread::sleep(LATER);
    }
    panic!("{asked:?} has no answer: {last:?}");
}
