//! Devices of an installation: each counts once, on whichever of its licences has room.

mod activate;
mod release;

pub use activate::{DeviceActivation, DeviceRequest};

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_store::machines::Machine;
use keyward_store::{Job, Read, Tx, machines};
use uuid::Uuid;

use super::holding::is_over;
use super::{FREE, Held, Holding, Standing};
use crate::{Caller, Engine, EngineError};

/// Seconds between two notes that a device showed itself.
const SEEN_EVERY: i64 = 60;

/// Within what the ids of devices are unique: one computer counts once for each product of an installation. Neither's id
/// stands for the two.
pub(crate) fn scope_of_devices(installation: Uuid, product: Uuid) -> Uuid {
    Uuid::from_u128(installation.as_u128() ^ product.as_u128())
}

/// A device, and whether the installation may let it run.
#[derive(Clone, Debug)]
pub struct Device {
    /// The device.
    pub machine: Machine,
    /// The number of the licence it counts on.
    pub license: i64,
    /// The tier of that licence, `free` for the free tier.
    pub tier: String,
    /// May it run?
    pub verdict: Verdict,
    /// Seconds it may run on this answer, where its policy says so.
    pub offline_lease: Option<i64>,
}

impl Engine {
    /// A device, and whether it may run now; `feature` is one that it asks for. The attempt is written down.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn device(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        device_id: &str,
        feature: Option<&str>,
    ) -> Result<Option<Device>, EngineError> {
        let holding = self.holding(caller, installation).await?;
        let machine =
            machines::in_installation(&self.store, installation, holding.product, device_id).await?;
        let Some(machine) = machine else {
            let verdict = Verdict::refusal(Code::NotFound, "there is no such device");
            self.record(caller, &verdict, None, holding.now).await;
            return Ok(None);
        };
        if machine.last_seen_at.plus_seconds(SEEN_EVERY) < holding.now {
            self.store.write(Seen { machine: machine.id, now: holding.now }).await?;
        }
        let blocked = self.blocked(&self.store, &holding).await?;
        let mut device = holding.device(machine, &blocked);
        if let (true, Some(feature)) = (device.verdict.valid, feature)
            && !holding.has_feature(feature)
        {
            let detail = format!("no active licence has the feature {feature:?}");
            device.verdict = Verdict::refusal(Code::EntitlementsMissing, detail);
        }
        let found = holding.of_device(device.machine.license_id).map(|held| &held.found);
        self.record(caller, &device.verdict, found, holding.now).await;
        Ok(Some(device))
    }

    /// The devices of an installation in the order of their activation.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn devices(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
    ) -> Result<Vec<Device>, EngineError> {
        let holding = self.holding(caller, installation).await?;
        let blocked = self.blocked(&self.store, &holding).await?;
        let machines = machines::of_installation(&self.store, installation, holding.product).await?;
        Ok(machines.into_iter().map(|machine| holding.device(machine, &blocked)).collect())
    }

    /// The devices that are blocked: those activated last, until the number fits.
    async fn blocked(&self, db: &impl Read, holding: &Holding) -> Result<Vec<Uuid>, EngineError> {
        if holding.standing() != Standing::Over {
            return Ok(Vec::new());
        }
        let total = usize::try_from(holding.total()).unwrap_or(usize::MAX);
        let machines = machines::of_installation(db, holding.row.id, holding.product).await?;
        let counting = machines.into_iter().filter(|machine| holding.expired_pool(machine).is_none());
        Ok(counting.skip(total).map(|machine| machine.id).collect())
    }
}

impl Holding {
    /// The end of the pool that a device counts in, when it is over.
    fn expired_pool(&self, machine: &Machine) -> Option<Timestamp> {
        let name = machine.pool.as_ref()?;
        let pools = &self.of_device(machine.license_id)?.pools;
        pools.iter().find(|pool| pool.name == *name && is_over(pool, self.now))?.expires_at
    }

    /// What is told of a device.
    fn device(&self, machine: Machine, blocked: &[Uuid]) -> Device {
        let held = self.of_device(machine.license_id);
        let is_free = held.is_none_or(|held| {
            self.free_license.as_ref().is_some_and(|free| free.found.license.id == held.found.license.id)
        });
        let tier = held.map(Held::tier).filter(|_| !is_free).unwrap_or(FREE).to_owned();
        let license = held.map_or(0, |held| held.serial);
        let verdict = self.device_verdict(&machine, blocked);
        let offline_lease = held.and_then(|held| held.found.policy.rules.offline_lease);
        Device { machine, license, tier, verdict, offline_lease }
    }

    fn device_verdict(&self, machine: &Machine, blocked: &[Uuid]) -> Verdict {
        if let Some(end) = self.expired_pool(machine) {
            let pool = machine.pool.as_deref().unwrap_or_default();
            return Verdict::refusal(Code::PoolExpired, format!("the device pool {pool:?} expired on {end}"));
        }
        let (used, total) = (self.in_use, self.total());
        if blocked.contains(&machine.id) {
            let detail =
                format!("{used} devices are in use and {total} allowed: those activated last are blocked");
            return Verdict::refusal(Code::TooManyMachines, detail);
        }
        match self.standing() {
            Standing::Grace { until } => {
                let detail = format!(
                    "{used} devices are in use and {total} allowed; everything runs on until {until}"
                );
                let mut verdict = Verdict::granted(Code::GracePeriod, detail);
                verdict.grace_until = Some(until);
                verdict
            }
            Standing::Within | Standing::Over => Verdict::granted(Code::Valid, "is valid"),
        }
    }
}

struct Seen {
    machine: Uuid,
    now: Timestamp,
}

impl Job for Seen {
    const NAME: &'static str = "device.seen";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        Ok(machines::touch(tx, self.machine, self.now).await?)
    }
}
