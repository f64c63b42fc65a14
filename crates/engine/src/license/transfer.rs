//! Moving a licence to another device or customer: counted, audited, and within what the policy allows.

use std::fmt;
use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Scope;
use keyward_store::machines::{self, Machine};
use keyward_store::stats;
use keyward_store::{Job, Tx, audit, device_pools, licenses};
use serde_json::json;
use uuid::Uuid;

use super::{Found, Named, Question, decide};
use crate::form::Change;
use crate::rules::{ExpirationBasis, TransferStrategy};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, NewUser};

const EVENT: &str = "license.transfer";
/// A device without a network gave its seat back: that is how a licence moves there.
pub(crate) const GIVEN_BACK: &str = "license.release-offline";

/// Where to.
#[derive(Clone, Debug, Default)]
pub struct Transfer {
    /// The device that takes the place of the present ones.
    pub device: Option<String>,
    /// The customer who owns it from now on.
    pub user: Option<NewUser>,
    /// Whether support does it although the policy allows no more.
    pub beyond_limit: bool,
}

/// A licence that was moved. `Debug` shows no form.
#[derive(Clone)]
pub struct Transferred {
    /// The licence as it is now.
    pub found: Found,
    /// The new form that the customer must get; `None` when the old one goes on working.
    pub form: Option<String>,
}

impl fmt::Debug for Transferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transferred").field("license", &self.found.license.id).finish_non_exhaustive()
    }
}

impl Engine {
    /// Moves a licence.
    ///
    /// # Errors
    /// When there is no such licence, it is suspended, no transfer is left, or the database refuses.
    pub async fn transfer(
        self: &Arc<Self>,
        caller: &Caller,
        license: Named,
        transfer: Transfer,
    ) -> Result<Transferred, EngineError> {
        if transfer.device.is_none() && transfer.user.is_none() {
            let wanted = "name the new device, the new customer, or both".to_owned();
            return Err(EngineError::Invalid { field: "transfer", wanted });
        }
        self.refresh().await?;
        self.prepare_reissue(caller, &license).await?;
        let now = self.now();
        let entry = self.entry(caller, EVENT, ("license", None), &json!({}), now);
        let ids = (self.new_id(), self.new_id());
        self.store.write(Transferring { engine: Arc::clone(self), license, transfer, ids, entry, now }).await
    }
}

struct Transferring {
    engine: Arc<Engine>,
    license: Named,
    transfer: Transfer,
    /// Of the machine and the user, should they be new.
    ids: (Uuid, Uuid),
    entry: Entry,
    now: Timestamp,
}

impl Job for Transferring {
    const NAME: &'static str = EVENT;
    type Out = Transferred;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Transferred, EngineError> {
        let found = self.engine.lock(tx, &self.license).await?;
        let verdict = decide(Question::Change, Some(&found), &[], &Scope::default(), self.now);
        if !verdict.valid {
            return Err(EngineError::NotAllowed(Box::new(verdict)));
        }
        let (license, rules) = (&found.license, &found.policy.rules);
        if license.suspended_at.is_some() {
            // Suspended because it expired: it may be renewed, and moves when it runs again.
            let run = decide(Question::Run, Some(&found), &[], &Scope::default(), self.now);
            return Err(EngineError::NotAllowed(Box::new(run)));
        }
        transfers_left(tx, &found, self.transfer.beyond_limit, self.now).await?;
        licenses::record_transfer(tx, license.id, None, self.now).await?;
        if let Some(device) = &self.transfer.device {
            self.move_device(tx, &found, device).await?;
            if license.first_activated_at.is_none() {
                self.begin(tx, &found).await?;
            }
        }
        if let Some(user) = &self.transfer.user {
            let id = self.engine.ensure_user(tx, user, self.ids.1, self.now).await?;
            licenses::set_user(tx, license.id, Some(id), self.now).await?;
        }
        let end = match (rules.transfer_strategy, rules.duration) {
            (TransferStrategy::ResetExpiry, Some(seconds)) => {
                Some(rules.arithmetic().end(self.now, seconds)?)
            }
            _ => None,
        };
        if end.is_some() {
            licenses::set_expiry(tx, license.id, end, None, self.now).await?;
        }
        let change = Change { end, device: self.transfer.device.as_deref() };
        let form = self.engine.reissue(tx, &found, change, self.now).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(license.id);
        entry.detail = json!({
            "device": self.transfer.device.is_some(), "user": self.transfer.user.is_some(),
            "number": license.transfers + 1, "beyondLimit": self.transfer.beyond_limit, "hint": license.key_hint,
            "newForm": form.is_some(),
        })
        .to_string();
        audit::append(tx, &entry).await?;
        let again = self.engine.find_id(tx, license.id).await?;
        let found =
            again.ok_or_else(|| EngineError::NotFound { what: "licence", name: self.license.shown() })?;
        Ok(Transferred { found, form })
    }
}

