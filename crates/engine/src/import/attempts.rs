//! The old system's log of attempts to validate, taken along so that a licence's history is not lost.

use std::collections::HashMap;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_store::verifications::{self, Verification};
use keyward_store::{Job, Lane, StoreError, Tx, imports};
use uuid::Uuid;

use super::candidate::named;
use super::run::Run;
use crate::statistics::counters;
use crate::{EngineError, Front};

/// An attempt to validate.
pub(super) struct OldAttempt {
    /// The key that was asked about.
    pub(super) key: Option<String>,
    pub(super) at: Timestamp,
    pub(super) code: Code,
    /// What the old system said.
    pub(super) reason: Option<String>,
    pub(super) address: Option<String>,
    pub(super) origin: Option<String>,
}

const OLD: &str =
    "attempts to validate that are older than such are kept here, or have no time, were left out";

impl Run<'_> {
    /// Takes attempts along: those at the licences of this import; those at unknown keys on the first move only, because
    /// nothing tells later whether they are here already.
    pub(super) async fn take_attempts(&mut self) -> Result<(), EngineError> {
        let Some(table) = self.reads.attempts() else { return Ok(()) };
        let Some(mut rows) = self.old.rows(&table).await? else { return Ok(()) };
        let oldest = self.now.plus_days(-self.import.keep_attempts);
        let first_move = self.report.skipped.iter().all(|skipped| skipped.reason.is_in_the_source());
        while let Some(part) = rows.next().await? {
            let mut attempts = Vec::with_capacity(part.len());
            for row in &part {
                match self.reads.attempt(row).filter(|attempt| attempt.at >= oldest) {
                    Some(attempt) => attempts.push(attempt),
                    None => self.report.warn(OLD, || named(row, table.order)),
                }
            }
            let digests: Vec<Option<[u8; 32]>> = attempts
                .iter()
                .map(|attempt| attempt.key.as_deref().map(|key| self.engine.digest(key)))
                .collect();
            let asked: Vec<[u8; 32]> = digests.iter().copied().flatten().collect();
            let (store, account) = (&self.engine.store, self.engine.account.id);
            let known: HashMap<_, _> =
                imports::by_digest(store, account, &asked).await?.into_iter().collect();
            let mut kept = Vec::new();
            for (attempt, digest) in attempts.into_iter().zip(digests) {
                let license = digest.and_then(|digest| known.get(&digest));
                let whose = match license {
                    Some(license) if license.unfinished == Some(self.batch) => Some(license.id),
                    None if digest.is_some_and(|digest| self.has_seen(&digest)) => None,
                    None if first_move => None,
                    // Taken along with its licence, in an earlier run.
                    _ => continue,
                };
                let counted_under = license.map_or(self.product.id, |license| license.policy_id);
                let good = attempt.code == Code::Valid;
                let counter = if good { counters::VALIDATIONS } else { counters::FAILED };
                self.counts.hourly(counted_under, counter, attempt.at);
                kept.push(self.row(attempt, whose));
            }
            self.report.attempts += kept.len() as u64;
            if !self.import.dry_run && !kept.is_empty() {
                let job = Attempts { batch: self.batch, rows: kept };
                if !self.engine.store.write(job).await? {
                    return Err(self.given_up());
                }
            }
            self.goes_on().await?;
        }
        Ok(())
    }

    fn row(&self, attempt: OldAttempt, license_id: Option<Uuid>) -> Verification {
        Verification {
            account_id: self.engine.account.id,
            license_id,
            at: attempt.at,
            front: Front::Tier.as_str().to_owned(),
            code: attempt.code.as_str().to_owned(),
            reason: attempt.reason,
            count: 1,
            address: attempt.address,
            origin: attempt.origin,
            user_agent: Some(imports::attempt_mark(self.batch)),
        }
    }
}

struct Attempts {
    batch: Uuid,
    rows: Vec<Verification>,
}

impl Job for Attempts {
    const NAME: &'static str = "import.attempts";
    const LANE: Lane = Lane::Bulk;
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        if !imports::advance(tx, self.batch, 0).await? {
            return Ok(false);
        }
        verifications::insert_all(tx, &self.rows).await?;
        Ok(true)
    }
}
