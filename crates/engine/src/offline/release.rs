//! Taking back the seat of a device without a network, on its receipt.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::code::Code;
use keyward_core::refusal::Refusal;
use keyward_core::seat::{Receipt, SignedReceipt};
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_store::machines::Machine;
use keyward_store::{Job, Tx, audit, device_pools, licenses, machines, offline_seats};
use serde_json::json;

use super::refusal;
use crate::crypto::AwsLc;
use crate::license::{Found, GIVEN_BACK, Named, transfers_left};
use crate::{Caller, Engine, EngineError};

/// A seat that was taken back.
#[derive(Clone, Debug)]
pub struct OfflineRelease {
    /// The licence as it is now.
    pub found: Found,
    /// The device that gave it back.
    pub device: String,
    /// Whether the seat was free already: nothing was changed.
    pub already: bool,
}

impl Engine {
    /// Frees the seat of a device that gave it back. It counts as a transfer, within what the policy allows. The same
    /// receipt again changes nothing.
    ///
    /// # Errors
    /// `NotAllowed` for a receipt that is not of a seat given here, or of an earlier one than the device has; `Limit` when
    /// no transfer is left; when the signature does not fit, or the database refuses.
    pub async fn release_offline(
        self: &Arc<Self>,
        caller: &Caller,
        receipt: &str,
        beyond_limit: bool,
    ) -> Result<OfflineRelease, EngineError> {
        self.refresh().await?;
        let now = self.now();
        let receipt = Receipt::parse(receipt)?;
        let entry = self.entry(caller, GIVEN_BACK, ("license", None), &json!({}), now);
        let (engine, caller) = (Arc::clone(self), caller.clone());
        self.store.write(Releasing { engine, caller, receipt, beyond_limit, entry, now }).await
    }
}

struct Releasing {
    engine: Arc<Engine>,
    caller: Caller,
    receipt: SignedReceipt,
    beyond_limit: bool,
    entry: Entry,
    now: Timestamp,
}

const NO_SEAT: &str = "Check that this is the vendor who answered the device's request.";
const NEWER: &str = "Give back the seat that the device has now: make the receipt on the device anew.";

impl Job for Releasing {
    const NAME: &'static str = GIVEN_BACK;
    type Out = OfflineRelease;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<OfflineRelease, EngineError> {
        let said = self.receipt.unverified();
        let no = |verdict: Box<Verdict>| Err(EngineError::NotAllowed(verdict));
        let found = match self.engine.lock(tx, &Named::Id(said.license_id)).await {
            Ok(found) if self.caller.knows(found.license.product_id) => found,
            Ok(_) | Err(EngineError::NotFound { .. }) => {
                return no(refusal(Code::NotFound, "the receipt is for a licence that is not here", NO_SEAT));
            }
            Err(error) => return Err(error),
        };
        let Some(seat) = offline_seats::answered(tx, found.license.id, &said.nonce).await? else {
            return no(refusal(Code::NotFound, "the receipt is for a seat that was not given here", NO_SEAT));
        };
        let receipt = self.receipt.verify(&seat.device_key, &AwsLc)?;
        let catalog = self.engine.catalog();
        let product = catalog.product_by_id(found.license.product_id).map(|product| product.code.as_str());
        if receipt.device_id != seat.fingerprint || Some(receipt.product.as_str()) != product {
            return Err(Refusal::BadSignature.into());
        }
        let machine = machines::by_id(tx, seat.machine_id).await?;
        let held = match &machine {
            Some(machine) => offline_seats::of_machine(tx, machine.id).await?,
            None => None,
        };
        let already = OfflineRelease { found: found.clone(), device: receipt.device_id, already: true };
        let Some(machine) = machine.filter(|_| seat.released_at.is_none()) else { return Ok(already) };
        if held.is_none_or(|held| held.nonce != seat.nonce) {
            let detail = "the receipt is for an earlier seat than the one that the device has";
            return no(refusal(Code::AlreadyUsed, detail, NEWER));
        }
        transfers_left(tx, &found, self.beyond_limit, self.now).await?;
        self.release(tx, &found, &machine).await?;
        offline_seats::release(tx, found.license.id, &seat.nonce, self.now).await?;
        let again = self.engine.find_id(tx, found.license.id).await?;
        Ok(OfflineRelease { found: again.unwrap_or(found), already: false, ..already })
    }
}

impl Releasing {
    async fn release(&self, tx: &Tx<'_>, found: &Found, machine: &Machine) -> Result<(), EngineError> {
        machines::delete(tx, machine.id).await?;
        licenses::uncount_machine(tx, machine.license_id, self.now).await?;
        if let Some(pool) = &machine.pool {
            device_pools::uncount(tx, machine.license_id, pool).await?;
        }
        licenses::record_transfer(tx, found.license.id, None, self.now).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(found.license.id);
        entry.detail = json!({
            "machine": machine.id, "hint": found.license.key_hint, "number": found.license.transfers + 1,
            "beyondLimit": self.beyond_limit,
        })
        .to_string();
        Ok(audit::append(tx, &entry).await?)
    }
}
