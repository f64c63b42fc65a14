//! Using up what the licences of an installation allow together: API calls, storage, bandwidth.

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_store::{Job, StoreError, Tx, audit, installations, limits};
use serde_json::json;
use uuid::Uuid;

use super::Holding;
use crate::idempotency::Render;
use crate::license::Usage;
use crate::{Caller, Engine, EngineError, Idempotency, Repeatable};

/// What became of it.
#[derive(Clone, Debug)]
pub enum UseOutcome {
    /// It is counted.
    Used(Usage),
    /// There is not so much left, or not so much was used that is to be given back. Nothing is counted.
    Refused {
        /// Why.
        verdict: Box<Verdict>,
        /// How it stands.
        usage: Usage,
    },
    /// No active licence has such a limit.
    Unknown,
}

impl Engine {
    /// Uses up an amount of a named limit over all active licences; a negative one gives back.
    ///
    /// # Errors
    /// When there is no such installation, the database refuses, or the `Idempotency-Key` was used for another request.
    pub async fn use_limit(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        name: &str,
        amount: i64,
        repeat: Option<(Idempotency, Render<UseOutcome>)>,
    ) -> Result<Repeatable<UseOutcome>, EngineError> {
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let (engine, name) = (Arc::clone(self), name.to_owned());
        let job = Using { engine, caller: caller.clone(), installation, product, name, amount, now };
        self.once(caller, None, repeat, job, now).await
    }
}

struct Using {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    name: String,
    amount: i64,
    now: Timestamp,
}

impl Job for Using {
    const NAME: &'static str = "installation.use";
    type Out = UseOutcome;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<UseOutcome, EngineError> {
        installations::lock(tx, self.installation).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        let holding = self.engine.settle(tx, &self.caller, holding).await?;
        let Some(usage) = holding.usage().into_iter().find(|usage| usage.name == self.name) else {
            return Ok(UseOutcome::Unknown);
        };
        let left = usage.limit.unwrap_or(i64::MAX).saturating_sub(usage.used);
        let refusal = if self.amount > 0 && self.amount > left.max(0) {
            Some(format!("{} of {} are used", usage.used, usage.limit.unwrap_or_default()))
        } else if self.amount < 0 && usage.used.saturating_add(self.amount) < 0 {
            Some(format!("only {} are used, so no more can be given back", usage.used))
        } else {
            None
        };
        if let Some(detail) = refusal {
            let detail = format!("{}: {detail}", self.name);
            let verdict = Box::new(Verdict::refusal(Code::UsageLimit, detail));
            return Ok(UseOutcome::Refused { verdict, usage });
        }
        self.spread(tx, &holding).await?;
        let usage = Usage { used: usage.used + self.amount, ..usage };
        let detail =
            json!({ "name": usage.name, "amount": self.amount, "used": usage.used, "limit": usage.limit });
        let resource = ("installation", Some(self.installation));
        let entry = self.engine.entry(&self.caller, "license.use", resource, &detail, self.now);
        audit::append(tx, &entry).await?;
        Ok(UseOutcome::Used(usage))
    }
}

impl Using {
    /// Takes from each licence what it has, in the order of their activation.
    async fn spread(&self, tx: &Tx<'_>, holding: &Holding) -> Result<(), EngineError> {
        let mut rest = self.amount;
        for held in holding.active() {
            let Some(limit) = held.limits.iter().find(|limit| limit.name == self.name) else { continue };
            let part = if rest > 0 {
                rest.min(limit.maximum.saturating_sub(limit.used).max(0))
            } else {
                rest.max(limit.used.saturating_neg())
            };
            if part == 0 {
                continue;
            }
            if limits::use_up(tx, held.found.license.id, &self.name, part).await?.is_none() {
                return Err(StoreError::Busy("the limit is being changed").into());
            }
            rest -= part;
        }
        Ok(())
    }
}
