//! Activating a device: it takes a place, within all that the installation has.

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_store::machines::Machine;
use keyward_store::stats::{self, Change};
use keyward_store::{Job, StoreError, Tx, audit, device_pools, installations, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use super::{Device, scope_of_devices};
use crate::form::canonical;
use crate::idempotency::Render;
use crate::installation::place::Place;
use crate::installation::{Held, Holding};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, Idempotency, Repeatable};

/// A device that is to be activated.
#[derive(Clone)]
pub struct DeviceRequest {
    /// What tells it from others in the installation.
    pub device_id: String,
    /// A name for people.
    pub name: Option<String>,
    /// The key of the licence it is to count on; left out, any that has room.
    pub key: Option<String>,
    /// The device pool it is to count in.
    pub pool: Option<String>,
}

/// What became of a device that is to be activated.
#[derive(Clone, Debug)]
pub enum DeviceActivation {
    /// It is active.
    Done {
        /// The device.
        device: Box<Device>,
        /// Whether it was active before.
        again: bool,
    },
    /// It is not.
    Refused(Box<Verdict>),
}

impl Engine {
    /// Activates a device. One that is active already costs nothing; it moves when it names another licence or pool.
    ///
    /// # Errors
    /// When there is no such installation, the database refuses, or the `Idempotency-Key` was used for another request.
    pub async fn activate_device(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        request: DeviceRequest,
        repeat: Option<(Idempotency, Render<DeviceActivation>)>,
    ) -> Result<Repeatable<DeviceActivation>, EngineError> {
        self.refresh().await?;
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let engine = Arc::clone(self);
        let caller_of_job = caller.clone();
        let job = Activating { engine, caller: caller_of_job, installation, product, request, now };
        let outcome = self.once(caller, None, repeat, job, now).await?;
        if let Repeatable::Fresh(DeviceActivation::Refused(verdict)) = &outcome {
            self.record(caller, verdict, None, now).await;
        }
        Ok(outcome)
    }

    /// Counts a device in its place, and says on which licence that is. The lock of the installation keeps the place.
    async fn count(
        self: &Arc<Self>,
        tx: &Tx<'_>,
        caller: &Caller,
        holding: &Holding,
        place: &Place,
        now: Timestamp,
    ) -> Result<Uuid, EngineError> {
        let changed = || StoreError::Busy("the licence is being changed");
        let license = match place.license {
            Some(license) => license,
            None => self.free_license(tx, caller, holding, now).await?,
        };
        if !licenses::count_machine(tx, license, None, now).await? {
            return Err(changed().into());
        }
        if let Some(pool) = &place.pool
            && !device_pools::count(tx, license, pool).await?
        {
            return Err(changed().into());
        }
        Ok(license)
    }
}

struct Activating {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    request: DeviceRequest,
    now: Timestamp,
}

impl Job for Activating {
    const NAME: &'static str = "installation.device";
    type Out = DeviceActivation;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<DeviceActivation, EngineError> {
        installations::lock(tx, self.installation).await?;
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        let holding = self.engine.settle(tx, &self.caller, holding).await?;
        let device = &self.request.device_id;
        let before = machines::in_installation(tx, self.installation, self.product, device).await?;
        let named = match self.named(tx, &holding).await? {
            Ok(named) => named,
            Err(no) => return Ok(DeviceActivation::Refused(no)),
        };
        if let Some(before) = &before
            && self.stays(before, named)
            && holding.expired_pool(before).is_none()
        {
            machines::touch(tx, before.id, self.now).await?;
            return self.done(tx, &holding, before.clone(), true).await;
        }
        // A device that moves leaves its old place first; that of an expired pool was not counted.
        let counted = before.as_ref().is_some_and(|before| holding.expired_pool(before).is_none());
        if !counted && holding.in_use >= holding.total() {
            let verdict = match (named, &self.request.pool) {
                // What the pool says is nearer to what was asked.
                (Some(held), Some(_)) => holding.place_on(held, device, self.request.pool.as_deref()).err(),
                _ => None,
            };
            return Ok(DeviceActivation::Refused(verdict.unwrap_or_else(|| holding.full())));
        }
        let pool = self.request.pool.as_deref();
        let place = match named {
            Some(held) => holding.place_on(held, device, pool),
            None => holding.any_place(device, pool),
        };
        let place = match place {
            Ok(place) => place,
            Err(no) => return Ok(DeviceActivation::Refused(no)),
        };
        let license = self.engine.count(tx, &self.caller, &holding, &place, self.now).await?;
        let machine = match before {
            Some(before) => {
                self.engine.uncount(tx, &before, self.now).await?;
                machines::assign(tx, before.id, license, place.pool.as_deref()).await?;
                machines::touch(tx, before.id, self.now).await?;
                Machine { license_id: license, pool: place.pool, ..before }
            }
            None => self.insert(tx, &holding, license, place.pool).await?,
        };
        let detail = json!({
            "installation": holding.row.name, "machine": machine.id, "license": license, "pool": machine.pool,
        });
        let resource = ("machine", Some(machine.id));
        let entry = self.engine.entry(&self.caller, "device.activate", resource, &detail, self.now);
        audit::append(tx, &entry).await?;
        self.done(tx, &holding, machine, false).await
    }
}

