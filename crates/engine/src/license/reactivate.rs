//! Reactivating a client's licence (system A): a revocation is lifted, days are added, and there is a new record.

use std::fmt;
use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Scope;
use keyward_store::{Job, Tx, audit, licenses, stats};
use serde_json::json;

use super::suspend::changes;
use super::{Found, Named, Question, Renewal, decide};
use crate::form::Change;
use crate::{Caller, Engine, EngineError};

/// How a licence is reactivated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reactivation {
    /// Days of 86,400 s that are added to the end, from now on where it is over. A licence without an end needs none.
    pub days: Option<i64>,
    /// The end that whoever asks has seen: a licence that ends otherwise by now is left as it is.
    pub seen: Option<Option<Timestamp>>,
}

/// A reactivated licence. `Debug` shows no form.
#[derive(Clone)]
pub struct Reactivated {
    /// The licence as it is now.
    pub found: Found,
    /// The new form that the customer must get; `None` when the old one says all.
    pub form: Option<String>,
}

impl fmt::Debug for Reactivated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactivated").field("license", &self.found.license.id).finish_non_exhaustive()
    }
}

impl Engine {
    /// Lifts a revocation and adds days. A licence that never ends is only lifted.
    ///
    /// # Errors
    /// `AlreadySo` when there is nothing to lift and no end to move; when there is no such licence, it is suspended for
    /// another reason, it was changed meanwhile, the days are missing, or the database refuses.
    pub async fn reactivate(
        self: &Arc<Self>,
        caller: &Caller,
        license: Named,
        reactivation: Reactivation,
    ) -> Result<Reactivated, EngineError> {
        self.refresh().await?;
        self.prepare_reissue(caller, &license).await?;
        let now = self.now();
        let entry = self.entry(caller, "license.reactivate", ("license", None), &json!({}), now);
        self.store.write(Reactivating { engine: Arc::clone(self), license, reactivation, entry, now }).await
    }
}

struct Reactivating {
    engine: Arc<Engine>,
    license: Named,
    reactivation: Reactivation,
    entry: Entry,
    now: Timestamp,
}

impl Job for Reactivating {
    const NAME: &'static str = "license.reactivate";
    type Out = Reactivated;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Reactivated, EngineError> {
        let found = self.engine.lock(tx, &self.license).await?;
        let license = &found.license;
        let revoked = license.suspension_reason.as_deref() == Some("revoked");
        let verdict = decide(Question::Change, Some(&found), &[], &Scope::default(), self.now);
        if !verdict.valid && !revoked {
            return Err(EngineError::NotAllowed(Box::new(verdict)));
        }
        if self.reactivation.seen.is_some_and(|seen| seen != license.expiry) {
            let wanted = "it was changed meanwhile; look at it again".to_owned();
            return Err(EngineError::Invalid { field: "licence", wanted });
        }
        let expiry = self.end(&found)?;
        if expiry.is_none() && license.suspended_at.is_none() {
            return Err(EngineError::AlreadySo("active, and it never ends"));
        }
        if license.suspended_at.is_some() {
            licenses::reinstate(tx, license.id, self.now).await?;
            stats::add(tx, self.engine.account.id, license.policy_id, license.id, &changes(license, None))
                .await?;
        }
        if expiry.is_some() {
            licenses::set_expiry(tx, license.id, expiry, None, self.now).await?;
        }
        let form = match expiry {
            Some(_) => {
                self.engine.reissue(tx, &found, Change { end: expiry, device: None }, self.now).await?
            }
            None => None,
        };
        let mut entry = self.entry.clone();
        entry.resource_id = Some(license.id);
        entry.detail = json!({
            "before": license.expiry, "expiry": expiry, "days": self.reactivation.days,
            "lifted": license.suspension_reason, "newForm": form.is_some(), "hint": license.key_hint,
        })
        .to_string();
        audit::append(tx, &entry).await?;
        let again = self.engine.find_id(tx, license.id).await?;
        let found =
            again.ok_or_else(|| EngineError::NotFound { what: "licence", name: self.license.shown() })?;
        Ok(Reactivated { found, form })
    }
}

impl Reactivating {
    /// The new end; `None` when there is none to move.
    fn end(&self, found: &Found) -> Result<Option<Timestamp>, EngineError> {
        let license = &found.license;
        if license.expiry.is_none() {
            return Ok(None);
        }
        let missing = || EngineError::Invalid { field: "days", wanted: "say by how many days".to_owned() };
        let days = self.reactivation.days.ok_or_else(missing)?;
        if days < 1 {
            let wanted = "at least one day must be added".to_owned();
            return Err(EngineError::Invalid { field: "days", wanted });
        }
        Renewal::Days(days).end_after(license.expiry, &found.policy.rules, self.now).map(Some)
    }
}
