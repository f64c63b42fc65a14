//! Releasing a device: its place is free again.

use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_store::machines::Machine;
use keyward_store::{Job, Tx, audit, device_pools, installations, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use crate::{Caller, Engine, EngineError};

impl Engine {
    /// Releases a device; `false` when there is none.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn release_device(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        device_id: &str,
    ) -> Result<bool, EngineError> {
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let (engine, caller) = (Arc::clone(self), caller.clone());
        let device_id = device_id.to_owned();
        self.store.write(Releasing { engine, caller, installation, product, device_id, now }).await
    }

    /// Takes a device out of the counts of its licence and pool.
    pub(super) async fn uncount(
        &self,
        tx: &Tx<'_>,
        machine: &Machine,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        licenses::uncount_machine(tx, machine.license_id, now).await?;
        if let Some(pool) = &machine.pool {
            device_pools::uncount(tx, machine.license_id, pool).await?;
        }
        Ok(())
    }
}

struct Releasing {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    device_id: String,
    now: Timestamp,
}

impl Job for Releasing {
    const NAME: &'static str = "installation.release";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        installations::lock(tx, self.installation).await?;
        let machine = machines::in_installation(tx, self.installation, self.product, &self.device_id).await?;
        let Some(machine) = machine else { return Ok(false) };
        machines::delete(tx, machine.id).await?;
        self.engine.uncount(tx, &machine, self.now).await?;
        let detail = json!({ "license": machine.license_id, "pool": machine.pool });
        let resource = ("machine", Some(machine.id));
        let entry = self.engine.entry(&self.caller, "device.release", resource, &detail, self.now);
        audit::append(tx, &entry).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        self.engine.settle(tx, &self.caller, holding).await?;
        Ok(true)
    }
}
