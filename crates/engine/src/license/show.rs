//! Everything that is known of a licence.

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::limits::Limit;
use keyward_store::machines::Machine;
use keyward_store::verifications::{self, Verification};
use keyward_store::{audit, issued, limits, machines};
use zeroize::Zeroizing;

use super::{Found, Named, Question, decide};
use crate::{Caller, Engine, EngineError};

/// A form that was given out.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its scheme.
    pub scheme: String,
    /// Its last four characters.
    pub hint: Option<String>,
    /// The device it is bound to.
    pub device: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What it says of its end.
    pub expires_at: Option<Timestamp>,
    /// When a newer form took its place.
    pub superseded_at: Option<Timestamp>,
}

/// A licence with everything about it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The licence.
    pub found: Found,
    /// May it run, be activated, be changed?
    pub verdicts: [(Question, Verdict); 3],
    /// The devices it is active on.
    pub machines: Vec<Machine>,
    /// Every form given out, the oldest first.
    pub forms: Vec<Form>,
    /// Its named limits.
    pub limits: Vec<Limit>,
    /// What happened to it.
    pub events: Vec<Entry>,
    /// The newest attempts to validate it.
    pub attempts: Vec<Verification>,
}

/// Events and attempts that are shown.
const SHOWN: i64 = 100;

impl Engine {
    /// Everything that is known of a licence, but its key.
    ///
    /// # Errors
    /// When there is none, or the database cannot be asked.
    pub async fn show(&self, license: &Named) -> Result<Shown, EngineError> {
        let found = self.find(license).await?;
        let (db, id, now) = (&self.store, found.license.id, self.now());
        let machines = machines::of_license(db, id).await?;
        let verdicts = [Question::Run, Question::Activate, Question::Change]
            .map(|question| (question, decide(question, Some(&found), &machines, &Scope::default(), now)));
        let row = &found.license;
        let key = row.key_digest.is_some().then(|| Form {
            scheme: row.scheme.clone(),
            hint: row.key_hint.clone(),
            device: None,
            issued_at: row.created_at,
            expires_at: None,
            superseded_at: None,
        });
        let others = issued::of_license(db, id).await?.into_iter().map(|form| Form {
            scheme: form.scheme,
            hint: form.hint,
            device: form.device,
            issued_at: form.issued_at,
            expires_at: form.expires_at,
            superseded_at: form.superseded_at,
        });
        Ok(Shown {
            verdicts,
            machines,
            forms: key.into_iter().chain(others).collect(),
            limits: limits::of_license(db, id).await?,
            events: audit::of_resource(db, id, SHOWN).await?,
            attempts: verifications::of_license(db, id, SHOWN).await?,
            found,
        })
    }

    /// The key of a licence, in plain; that it was looked at is written down.
    ///
    /// # Errors
    /// When there is none, or the database refuses.
    pub async fn reveal(&self, caller: &Caller, license: &Named) -> Result<Zeroizing<String>, EngineError> {
        let found = self.find(license).await?;
        let row = &found.license;
        let sealed = row
            .key_sealed
            .as_deref()
            .ok_or_else(|| EngineError::NotFound { what: "key of licence", name: row.id.to_string() })?;
        let key = self.unseal("licenses", "key_sealed", row.id, sealed)?;
        let detail = serde_json::json!({ "hint": row.key_hint });
        let entry = self.entry(caller, "license.reveal", ("license", Some(row.id)), &detail, self.now());
        self.store.write(crate::audit::Note { entry }).await?;
        Ok(key)
    }
}
