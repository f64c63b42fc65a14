//! What time changes in an installation: licences expire, and more devices are in use than allowed. Whoever sees it first
//! writes it down.

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_store::stats;
use keyward_store::{Job, Tx, audit, installations, licenses};
use serde_json::json;
use uuid::Uuid;

use super::holding::run;
use super::{Held, Holding};
use crate::license::{Found, suspension_changes};
use crate::{Caller, Engine, EngineError};

/// Seconds between two notes that a licence was asked about.
const SEEN_EVERY: i64 = 60;
/// Installations that are looked at in one read of a sweep.
const AT_ONCE: i64 = 500;

impl Holding {
    fn expired(&self) -> impl Iterator<Item = &Held> {
        let live = |held: &&Held| held.found.license.suspended_at.is_none();
        self.licenses.iter().filter(live).filter(|held| held.verdict.code == Code::Expired)
    }

    fn is_over(&self) -> bool {
        self.in_use > self.total()
    }

    fn is_settled(&self) -> bool {
        self.expired().next().is_none() && self.is_over() == self.row.over_limit_since.is_some()
    }

    /// Active licences that nobody asked about for a while.
    fn unseen(&self) -> impl Iterator<Item = &Held> {
        let seen = self.now.plus_seconds(-SEEN_EVERY);
        self.active().filter(move |held| held.found.license.last_validated_at.is_none_or(|last| last < seen))
    }
}

impl Engine {
    /// What an installation has now. What expired is deactivated with it, and since when more devices are in use than
    /// allowed is written down, or that no more are.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn holding(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
    ) -> Result<Holding, EngineError> {
        self.settled(caller, installation, true).await
    }

    async fn settled(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        asked: bool,
    ) -> Result<Holding, EngineError> {
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let holding = self.load(&self.store, installation, product, now).await?;
        if holding.is_settled() && !(asked && holding.unseen().next().is_some()) {
            return Ok(holding);
        }
        let engine = Arc::clone(self);
        self.store.write(Settling { engine, caller: caller.clone(), installation, product, asked, now }).await
    }

    /// Settles every installation, as their next request would. Says how many there are.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sweep_installations(self: &Arc<Self>, product: &str) -> Result<u64, EngineError> {
        let Some(product) = self.catalog().product(product).map(|product| product.id) else { return Ok(0) };
        let caller = Caller { product: Some(product), ..Caller::system() };
        let (mut after, mut count) = (0, 0);
        loop {
            let some = installations::after(&self.store, self.account.id, after, AT_ONCE).await?;
            for (serial, id) in &some {
                after = *serial;
                count += 1;
                self.settled(&caller, *id, false).await?;
            }
            if some.len() < AT_ONCE as usize {
                return Ok(count);
            }
        }
    }

    /// Under the lock of the installation: writes down what time has changed, and reads what there is then.
    pub(super) async fn settle(
        &self,
        tx: &Tx<'_>,
        caller: &Caller,
        holding: Holding,
    ) -> Result<Holding, EngineError> {
        if holding.is_settled() {
            return Ok(holding);
        }
        for held in holding.expired() {
            self.deactivate_expired(tx, caller, held, holding.now).await?;
        }
        let (was, is) = (holding.row.over_limit_since.is_some(), holding.is_over());
        if was != is {
            let id = holding.row.id;
            installations::set_over_limit(tx, id, is.then_some(holding.now)).await?;
            let event = if is { "installation.over-limit" } else { "installation.within-limit" };
            let detail =
                json!({ "name": holding.row.name, "devices": holding.in_use, "allowed": holding.total() });
            let entry = self.entry(caller, event, ("installation", Some(id)), &detail, holding.now);
            audit::append(tx, &entry).await?;
        }
        self.load(tx, holding.row.id, holding.product, holding.now).await
    }

    async fn deactivate_expired(
        &self,
        tx: &Tx<'_>,
        caller: &Caller,
        held: &Held,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        // The vendor may have revoked or renewed it meanwhile: it is decided on the row as it is now.
        let Some(license) = licenses::lock(tx, held.found.license.id).await? else { return Ok(()) };
        let found = Found { license, ..held.found.clone() };
        let license = &found.license;
        if license.suspended_at.is_some() || run(&found, now).code != Code::Expired {
            return Ok(());
        }
        licenses::suspend(tx, license.id, "auto", now).await?;
        let changes = suspension_changes(license, Some("auto"));
        stats::add(tx, self.account.id, license.policy_id, license.id, &changes).await?;
        let detail = json!({ "reason": "auto", "why": held.verdict.detail, "hint": license.key_hint });
        let entry = self.entry(caller, "license.expire", ("license", Some(license.id)), &detail, now);
        Ok(audit::append(tx, &entry).await?)
    }
}

struct Settling {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    asked: bool,
    now: Timestamp,
}

impl Job for Settling {
    const NAME: &'static str = "installation.settle";
    type Out = Holding;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Holding, EngineError> {
        installations::lock(tx, self.installation).await?;
        let mut holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        if self.asked && holding.unseen().next().is_some() {
            for held in holding.unseen() {
                licenses::touch_seen(tx, held.found.license.id, self.now).await?;
            }
            // What is answered is what is stored.
            holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        }
        self.engine.settle(tx, &self.caller, holding).await
    }
}
