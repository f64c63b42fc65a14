//! Suspending, revoking and reinstating a licence.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::stats::{self, Change};
use keyward_store::{Job, Tx, audit, licenses};
use serde_json::json;

use super::{Found, Named};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError};

/// What is done to the licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspension {
    /// It is suspended for a while.
    Suspend,
    /// It is revoked; that can be taken back.
    Revoke,
    /// It works again.
    Reinstate,
}

impl Suspension {
    const fn event(self) -> &'static str {
        match self {
            Self::Suspend => "license.suspend",
            Self::Revoke => "license.revoke",
            Self::Reinstate => "license.reinstate",
        }
    }

    const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Suspend => Some("suspended"),
            Self::Revoke => Some("revoked"),
            Self::Reinstate => None,
        }
    }
}

impl Engine {
    /// Suspends, revokes or reinstates a licence; `why` is for the audit log.
    ///
    /// # Errors
    /// When there is no such licence, it is so already, or the database refuses.
    pub async fn suspend(
        self: &Arc<Self>,
        caller: &Caller,
        license: Named,
        suspension: Suspension,
        why: Option<String>,
    ) -> Result<Found, EngineError> {
        let now = self.now();
        let entry = self.entry(caller, suspension.event(), ("license", None), &json!({}), now);
        self.store.write(Suspending { engine: Arc::clone(self), license, suspension, why, entry, now }).await
    }
}

struct Suspending {
    engine: Arc<Engine>,
    license: Named,
    suspension: Suspension,
    why: Option<String>,
    entry: Entry,
    now: Timestamp,
}

impl Job for Suspending {
    const NAME: &'static str = "license.suspend";
    type Out = Found;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Found, EngineError> {
        let found = self.engine.lock(tx, &self.license).await?;
        let license = &found.license;
        let changed = match self.suspension.reason() {
            Some(reason) => licenses::suspend(tx, license.id, reason, self.now).await?,
            None => licenses::reinstate(tx, license.id, self.now).await?,
        };
        if !changed {
            return Err(EngineError::AlreadySo(match self.suspension {
                Suspension::Suspend => "suspended",
                Suspension::Revoke => "revoked",
                Suspension::Reinstate => "active",
            }));
        }
        let changes = changes(license, self.suspension.reason());
        stats::add(tx, self.engine.account.id, license.policy_id, license.id, &changes).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(license.id);
        entry.detail = json!({
            "before": license.suspension_reason, "why": self.why, "hint": license.key_hint,
        })
        .to_string();
        audit::append(tx, &entry).await?;
        let again = self.engine.find_id(tx, license.id).await?;
        again.ok_or_else(|| EngineError::NotFound { what: "licence", name: self.license.shown() })
    }
}

/// How the counters change: one of the two states ends, another begins, and an unused key is or is not to be had.
pub(crate) fn changes(before: &licenses::License, after: Option<&str>) -> Vec<Change> {
    let counter = |reason: &str| if reason == "revoked" { counters::REVOKED } else { counters::SUSPENDED };
    let mut changes = Vec::new();
    changes.extend(before.suspension_reason.as_deref().map(|reason| Change::total(counter(reason), -1)));
    changes.extend(after.map(|reason| Change::total(counter(reason), 1)));
    let unused = before.first_activated_at.is_none();
    match (before.suspended_at, after) {
        (None, Some(_)) if unused => changes.push(Change::total(counters::UNAVAILABLE, 1)),
        (Some(_), None) if unused => changes.push(Change::total(counters::UNAVAILABLE, -1)),
        _ => {}
    }
    changes
}
