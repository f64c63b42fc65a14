//! Taking a licence off an installation's list. Its devices go to the free tier, in the order of their activation; those of
//! pools that are over were refused already, and are released.

use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_store::{Job, Tx, audit, device_pools, installations, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use super::holding::is_over;
use crate::{Caller, Engine, EngineError};

impl Engine {
    /// Takes a licence off the list; `false` when it is not on it. It stays known: a key that the vendor revoked does not
    /// come back by being activated anew.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn remove_license(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        serial: i64,
    ) -> Result<bool, EngineError> {
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let (engine, caller) = (Arc::clone(self), caller.clone());
        self.store.write(Removing { engine, caller, installation, product, serial, now }).await
    }
}

struct Removing {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    serial: i64,
    now: Timestamp,
}

impl Job for Removing {
    const NAME: &'static str = "installation.remove";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        installations::lock(tx, self.installation).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        let Some(held) = holding.license(self.serial) else { return Ok(false) };
        let id = held.found.license.id;
        let mut released = 0;
        for pool in held.pools.iter().filter(|pool| is_over(pool, self.now)) {
            released += machines::delete_of_pool(tx, id, &pool.name).await?.cast_signed();
        }
        let moved = if held.found.license.machines_count > released {
            let free = self.engine.free_license(tx, &self.caller, &holding, self.now).await?;
            let moved = machines::assign_all(tx, id, free).await?.cast_signed();
            licenses::add_machines(tx, free, moved, self.now).await?;
            moved
        } else {
            0
        };
        device_pools::empty(tx, id).await?;
        licenses::take_off_list(tx, id, self.now).await?;
        let hint = &held.found.license.key_hint;
        let detail =
            json!({ "installation": holding.row.name, "devices": moved, "released": released, "hint": hint });
        let resource = ("license", Some(id));
        let entry = self.engine.entry(&self.caller, "license.remove", resource, &detail, self.now);
        audit::append(tx, &entry).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        self.engine.settle(tx, &self.caller, holding).await?;
        Ok(true)
    }
}
