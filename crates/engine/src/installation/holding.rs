//! What an installation has at an instant: licences, devices, and what they add up to.

use std::collections::HashMap;
use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::device_pools::DevicePool;
use keyward_store::installations::Installation;
use keyward_store::limits::Limit;
use keyward_store::{Read, device_pools, entitlements, installations, licenses, limits};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{FREE, OVER_LIMIT_DAYS};
use crate::license::{Found, Question, Usage, decide};
use crate::{Caller, Engine, EngineError, Policy, seed};

/// What an installation has.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The installation.
    pub row: Installation,
    /// The product whose licences add up.
    pub product: Uuid,
    /// Devices of the free tier; `None` when it is switched off or suspended.
    pub free: Option<i64>,
    /// The policy of the free tier.
    pub(crate) free_policy: Option<Arc<Policy>>,
    /// The licence that stands for the free tier, once a device was on it.
    pub(crate) free_license: Option<Held>,
    /// The licences on its list in the order of their activation, the free tier left out.
    pub licenses: Vec<Held>,
    /// Devices that count: those of an expired pool do not, they are refused as they are.
    pub in_use: i64,
    /// When.
    pub now: Timestamp,
}

/// A licence on the list of an installation.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its number, as the dialect names it.
    pub serial: i64,
    /// The licence with its own features.
    pub found: Found,
    /// May it run, now? One that was deactivated because it had expired says so.
    pub verdict: Verdict,
    /// Its device pools.
    pub pools: Vec<DevicePool>,
    /// Its named limits.
    pub limits: Vec<Limit>,
    /// Devices that it allows as long as it is active: those of expired pools are left out.
    pub capacity: i64,
    /// Devices that its form allows, expired pools and all; `None` is without end.
    pub(super) most: Option<i64>,
    /// When all this was so.
    pub(super) at: Timestamp,
}

/// Whether an installation keeps within what its licences allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Within,
    /// It does not; everything runs on until then.
    Grace {
        /// The last instant.
        until: Timestamp,
    },
    /// It does not, and the devices activated last are blocked.
    Over,
}

impl Holding {
    /// Licences that are active.
    pub fn active(&self) -> impl Iterator<Item = &Held> {
        self.licenses.iter().filter(|held| held.verdict.valid)
    }

    /// Devices that are allowed, free tier included.
    pub fn total(&self) -> i64 {
        let paid = self.active().map(|held| held.capacity);
        paid.fold(self.free.unwrap_or_default(), i64::saturating_add)
    }

    /// Whether there is room for another device, and if not, how long it goes on like this.
    pub fn standing(&self) -> Standing {
        if self.in_use <= self.total() {
            return Standing::Within;
        }
        let since = self.row.over_limit_since.unwrap_or(self.now);
        let until = since.plus_days(OVER_LIMIT_DAYS);
        if self.now <= until { Standing::Grace { until } } else { Standing::Over }
    }

    /// The tiers of the active licences, joined with ` + `; without any, the free tier.
    pub fn tier(&self) -> String {
        let tiers: Vec<&str> = self.active().map(Held::tier).collect();
        if tiers.is_empty() { FREE.to_owned() } else { tiers.join(" + ") }
    }

    /// The named limits of the active licences, added up by name.
    pub fn usage(&self) -> Vec<Usage> {
        let mut usage: Vec<Usage> = Vec::new();
        for limit in self.active().flat_map(|held| &held.limits) {
            match usage.iter_mut().find(|one| one.name == limit.name) {
                Some(one) => {
                    one.used = one.used.saturating_add(limit.used);
                    one.limit = one.limit.map(|most| most.saturating_add(limit.maximum));
                }
                None => usage.push(Usage {
                    name: limit.name.clone(),
                    used: limit.used,
                    limit: Some(limit.maximum),
                }),
            }
        }
        usage.sort_by(|one, other| one.name.cmp(&other.name));
        usage
    }

    /// Whether an active licence has a feature.
    pub fn has_feature(&self, code: &str) -> bool {
        self.active().any(|held| held.features().any(|feature| feature == code))
    }

    /// A licence on the list by its number.
    pub fn license(&self, serial: i64) -> Option<&Held> {
        self.licenses.iter().find(|held| held.serial == serial)
    }

    /// Any licence of a device, the free tier's own among them.
    pub(crate) fn of_device(&self, license: Uuid) -> Option<&Held> {
        self.licenses.iter().chain(&self.free_license).find(|held| held.found.license.id == license)
    }
}

impl Held {
    /// Its tier, as keys spell it.
    pub fn tier(&self) -> &str {
        &self.found.policy.row.name
    }

