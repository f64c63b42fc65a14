//! Everything that is known of a licence.

use keyward_core::audit::Entry;
use keyward_core::claims::{Claims, Expires};
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::limits::Limit;
use keyward_store::machines::Machine;
use keyward_store::offline_seats::{self, Held};
use keyward_store::verifications::{self, Verification};
use keyward_store::{audit, issued, limits, machines};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Found, Named, Question, decide};
use crate::catalog::Material;
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
    /// The hint of the key that signed it.
    pub signed_by: Option<String>,
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
    /// What the devices without a network hold, by their id.
    pub seats: Vec<(Uuid, Held)>,
    /// Every form given out, the oldest first.
    pub forms: Vec<Form>,
    /// Its named limits.
    pub limits: Vec<Limit>,
    /// The newest of what happened to it, the oldest of these first.
    pub events: Vec<Entry>,
    /// The newest attempts to validate it.
    pub attempts: Vec<Verification>,
}

/// Events and attempts that are shown: the newest.
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
        let others = issued::of_license(db, id).await?;
        let key = match found.license.key_digest {
            Some(_) => Some(self.key_form(&found, others.first())?),
            None => None,
        };
        let others = others.into_iter().map(|form| self.form(form));
        let mut events = audit::of_resource(db, id, SHOWN).await?;
        events.reverse();
        Ok(Shown {
            verdicts,
            machines,
            seats: offline_seats::of_license(db, id).await?,
            forms: key.into_iter().chain(others).collect(),
            limits: limits::of_license(db, id).await?,
            events,
            attempts: verifications::of_license(db, id, SHOWN).await?,
            found,
        })
    }

    /// Every form given out for a licence beside its key, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn forms(&self, license: Uuid) -> Result<Vec<Form>, EngineError> {
        Ok(issued::of_license(&self.store, license).await?.into_iter().map(|form| self.form(form)).collect())
    }

    /// What is told of a form that was given out.
    pub(crate) fn form(&self, form: issued::Issued) -> Form {
        Form {
            scheme: form.scheme,
            hint: form.hint,
            device: form.device,
            signed_by: form.signing_key_id.and_then(|id| self.key_hint(id)),
            issued_at: form.issued_at,
            expires_at: form.expires_at,
            superseded_at: form.superseded_at,
        }
    }

    /// The key in a licence's row: the first form that was given out.
    fn key_form(&self, found: &Found, next: Option<&issued::Issued>) -> Result<Form, EngineError> {
        let row = &found.license;
        let (mut device, mut expires_at) = (None, None);
        if let Some(sealed) = row.key_sealed.as_deref() {
            let key = self.unseal("licenses", "key_sealed", row.id, sealed)?;
            let keys = self.catalog().key_set(row.product_id, Scheme::Lk3);
            // What a key of an old scheme says and cannot be read is no reason to show nothing.
            if let Ok(claims) = Claims::unverified(&key, &keys) {
                device = claims.device;
                expires_at = if let Expires::At(end) = claims.expires { Some(end) } else { None };
            }
        }
        Ok(Form {
            scheme: row.scheme.clone(),
            hint: row.key_hint.clone(),
            device,
            signed_by: None,
            issued_at: row.created_at,
            expires_at,
            superseded_at: next.map(|next| next.issued_at),
        })
    }

    /// The hint by which licences name a key of the database.
    fn key_hint(&self, id: Uuid) -> Option<String> {
        let catalog = self.catalog();
        let key = catalog.keys().iter().find(|key| key.row.id == id)?;
        match &key.material {
            Material::Signing(key) => Some(key.public().id().to_string()),
            Material::Verifying(key) => Some(key.id().to_string()),
            Material::Secret(_) => None,
        }
    }

    /// The newest form of a licence, in plain; that it was looked at is written down.
    ///
    /// # Errors
    /// When there is none, or the database refuses.
    pub async fn reveal(&self, caller: &Caller, license: &Named) -> Result<Zeroizing<String>, EngineError> {
        let found = self.find(license).await?;
        let key = self.newest_form(&self.store, &found).await?;
        let row = &found.license;
        let detail = serde_json::json!({ "hint": row.key_hint });
        let entry = self.entry(caller, "license.reveal", ("license", Some(row.id)), &detail, self.now());
        self.store.write(crate::audit::Note { entry }).await?;
        Ok(key)
    }

    /// Writes down that licences were taken away as a table, how many and of which list.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_export(&self, caller: &Caller, count: usize, list: &str) -> Result<(), EngineError> {
        let detail = serde_json::json!({ "count": count, "list": list });
        let entry = self.entry(caller, "license.export", ("license", None), &detail, self.now());
        Ok(self.store.write(crate::audit::Note { entry }).await?)
    }
}
