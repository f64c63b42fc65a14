//! Telling what was used: totals by feature, counted by the server exactly once.

use std::collections::BTreeMap;

use keyward_core::code::Code;
use keyward_core::time::{MICROS_PER_DAY, Timestamp};
use keyward_core::verdict::Verdict;

use super::Dialect;
use super::installation::{self, Counted};
use super::said::Talk;
use crate::error::ClientError;
use crate::manager::{Inner, LicenseManager};
use crate::state::{Sending, State};
use crate::usage::Usage;

/// The server knows an `Idempotency-Key` for a day. What may have been counted is not told again after this.
const KNOWN: i64 = MICROS_PER_DAY / 24 * 23;

/// One total on its way.
struct Total {
    feature: String,
    amount: i64,
    key: String,
}

impl LicenseManager {
    /// Tells the installation's server the totals by feature, where its licences limit something of that name, and forgets
    /// what was told. Answers what is not told.
    ///
    /// Each total goes out under an `Idempotency-Key` that is remembered before: a lost answer does not make it count twice.
    /// When it may have been counted and the server could not be asked for a day, it is left out rather than counted again.
    ///
    /// # Errors
    /// `NOT_SUPPORTED` where the server's interface has no such call; `USAGE_CONSENT` before the user agreed;
    /// `USAGE_LIMIT` when it is more than the licences allow: nothing of that feature was counted; else as
    /// [`Self::activate`].
    pub fn send_usage(&self) -> Result<Usage, ClientError> {
        let inner = &self.0;
        let help = &inner.rules.help;
        let server = inner.server()?;
        if !matches!(server.dialect, Dialect::Installation(_)) {
            let sentence = "this licence server does not count what is used; the totals stay on this device";
            return Err(ClientError::other("NOT_SUPPORTED", sentence, "Nothing to do.", help));
        }
        inner.be_patient()?;
        let totals = inner.change(|state| {
            if state.usage.consent != Some(true) {
                let sentence = "the user did not agree that totals are told to the vendor";
                return Err(ClientError::other("USAGE_CONSENT", sentence, "Ask the user first.", help));
            }
            inner.put_on_the_way(state, inner.clock.now())
        })?;
        let mut refused = None;
        for total in totals {
            let mut talk = Talk::with(server, &[]).map_err(|failure| inner.failed(failure))?;
            let counted = installation::count(&mut talk, &total.feature, total.amount, &total.key);
            match counted {
                Ok(Counted::Yes) => inner.arrived(&total, true)?,
                Ok(Counted::Unknown) => inner.arrived(&total, false)?,
                Ok(Counted::TooMuch(sentence)) => {
                    inner.arrived(&total, false)?;
                    let verdict = Verdict::refusal(Code::UsageLimit, sentence);
                    refused.get_or_insert(ClientError::refused(verdict, help));
                }
                Err(failure) => {
                    if !failure.may_be_done() {
                        inner.arrived(&total, false)?;
                    }
                    return Err(inner.failed(failure));
                }
            }
        }
        refused.map_or_else(|| Ok(self.usage()), Err)
    }
}

impl Inner {
    /// Gives each total a key and remembers both. What went out before and may have arrived goes out under its old key.
    fn put_on_the_way(&self, state: &mut State, now: Timestamp) -> Result<Vec<Total>, ClientError> {
        let usage = &mut state.usage;
        usage.sending.retain(|_, sending| now.micros().abs_diff(sending.since) <= KNOWN.unsigned_abs());
        let features: Vec<String> = usage.counted.keys().cloned().collect();
        for feature in features {
            if usage.sending.contains_key(&feature) {
                continue;
            }
            let days = usage.counted.remove(&feature).unwrap_or_default();
            if sum(&days) > 0 {
                let sending = Sending { key: self.idempotency_key()?, since: now.micros(), days };
                usage.sending.insert(feature, sending);
            }
        }
        let total = |(feature, sending): (&String, &Sending)| Total {
            feature: feature.clone(),
            amount: sum(&sending.days),
            key: sending.key.clone(),
        };
        Ok(usage.sending.iter().map(total).collect())
    }

    /// It is known what became of a total: it was counted, or it is told another time.
    fn arrived(&self, total: &Total, counted: bool) -> Result<(), ClientError> {
        self.change(|state| {
            let usage = &mut state.usage;
            // The user may have taken the consent back meanwhile, or another program have been faster.
            if usage.sending.get(&total.feature).is_some_and(|sending| sending.key == total.key)
                && let Some(sending) = usage.sending.remove(&total.feature)
                && !counted
            {
                usage.count(&total.feature, &sending.days);
            }
            Ok(())
        })
    }
}

fn sum(days: &BTreeMap<i64, u64>) -> i64 {
    let sum = days.values().fold(0_u64, |sum, uses| sum.saturating_add(*uses));
    i64::try_from(sum).unwrap_or(i64::MAX)
}
