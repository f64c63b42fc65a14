//! Using up what a licence has: its uses, or a named limit such as API calls.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Scope;
use keyward_store::{Job, Tx, audit, licenses, limits};
use serde_json::json;

use super::{Named, Question, decide};
use crate::{Caller, Engine, EngineError};

/// What was used, and what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The limit's name; `uses` is the licence's own.
    pub name: String,
    /// Used so far.
    pub used: i64,
    /// How much there is; `None` is without end.
    pub limit: Option<i64>,
}

/// The licence's own counter.
pub const USES: &str = "uses";

impl Engine {
    /// Uses up an amount of a limit; a negative one gives back. Nothing is counted when there is not so much left.
    ///
    /// # Errors
    /// `Limit` when there is not so much left; when the licence may not run, or the database refuses.
    pub async fn use_up(
        self: &Arc<Self>,
        caller: &Caller,
        license: Named,
        name: &str,
        amount: i64,
    ) -> Result<Usage, EngineError> {
        let now = self.now();
        let entry = self.entry(caller, "license.use", ("license", None), &json!({}), now);
        let (engine, name) = (Arc::clone(self), name.to_owned());
        self.store.write(Using { engine, license, name, amount, entry, now }).await
    }
}

struct Using {
    engine: Arc<Engine>,
    license: Named,
    name: String,
    amount: i64,
    entry: Entry,
    now: Timestamp,
}

impl Job for Using {
    const NAME: &'static str = "license.use";
    type Out = Usage;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Usage, EngineError> {
        let mut found = self.engine.find_in(tx, &self.license).await?;
        self.engine.refresh_rules(tx, &mut found).await?;
        let mut policy = (*found.policy).clone();
        // Where it is used is another question than whether there is something left to use.
        policy.model.strict = false;
        found.policy = Arc::new(policy);
        let verdict = decide(Question::Run, Some(&found), &[], &Scope::default(), self.now);
        if !verdict.valid {
            return Err(EngineError::NotAllowed(Box::new(verdict)));
        }
        let id = found.license.id;
        let usage = if self.name == USES {
            let limit = found.license.max_uses.or(found.policy.rules.max_uses);
            let used = licenses::use_up(tx, id, self.amount, limit, self.now).await?;
            let usage = |used| Usage { name: self.name.clone(), used, limit };
            used.map(usage).ok_or_else(|| limit_error(USES, limit.unwrap_or_default(), found.license.uses))?
        } else {
            match limits::use_up(tx, id, &self.name, self.amount).await? {
                Some(limit) => Usage { name: limit.name, used: limit.used, limit: Some(limit.maximum) },
                None => return Err(self.no_limit(tx, id).await?),
            }
        };
        let mut entry = self.entry.clone();
        entry.resource_id = Some(id);
        entry.detail =
            json!({ "name": usage.name, "amount": self.amount, "used": usage.used, "limit": usage.limit })
                .to_string();
        audit::append(tx, &entry).await?;
        Ok(usage)
    }
}

impl Using {
    async fn no_limit(&self, tx: &Tx<'_>, id: uuid::Uuid) -> Result<EngineError, EngineError> {
        let limits = limits::of_license(tx, id).await?;
        Ok(match limits.into_iter().find(|limit| limit.name == self.name) {
            Some(limit) => limit_error("the limit", limit.maximum, limit.used),
            None => EngineError::NotFound { what: "limit", name: self.name.clone() },
        })
    }
}

const fn limit_error(what: &'static str, limit: i64, used: i64) -> EngineError {
    EngineError::Limit { what, limit, used }
}