impl Activating {
    /// The licence that the request names.
    async fn named<'h>(
        &self,
        tx: &Tx<'_>,
        holding: &'h Holding,
    ) -> Result<Result<Option<&'h Held>, Box<Verdict>>, EngineError> {
        let Some(key) = &self.request.key else { return Ok(Ok(None)) };
        let refuse = |code, detail: &str| Ok(Err(Box::new(Verdict::refusal(code, detail))));
        let key = match canonical(key.trim()) {
            Ok(key) => key,
            Err(refusal) => return Ok(Err(Box::new(refusal.into()))),
        };
        let found = self.engine.find_digest(tx, &self.engine.digest(&key)).await?;
        let held = found
            .and_then(|found| holding.licenses.iter().find(|held| held.found.license.id == found.license.id));
        match held {
            Some(held) if held.verdict.valid => Ok(Ok(Some(held))),
            Some(held) => Ok(Err(Box::new(held.verdict.clone()))),
            None => refuse(Code::NotFound, "this key is not activated here: activate it first"),
        }
    }

    /// Whether a device that is active stays where it is.
    fn stays(&self, before: &Machine, named: Option<&Held>) -> bool {
        let same_license = named.is_none_or(|held| held.found.license.id == before.license_id);
        let same_pool = self.request.pool.is_none() || self.request.pool == before.pool;
        same_license && same_pool
    }

    async fn insert(
        &self,
        tx: &Tx<'_>,
        holding: &Holding,
        license: Uuid,
        pool: Option<String>,
    ) -> Result<Machine, EngineError> {
        let account_id = self.engine.account.id;
        let machine = Machine {
            id: self.engine.new_id(),
            account_id,
            license_id: license,
            user_id: None,
            fingerprint: self.request.device_id.clone(),
            uniqueness_scope: scope_of_devices(self.installation, self.product),
            pool,
            name: self.request.name.clone(),
            address: self.caller.address_text(),
            user_agent: self.caller.user_agent_text(),
            created_at: self.now,
            last_seen_at: self.now,
        };
        // It was looked for under the installation's lock; but an import takes no lock, and is not seen yet.
        if !machines::insert(tx, &machine).await? {
            return Err(StoreError::Busy("an import to the installation is under way").into());
        }
        let policy = holding.of_device(license).map(|held| held.found.license.policy_id);
        let policy = policy.or_else(|| holding.free_policy.as_ref().map(|policy| policy.row.id));
        if let Some(policy) = policy {
            let changes =
                [Change::hourly(counters::ACTIVATIONS, self.now, 1), Change::total(counters::ACTIVATIONS, 1)];
            stats::add(tx, account_id, policy, license, &changes).await?;
        }
        Ok(machine)
    }

    async fn done(
        &self,
        tx: &Tx<'_>,
        holding: &Holding,
        machine: Machine,
        again: bool,
    ) -> Result<DeviceActivation, EngineError> {
        let fresh;
        let holding = if again {
            holding
        } else {
            fresh = self.engine.load(tx, holding.row.id, holding.product, holding.now).await?;
            &fresh
        };
        let blocked = self.engine.blocked(tx, holding).await?;
        Ok(DeviceActivation::Done { device: Box::new(holding.device(machine, &blocked)), again })
    }
}
