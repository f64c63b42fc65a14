//! Renewing and extending: the licence gets a new end, and where its form says the end, a new form.

use std::fmt;
use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Scope;
use keyward_store::stats;
use keyward_store::{Job, Tx, audit, licenses};
use serde_json::json;

use super::suspend::changes;
use super::{Found, Named, Question, decide};
use crate::form::Change;
use crate::rules::{ExpirationBasis, RenewalBasis, Rules};
use crate::{Caller, Engine, EngineError};

/// By how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// By the policy's duration, counted as the policy says.
    Policy,
    /// By days of 86,400 s, counted as the policy says.
    Days(i64),
    /// To an instant.
    Until(Timestamp),
}

/// A renewed licence. `Debug` shows no form.
#[derive(Clone)]
pub struct Renewed {
    /// The licence as it is now.
    pub found: Found,
    /// The new form that the customer must get; `None` when the old key goes on working.
    pub form: Option<String>,
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").field("license", &self.found.license.id).finish_non_exhaustive()
    }
}

impl Engine {
    /// Renews or extends a licence.
    ///
    /// # Errors
    /// When there is no such licence, it never ends or has not begun, is suspended, or the database refuses.
    pub async fn renew(
        self: &Arc<Self>,
        caller: &Caller,
        license: Named,
        renewal: Renewal,
    ) -> Result<Renewed, EngineError> {
        self.refresh().await?;
        self.prepare_reissue(caller, &license).await?;
        let now = self.now();
        let entry = self.entry(caller, "license.renew", ("license", None), &json!({}), now);
        self.store.write(Renewing { engine: Arc::clone(self), license, renewal, entry, now }).await
    }
}

struct Renewing {
    engine: Arc<Engine>,
    license: Named,
    renewal: Renewal,
    entry: Entry,
    now: Timestamp,
}

impl Job for Renewing {
    const NAME: &'static str = "license.renew";
    type Out = Renewed;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Renewed, EngineError> {
        let found = self.engine.lock(tx, &self.license).await?;
        let verdict = decide(Question::Change, Some(&found), &[], &Scope::default(), self.now);
        if !verdict.valid {
            return Err(EngineError::NotAllowed(Box::new(verdict)));
        }
        let license = &found.license;
        let expiry = self.renewal.end_after(license.expiry, &found.policy.rules, self.now)?;
        licenses::set_expiry(tx, license.id, Some(expiry), None, self.now).await?;
        if license.suspended_at.is_some() {
            // Suspended only because it had expired.
            licenses::reinstate(tx, license.id, self.now).await?;
            stats::add(tx, self.engine.account.id, license.policy_id, license.id, &changes(license, None))
                .await?;
        }
        let form =
            self.engine.reissue(tx, &found, Change { end: Some(expiry), device: None }, self.now).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(license.id);
        entry.detail = json!({
            "before": license.expiry, "expiry": expiry, "newForm": form.is_some(), "hint": license.key_hint,
        })
        .to_string();
        audit::append(tx, &entry).await?;
        let again = self.engine.find_id(tx, license.id).await?;
        let found =
            again.ok_or_else(|| EngineError::NotFound { what: "licence", name: self.license.shown() })?;
        Ok(Renewed { found, form })
    }
}

impl Renewal {
    /// The new end of a licence that ends at `expiry`.
    pub(crate) fn end_after(
        self,
        expiry: Option<Timestamp>,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Timestamp, EngineError> {
        let invalid = |wanted: &str| EngineError::Invalid { field: "licence", wanted: wanted.to_owned() };
        let begins_later = matches!(
            rules.expiration_basis,
            ExpirationBasis::FromFirstActivation | ExpirationBasis::FromFirstValidation
        );
        // An end that is set now would be lost when the time begins.
        if let (Renewal::Until(end), false) = (self, begins_later && expiry.is_none()) {
            return Ok(end);
        }
        let expiry = expiry.ok_or_else(|| {
            invalid("it has no end to move: it never expires, or its time begins with its first activation")
        })?;
        let start = match rules.renewal_basis {
            RenewalBasis::FromNow => now,
            RenewalBasis::FromNowIfExpired if expiry < now => now,
            RenewalBasis::FromExpiry | RenewalBasis::FromNowIfExpired | RenewalBasis::Default => expiry,
        };
        match self {
            Self::Days(days) => Ok(keyward_core::calendar::add_days(start, days)?),
            Self::Policy | Self::Until(_) => {
                let duration = rules.duration.ok_or_else(|| {
                    invalid("its policy has no duration; say by how many days, or until when")
                })?;
                Ok(rules.arithmetic().end(start, duration)?)
            }
        }
    }
}