impl Transferring {
    /// A licence that was never activated begins with the move, as it would with an activation.
    async fn begin(&self, tx: &Tx<'_>, found: &Found) -> Result<(), EngineError> {
        let (license, rules) = (&found.license, &found.policy.rules);
        if let (ExpirationBasis::FromFirstActivation, Some(seconds), None) =
            (rules.expiration_basis, rules.duration, license.expiry)
        {
            let expiry = rules.arithmetic().end(self.now, seconds)?;
            licenses::set_expiry(tx, license.id, Some(expiry), None, self.now).await?;
        }
        let changes = [
            stats::Change::hourly(counters::ACTIVATIONS, self.now, 1),
            stats::Change::total(counters::ACTIVATIONS, 1),
            stats::Change::total(counters::USED, 1),
            stats::Change::total(counters::UNAVAILABLE, 1),
        ];
        Ok(stats::add(tx, license.account_id, license.policy_id, license.id, &changes).await?)
    }

    /// The new device takes the place of all others: a licence that moves runs nowhere else.
    async fn move_device(&self, tx: &Tx<'_>, found: &Found, device: &str) -> Result<(), EngineError> {
        let license = &found.license;
        for machine in machines::of_license(tx, license.id).await? {
            machines::delete(tx, machine.id).await?;
            licenses::uncount_machine(tx, license.id, self.now).await?;
            if let Some(pool) = &machine.pool {
                device_pools::uncount(tx, license.id, pool).await?;
            }
        }
        let machine = Machine {
            id: self.ids.0,
            account_id: license.account_id,
            license_id: license.id,
            user_id: None,
            fingerprint: device.to_owned(),
            uniqueness_scope: found.uniqueness_scope(),
            pool: None,
            name: None,
            address: None,
            user_agent: None,
            created_at: self.now,
            last_seen_at: self.now,
        };
        if !machines::insert(tx, &machine).await? {
            return Err(EngineError::Taken { what: "device", name: device.to_owned() });
        }
        licenses::count_machine(tx, license.id, None, self.now).await?;
        Ok(())
    }
}

/// Refuses when the licence may not move any more, however it moved before.
pub(crate) async fn transfers_left(
    tx: &Tx<'_>,
    found: &Found,
    beyond_limit: bool,
    now: Timestamp,
) -> Result<(), EngineError> {
    let rules = &found.policy.rules;
    let Some(limit) = rules.max_transfers.filter(|_| !beyond_limit) else { return Ok(()) };
    let used = match rules.transfer_window {
        Some(seconds) => {
            let (id, since) = (found.license.id, now.plus_seconds(-seconds));
            let moved = audit::count_since(tx, id, EVENT, since).await?;
            moved + audit::count_since(tx, id, GIVEN_BACK, since).await?
        }
        None => found.license.transfers,
    };
    if used < limit { Ok(()) } else { Err(EngineError::Limit { what: "transfers", limit, used }) }
}