    /// Its features: the policy's and its own.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        let policy = &self.found.policy.model.entitlements;
        policy.iter().chain(&self.found.entitlements).map(String::as_str)
    }

    /// Something that its form says and its row keeps in the metadata: `company`, `notes`, `deviceId`.
    pub fn said(&self, name: &str) -> Option<String> {
        let metadata: serde_json::Value = serde_json::from_str(&self.found.license.metadata).ok()?;
        metadata[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(crate) fn new(
        mut found: Found,
        entitlements: Vec<String>,
        pools: Vec<DevicePool>,
        limits: Vec<Limit>,
        now: Timestamp,
    ) -> Self {
        found.entitlements = entitlements;
        let verdict = run(&found, now);
        let most = found.policy.rules.machine_limit(found.license.max_machines);
        let sum = |pools: &mut dyn Iterator<Item = &DevicePool>| {
            pools.fold(0_i64, |sum, pool| sum.saturating_add(pool.max_devices))
        };
        let gone = sum(&mut pools.iter().filter(|pool| is_over(pool, now)));
        let capacity = most.map_or(i64::MAX, |most| most.saturating_sub(gone).max(0));
        Self { serial: found.serial, found, verdict, pools, limits, capacity, most, at: now }
    }
}

/// Whether the time of a pool is over.
pub(super) fn is_over(pool: &DevicePool, now: Timestamp) -> bool {
    pool.expires_at.is_some_and(|end| end < now)
}

/// May it run? How many devices there are is decided over all licences, and a suspension that only says that it has
/// expired is told as what it is.
pub(super) fn run(found: &Found, now: Timestamp) -> Verdict {
    let mut found = found.clone();
    if found.license.suspension_reason.as_deref() == Some("auto") {
        (found.license.suspended_at, found.license.suspension_reason) = (None, None);
    }
    if found.policy.model.strict {
        let mut policy = (*found.policy).clone();
        policy.model.strict = false;
        found.policy = Arc::new(policy);
    }
    decide(Question::Run, Some(&found), &[], &Scope::default(), now)
}

impl Engine {
    /// The newest form of a licence in plain, for the installation that holds it.
    ///
    /// # Errors
    /// When it has none, or the database cannot be asked.
    pub async fn key_of(&self, found: &Found) -> Result<Zeroizing<String>, EngineError> {
        self.newest_form(&self.store, found).await
    }

    /// What an installation has, as it stands: nothing is settled.
    ///
    /// # Errors
    /// When there is no such installation, or the database cannot be asked.
    pub async fn held_by(&self, caller: &Caller, installation: Uuid) -> Result<Holding, EngineError> {
        self.load(&self.store, installation, self.product_of_door(caller)?, self.now()).await
    }

    /// The product whose licences add up: the one of the door.
    pub(super) fn product_of_door(&self, caller: &Caller) -> Result<Uuid, EngineError> {
        let known = caller.product.or_else(|| self.catalog().product(seed::LK).map(|product| product.id));
        known.ok_or_else(|| EngineError::NotFound { what: "product", name: seed::LK.to_owned() })
    }

    /// What an installation has, as it stands in the database.
    pub(super) async fn load(
        &self,
        db: &impl Read,
        installation: Uuid,
        product: Uuid,
        now: Timestamp,
    ) -> Result<Holding, EngineError> {
        let row = installations::by_id(db, installation).await?;
        let row = row
            .ok_or_else(|| EngineError::NotFound { what: "installation", name: installation.to_string() })?;
        let mut pools = grouped(device_pools::of_installation(db, installation).await?);
        let mut limits = grouped(limits::of_installation(db, installation).await?);
        let mut features = grouped(entitlements::of_installation(db, installation).await?);
        let free_policy = self.catalog().policy_of(product, FREE).cloned();
        let mut holding = Holding {
            free: free_devices(&row, free_policy.as_deref()),
            free_policy,
            row,
            product,
            free_license: None,
            licenses: Vec::new(),
            in_use: 0,
            now,
        };
        for found in licenses::of_installation(db, installation).await? {
            if found.license.product_id != product {
                continue;
            }
            let found = self.with_policy(db, found).await?;
            let id = found.license.id;
            let of = |rows: &mut HashMap<Uuid, Vec<DevicePool>>| rows.remove(&id).unwrap_or_default();
            let held = Held::new(
                found,
                features.remove(&id).unwrap_or_default(),
                of(&mut pools),
                limits.remove(&id).unwrap_or_default(),
                now,
            );
            let idle: i64 =
                held.pools.iter().filter(|pool| is_over(pool, now)).map(|pool| pool.devices_count).sum();
            holding.in_use += (held.found.license.machines_count - idle).max(0);
            if held.found.policy.row.code == FREE {
                holding.free_license = Some(held);
            } else {
                holding.licenses.push(held);
            }
        }
        // One that was suspended gives no more than one that is switched off.
        if holding.free_license.as_ref().is_some_and(|held| !held.verdict.valid) {
            holding.free = None;
        }
        Ok(holding)
    }
}

/// As many as the installation was given, else as the policy says; none, or no such policy, switches it off.
fn free_devices(row: &Installation, policy: Option<&Policy>) -> Option<i64> {
    let rules = &policy?.rules;
    let devices = row.free_devices.map(i64::from).or_else(|| rules.machine_limit(None)).unwrap_or(i64::MAX);
    (devices > 0).then_some(devices)
}

fn grouped<T>(rows: Vec<(Uuid, T)>) -> HashMap<Uuid, Vec<T>> {
    let mut groups: HashMap<Uuid, Vec<T>> = HashMap::new();
    for (of, row) in rows {
        groups.entry(of).or_default().push(row);
    }
    groups
}
