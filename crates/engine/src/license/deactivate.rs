//! Releasing a device. A key that works once stays used.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::{Job, Tx, audit, device_pools, licenses, machines};
use serde_json::json;

use super::{Found, Named};
use crate::{Caller, Engine, EngineError};

/// Which device of which licence.
#[derive(Clone, Debug)]
pub struct Deactivate {
    /// The licence.
    pub license: Named,
    /// The device's fingerprint, or its id.
    pub machine: String,
}

impl Engine {
    /// Releases a device.
    ///
    /// # Errors
    /// When there is no such licence or device, or the database refuses.
    pub async fn deactivate(
        self: &Arc<Self>,
        caller: &Caller,
        request: Deactivate,
    ) -> Result<Found, EngineError> {
        let now = self.now();
        let entry = self.entry(caller, "license.deactivate", ("license", None), &json!({}), now);
        self.store.write(Deactivating { engine: Arc::clone(self), request, entry, now }).await
    }
}

struct Deactivating {
    engine: Arc<Engine>,
    request: Deactivate,
    entry: Entry,
    now: Timestamp,
}

impl Job for Deactivating {
    const NAME: &'static str = "license.deactivate";
    type Out = Found;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Found, EngineError> {
        let mut found = self.engine.lock(tx, &self.request.license).await?;
        let id = found.license.id;
        let wanted = &self.request.machine;
        let machine = machines::of_license(tx, id)
            .await?
            .into_iter()
            .find(|machine| machine.fingerprint == *wanted || machine.id.to_string() == *wanted)
            .ok_or_else(|| EngineError::NotFound { what: "device", name: wanted.clone() })?;
        machines::delete(tx, machine.id).await?;
        licenses::uncount_machine(tx, id, self.now).await?;
        if let Some(pool) = &machine.pool {
            device_pools::uncount(tx, id, pool).await?;
        }
        let mut entry = self.entry.clone();
        entry.resource_id = Some(id);
        entry.detail = json!({ "machine": machine.id, "hint": found.license.key_hint }).to_string();
        audit::append(tx, &entry).await?;
        found.license.machines_count -= 1;
        Ok(found)
    }
}
