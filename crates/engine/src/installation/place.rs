//! Where a device counts: on which licence, in which pool.

use keyward_core::code::Code;
use keyward_core::verdict::Verdict;
use uuid::Uuid;

use super::holding::is_over;
use super::{Held, Holding};

/// A place for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The licence; `None` is the free tier's, which is made with its first device.
    pub(crate) license: Option<Uuid>,
    /// The device pool.
    pub(crate) pool: Option<String>,
}

impl Holding {
    /// The place of a device that names no licence: the free tier, then the licences in the order of their activation.
    pub(super) fn any_place(&self, device: &str, pool: Option<&str>) -> Result<Place, Box<Verdict>> {
        if pool.is_none() && self.has_free_place() {
            return Ok(self.free_place());
        }
        let mut refusal = None;
        for held in self.active() {
            match held.place(device, pool) {
                Ok(place) => return Ok(place),
                Err(no) => refusal = refusal.or(Some(no)),
            }
        }
        Err(refusal.unwrap_or_else(|| self.full()))
    }

    /// The place of a device that names a licence. One without pools that is full lets it count for another: licences add up.
    pub(super) fn place_on(
        &self,
        held: &Held,
        device: &str,
        pool: Option<&str>,
    ) -> Result<Place, Box<Verdict>> {
        let place = held.place(device, pool);
        let adds_up = held.pools.is_empty() && pool.is_none();
        match place {
            Err(no) if adds_up && no.code == Code::TooManyMachines => self.any_place(device, None),
            place => place,
        }
    }

    pub(super) fn full(&self) -> Box<Verdict> {
        let detail = format!("{} of {} devices are in use", self.in_use, self.total());
        Box::new(Verdict::refusal(Code::TooManyMachines, detail))
    }

    fn has_free_place(&self) -> bool {
        let used = self.free_license.as_ref().map_or(0, |held| held.found.license.machines_count);
        self.free.is_some_and(|free| used < free)
    }

    fn free_place(&self) -> Place {
        Place { license: self.free_license.as_ref().map(|held| held.found.license.id), pool: None }
    }
}

impl Held {
    /// Its place for another device.
    pub(crate) fn place(&self, device: &str, pool: Option<&str>) -> Result<Place, Box<Verdict>> {
        let refuse = |code, detail: String| Err(Box::new(Verdict::refusal(code, detail)));
        if !self.verdict.valid {
            return Err(Box::new(self.verdict.clone()));
        }
        if self.said("deviceId").is_some_and(|bound| bound != device) {
            return refuse(Code::WrongDevice, "the licence is bound to another device".to_owned());
        }
        let place = |pool: Option<String>| Ok(Place { license: Some(self.found.license.id), pool });
        if let Some(name) = pool {
            let Some(pool) = self.pools.iter().find(|pool| pool.name == name) else {
                return refuse(Code::PoolLimit, format!("the licence has no device pool {name:?}"));
            };
            if is_over(pool, self.at) {
                let end = pool.expires_at.map(|end| end.to_string()).unwrap_or_default();
                return refuse(Code::PoolExpired, format!("the device pool {name:?} expired on {end}"));
            }
            if pool.devices_count >= pool.max_devices {
                let (used, most) = (pool.devices_count, pool.max_devices);
                return refuse(
                    Code::PoolLimit,
                    format!("{used} of {most} devices of the pool {name:?} are in use"),
                );
            }
            return place(Some(pool.name.clone()));
        }
        let live = || self.pools.iter().filter(|pool| !is_over(pool, self.at));
        if let Some(pool) = live().find(|pool| pool.devices_count < pool.max_devices) {
            return place(Some(pool.name.clone()));
        }
        // What no pool has is for devices without one.
        let (count, most) = (self.found.license.machines_count, self.most);
        let (in_pools, of_pools) = self.pools.iter().fold((0_i64, 0_i64), |(used, most), pool| {
            (used.saturating_add(pool.devices_count), most.saturating_add(pool.max_devices))
        });
        if most.is_none_or(|most| count - in_pools < most.saturating_sub(of_pools)) {
            return place(None);
        }
        match (self.pools.is_empty(), live().next().is_some()) {
            (true, _) => {
                refuse(Code::TooManyMachines, format!("{count} of {} devices are in use", self.capacity))
            }
            (false, true) => refuse(Code::PoolLimit, "every device pool of the licence is full".to_owned()),
            (false, false) => {
                refuse(Code::PoolExpired, "every device pool of the licence has expired".to_owned())
            }
        }
    }
}
