//! Devices of an installation: each counts once, on whichever of its licences has room.

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_store::machines::Machine;
use keyward_store::stats::{self, Change};
use keyward_store::{Job, Read, StoreError, Tx, audit, device_pools, installations, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use super::holding::is_over;
use super::place::Place;
use super::{FREE, Held, Holding, Standing, free_subject};
use crate::form::canonical;
use crate::idempotency::Render;
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, Idempotency, Repeatable};

/// Seconds between two notes that a device showed itself.
const SEEN_EVERY: i64 = 60;

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
        let Some(machine) = machines::by_fingerprint(&self.store, installation, device_id).await? else {
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
        let machines = machines::of_installation(&self.store, installation).await?;
        Ok(machines.into_iter().map(|machine| holding.device(machine, &blocked)).collect())
    }

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

    /// The devices that are blocked: those activated last, until the number fits.
    async fn blocked(&self, db: &impl Read, holding: &Holding) -> Result<Vec<Uuid>, EngineError> {
        if holding.standing() != Standing::Over {
            return Ok(Vec::new());
        }
        let total = usize::try_from(holding.total()).unwrap_or(usize::MAX);
        let machines = machines::of_installation(db, holding.row.id).await?;
        let counting = machines.into_iter().filter(|machine| holding.expired_pool(machine).is_none());
        Ok(counting.skip(total).map(|machine| machine.id).collect())
    }

    /// Takes a device out of the counts of its licence and pool.
    async fn uncount(&self, tx: &Tx<'_>, machine: &Machine, now: Timestamp) -> Result<(), EngineError> {
        licenses::uncount_machine(tx, machine.license_id, now).await?;
        if let Some(pool) = &machine.pool {
            device_pools::uncount(tx, machine.license_id, pool).await?;
        }
        Ok(())
    }

    /// Counts a device in its place, and says on which licence that is. The lock of the installation keeps the place.
    async fn count(
        self: &Arc<Self>,
        tx: &Tx<'_>,
        holding: &Holding,
        place: &Place,
        now: Timestamp,
    ) -> Result<Uuid, EngineError> {
        let changed = || StoreError::Busy("the licence is being changed");
        let license = match place.license {
            Some(license) => license,
            None => self.free_license(tx, holding, now).await?,
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

    /// The licence that stands for the free tier of an installation. It has no key; it is made when it is needed.
    pub(super) async fn free_license(
        self: &Arc<Self>,
        tx: &Tx<'_>,
        holding: &Holding,
        now: Timestamp,
    ) -> Result<Uuid, EngineError> {
        let missing = || EngineError::NotFound { what: "policy", name: FREE.to_owned() };
        let policy = holding.free_policy.clone().ok_or_else(missing)?;
        let id = holding.row.id;
        if let Some(known) = licenses::keyless_of_installation(tx, id, policy.row.id).await? {
            return Ok(known);
        }
        let wanted = crate::license::NewLicense { term: crate::license::Term::Never, ..Default::default() };
        let mut free = self.keyless(&policy, keyward_core::scheme::Scheme::Lk3, &wanted, now)?;
        free.subject = Some(free_subject(id));
        free.installation_id = Some(id);
        free.first_activated_at = Some(now);
        licenses::insert(tx, &free).await?;
        Ok(free.id)
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
        Device { machine, license, tier, verdict }
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
        let before = machines::by_fingerprint(tx, self.installation, device).await?;
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
        let license = self.engine.count(tx, &holding, &place, self.now).await?;
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
            uniqueness_scope: self.installation,
            pool,
            name: self.request.name.clone(),
            address: self.caller.address_text(),
            user_agent: self.caller.user_agent_text(),
            created_at: self.now,
            last_seen_at: self.now,
        };
        if !machines::insert(tx, &machine).await? {
            return Err(EngineError::Taken { what: "device", name: machine.fingerprint });
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
        let machine = machines::by_fingerprint(tx, self.installation, &self.device_id).await?;
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
