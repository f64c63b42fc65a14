//! What is written together.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_store::stats::{self, Change};
use keyward_store::verifications::{self, Verification};
use keyward_store::{Job, Lane, StoreError, Tx};
use uuid::Uuid;

use super::Attempt;
use super::sums::{Counted, Sum};
use crate::statistics::counters;

/// Rows and counters of one flush.
pub(super) struct Flush {
    account: Uuid,
    rows: Vec<Verification>,
    counts: BTreeMap<Uuid, Vec<Change>>,
    /// For how many attempts the rows stand.
    pub(super) attempts: usize,
}

impl Flush {
    /// Attempts that are kept as rows, and the counters of these and of what was added up.
    pub(super) fn of(attempts: Vec<Attempt>, mut counted: Counted, account: Uuid) -> Self {
        for attempt in &attempts {
            if let Some(under) = attempt.counted_under {
                let (good, failed) = counted.entry((under, stats::hour(attempt.at))).or_default();
                *(if attempt.valid { good } else { failed }) += 1;
            }
        }
        let mut counts: BTreeMap<Uuid, Vec<Change>> = BTreeMap::new();
        for ((under, hour), (good, failed)) in counted {
            let at = Timestamp::from_seconds(hour * 3_600);
            let changes = counts.entry(under).or_default();
            for (name, count) in [(counters::VALIDATIONS, good), (counters::FAILED, failed)] {
                if count > 0 {
                    changes.extend([Change::hourly(name, at, count), Change::total(name, count)]);
                }
            }
        }
        let rows: Vec<_> = attempts.into_iter().map(|attempt| row(attempt, account)).collect();
        Self { account, attempts: rows.len(), rows, counts }
    }

    pub(super) fn of_sums(sums: &[Sum], account: Uuid) -> Self {
        let attempts = sums.iter().map(|sum| sum.count as usize).sum();
        let rows = sums.iter().map(|sum| summed(sum, account)).collect();
        Self { account, rows, counts: BTreeMap::new(), attempts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.counts.is_empty()
    }
}

/// A code that says no and does not mean it: without this nobody could tell afterwards.
fn allowed(code: Code) -> Option<&'static str> {
    let says_yes = matches!(code, Code::Valid | Code::GracePeriod | Code::Trial);
    (!says_yes).then_some(verifications::ALLOWED)
}

fn row(attempt: Attempt, account: Uuid) -> Verification {
    let reason = attempt.reason.or_else(|| allowed(attempt.code).filter(|_| attempt.valid));
    Verification {
        account_id: account,
        license_id: attempt.license,
        at: attempt.at,
        front: attempt.front.as_str().to_owned(),
        code: attempt.code.as_str().to_owned(),
        reason: reason.map(str::to_owned),
        count: 1,
        address: attempt.address.map(|address| address.to_string()),
        origin: attempt.origin,
        user_agent: attempt.user_agent,
    }
}

fn summed(Sum { key, minute, count }: &Sum, account: Uuid) -> Verification {
    Verification {
        account_id: account,
        license_id: Some(key.license),
        at: *minute,
        front: key.front.as_str().to_owned(),
        code: key.code.as_str().to_owned(),
        reason: key.reason.or_else(|| allowed(key.code).filter(|_| key.valid)).map(str::to_owned),
        count: i64::from(*count),
        address: None,
        origin: None,
        user_agent: None,
    }
}

/// The same flush may be tried several times.
pub(super) struct SharedFlush(pub(super) Arc<Flush>);

impl Job for SharedFlush {
    const NAME: &'static str = "verification.record";
    const LANE: Lane = Lane::Bulk;
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let Flush { account, rows, counts, .. } = &*self.0;
        verifications::insert_all(tx, rows).await?;
        for (under, changes) in counts {
            // The policy itself spreads the writers: one recorder a node.
            stats::add(tx, *account, *under, *under, changes).await?;
        }
        Ok(())
    }
}
