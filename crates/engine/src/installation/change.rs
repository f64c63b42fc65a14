//! What an installation may change of its licences: notes, company, and whether one counts. Tier, devices and end come with
//! the key.

use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_store::{Job, Tx, audit, installations, licenses, stats};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Held, Holding};
use crate::license::suspension_changes;
use crate::{Caller, Engine, EngineError};

/// The reason of a suspension that the installation itself made, and may take back.
pub(crate) const PAUSED: &str = "paused";

/// What is to be changed; the outer `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenseChange {
    /// Notes for people.
    pub notes: Option<Option<String>>,
    /// The company.
    pub company: Option<Option<String>>,
    /// Whether it counts.
    pub active: Option<bool>,
}

impl Engine {
    /// Changes a licence on the list; `None` when it is not on it.
    ///
    /// # Errors
    /// `NotAllowed` when it is to count again and the vendor suspended it or it has expired; when there is no such
    /// installation, or the database refuses.
    pub async fn change_license(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        serial: i64,
        change: LicenseChange,
    ) -> Result<Option<Holding>, EngineError> {
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let (engine, caller) = (Arc::clone(self), caller.clone());
        self.store.write(Changing { engine, caller, installation, product, serial, change, now }).await
    }
}

struct Changing {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    serial: i64,
    change: LicenseChange,
    now: Timestamp,
}

impl Job for Changing {
    const NAME: &'static str = "installation.change";
    type Out = Option<Holding>;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Option<Holding>, EngineError> {
        installations::lock(tx, self.installation).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        let Some(held) = holding.license(self.serial) else { return Ok(None) };
        // The vendor does not ask for the installation's lock: what this decides on must not change meanwhile.
        licenses::lock(tx, held.found.license.id).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        let holding = self.engine.settle(tx, &self.caller, holding).await?;
        let Some(held) = holding.license(self.serial) else { return Ok(None) };
        let license = &held.found.license;
        if let Some(metadata) = self.metadata(&license.metadata) {
            licenses::set_metadata(tx, license.id, &metadata, self.now).await?;
        }
        if let Some(active) = self.change.active {
            self.pause(tx, held, active).await?;
        }
        let detail = json!({
            "installation": holding.row.name, "hint": license.key_hint, "active": self.change.active,
            "notes": self.change.notes.is_some(), "company": self.change.company.is_some(),
        });
        let resource = ("license", Some(license.id));
        let entry = self.engine.entry(&self.caller, "license.change", resource, &detail, self.now);
        audit::append(tx, &entry).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        self.engine.settle(tx, &self.caller, holding).await.map(Some)
    }
}

impl Changing {
    fn metadata(&self, before: &str) -> Option<String> {
        let mut object: serde_json::Map<String, Value> = serde_json::from_str(before).unwrap_or_default();
        let texts = [("notes", &self.change.notes), ("company", &self.change.company)];
        if texts.iter().all(|(_, text)| text.is_none()) {
            return None;
        }
        for (name, text) in texts {
            match text {
                None => {}
                Some(None) => drop(object.remove(name)),
                Some(Some(text)) => drop(object.insert(name.to_owned(), Value::from(text.as_str()))),
            }
        }
        Some(Value::Object(object).to_string())
    }

    async fn pause(&self, tx: &Tx<'_>, held: &Held, active: bool) -> Result<(), EngineError> {
        let license = &held.found.license;
        let after = match (license.suspension_reason.as_deref(), active) {
            (None, true) | (Some(_), false) => return Ok(()),
            (None, false) => {
                licenses::suspend(tx, license.id, PAUSED, self.now).await?;
                Some(PAUSED)
            }
            (Some(PAUSED), true) => {
                licenses::reinstate(tx, license.id, self.now).await?;
                None
            }
            (Some(_), true) => return Err(EngineError::NotAllowed(Box::new(held.verdict.clone()))),
        };
        let changes = suspension_changes(license, after);
        Ok(stats::add(tx, license.account_id, license.policy_id, license.id, &changes).await?)
    }
}
