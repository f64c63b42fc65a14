//! Asking about a licence. Changes nothing, unless its time begins with its first validation.

use keyward_core::code::Code;
use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::{Job, Tx, audit, issued, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use super::{Found, Question, decide};
use crate::rules::ExpirationBasis;
use crate::{Attempt, Caller, Engine, EngineError};

/// The answer, with the licence that it is about.
#[derive(Clone, Debug)]
pub struct Validated {
    /// The answer.
    pub verdict: Verdict,
    /// The licence, when there is one.
    pub found: Option<Found>,
}

impl Engine {
    /// Answers a question about a key in the one spelling of its scheme. The attempt is written down.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn validate(
        &self,
        caller: &Caller,
        question: Question,
        key: &str,
        scope: &Scope,
    ) -> Result<Validated, EngineError> {
        let digest = self.digest(key);
        let found = self.find_digest(&self.store, &digest).await?;
        let is_there = found.is_some();
        let found = found.filter(|found| caller.knows(found.license.product_id));
        let validated = self.answer(caller, question, found, scope).await?;
        // An unknown key was looked for among older forms, too. Whoever says no to both alike must take as long for both.
        if is_there && !validated.verdict.valid {
            issued::license_by_digest(&self.store, self.account.id, &digest).await?;
        }
        Ok(validated)
    }

    /// Answers a question about the licence that was found, and writes the attempt down.
    pub(crate) async fn answer(
        &self,
        caller: &Caller,
        question: Question,
        mut found: Option<Found>,
        scope: &Scope,
    ) -> Result<Validated, EngineError> {
        let now = self.now();
        if let Some(found) = &mut found {
            self.begin_with_first_validation(caller, found, now).await?;
        }
        let machines = match &found {
            Some(found) if found.policy.model.strict || scope.fingerprints.is_some() => {
                machines::of_license(&self.store, found.license.id).await?
            }
            _ => Vec::new(),
        };
        if let (Some(found), Some(_)) = (&mut found, &scope.entitlements) {
            found.entitlements =
                keyward_store::entitlements::of_license(&self.store, found.license.id).await?;
        }
        // System C counts in milliseconds, so that an expiry within one is not cut short.
        let tiered = found.as_ref().is_some_and(|found| found.license.scheme == Scheme::Tier.as_str());
        let instant = if tiered { now.floor_millis() } else { now };
        let verdict = decide(question, found.as_ref(), &machines, scope, instant);
        self.record(caller, &verdict, found.as_ref(), now).await;
        Ok(Validated { verdict, found })
    }

    /// Writes down that a text was asked about that is no licence at all.
    pub async fn validate_refused(&self, caller: &Caller, refusal: Refusal) -> Verdict {
        let verdict = Verdict::from(refusal);
        self.record(caller, &verdict, None, self.now()).await;
        verdict
    }

    pub(crate) async fn record(
        &self,
        caller: &Caller,
        verdict: &Verdict,
        found: Option<&Found>,
        now: Timestamp,
    ) {
        // One row for each would let a single address fill the disk.
        let guess = matches!(verdict.code, Code::NotFound | Code::Malformed | Code::BadSignature);
        if caller.locked_out && guess {
            return;
        }
        self.recorder
            .note(Attempt {
                license: found.map(|found| found.license.id),
                counted_under: found
                    .map(|found| found.policy.row.id)
                    .or(caller.product)
                    .or(Some(self.account.id)),
                at: now,
                front: caller.front,
                code: verdict.code,
                reason: verdict.reason,
                valid: verdict.valid,
                address: caller.address,
                origin: caller.origin_text(),
                user_agent: caller.user_agent_text(),
            })
            .await;
    }

    /// Where the policy says so, the first validation sets the expiry, before its answer. An end that a licence has stays:
    /// the policy may have said something else when it was made.
    async fn begin_with_first_validation(
        &self,
        caller: &Caller,
        found: &mut Found,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let rules = &found.policy.rules;
        let license = &found.license;
        if rules.expiration_basis != ExpirationBasis::FromFirstValidation
            || license.first_validated_at.is_some()
            || license.expiry.is_some()
            || license.suspended_at.is_some()
        {
            return Ok(());
        }
        let expiry = rules.duration.map(|seconds| rules.arithmetic().end(now, seconds)).transpose()?;
        let detail = json!({ "expiry": expiry });
        let entry =
            self.entry(caller, "license.first-validation", ("license", Some(license.id)), &detail, now);
        self.store.write(FirstValidation { license: license.id, expiry, entry }).await?;
        if let Some(fresh) = self.find_id(&self.store, license.id).await? {
            *found = fresh;
        }
        Ok(())
    }
}

struct FirstValidation {
    license: Uuid,
    expiry: Option<Timestamp>,
    entry: keyward_core::audit::Entry,
}

impl Job for FirstValidation {
    const NAME: &'static str = "license.first-validation";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let row = licenses::lock(tx, self.license).await?;
        // Of two first validations the second one finds it begun.
        if row.is_none_or(|row| row.first_validated_at.is_some() || row.expiry.is_some()) {
            return Ok(());
        }
        licenses::touch_validated(tx, self.license, self.entry.at, self.expiry).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
