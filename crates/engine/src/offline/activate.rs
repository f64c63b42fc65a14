//! Answering the request of a device without a network.

use std::fmt;
use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::code::Code;
use keyward_core::crypto::Algorithm;
use keyward_core::seat::{Request, Seat};
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::machines::{self, Machine};
use keyward_store::offline_seats::{self, OfflineSeat};
use keyward_store::{Job, StoreError, Tx, audit, licenses};
use serde_json::json;

use super::{refusal, sign};
use crate::crypto::AwsLc;
use crate::form::canonical;
use crate::license::{Activate, Activating, Activation, Found, Question, decide, not_yet};
use crate::{Caller, Engine, EngineError};

/// The longest name of a device that is kept, in bytes; what is longer is cut.
const MAX_NAME: usize = 200;
/// The longest id of a device, in bytes.
const MAX_DEVICE: usize = 250;

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The device counts from now on.
    Counted,
    /// It counted before; it may run on.
    Renewed,
    /// This very request was answered before: the same again.
    Again,
}

/// The answer to a request. `Debug` shows no text.
#[derive(Clone)]
pub struct OfflineActivation {
    /// What to hand over.
    pub text: String,
    /// What it says.
    pub seat: Seat,
    /// How the device came to it.
    pub answered: Answered,
    /// The licence as it is now.
    pub found: Found,
    /// What people call the device.
    pub name: Option<String>,
}

impl fmt::Debug for OfflineActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (license, answered) = (&self.seat.license_id, &self.answered);
        f.debug_struct("OfflineActivation")
            .field("license", license)
            .field("answered", answered)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Answers the request of a device without a network, and counts the device as [`Engine::activate`] does. The same
    /// request gets the same answer and counts nothing; a new one of a device that counts renews its lease.
    ///
    /// # Errors
    /// `NotAllowed` when the licence may not be activated there; when the text is no request, or the database refuses.
    pub async fn activate_offline(
        self: &Arc<Self>,
        caller: &Caller,
        request: &str,
    ) -> Result<OfflineActivation, EngineError> {
        self.refresh().await?;
        let now = self.now();
        let mut request = Request::verified(request, &AwsLc)?;
        check(&mut request)?;
        let digest = self.digest(&canonical(request.key.trim())?);
        let known = self.find_digest(&self.store, &digest).await?;
        let Some(found) = known.filter(|found| caller.knows(found.license.product_id)) else {
            let verdict = decide(Question::Activate, None, &[], &Scope::default(), now);
            self.record(caller, &verdict, None, now).await;
            return Err(EngineError::NotAllowed(Box::new(verdict)));
        };
        let id = found.license.product_id;
        let code = self.catalog().product_by_id(id).map(|product| product.code.clone()).unwrap_or_default();
        if request.product != code {
            let detail =
                format!("the licence is for the product {code:?}, the request for {:?}", request.product);
            let verdict = Verdict::refusal(Code::ProductScopeMismatch, detail);
            self.record(caller, &verdict, Some(&found), now).await;
            return Err(EngineError::NotAllowed(Box::new(verdict)));
        }
        let (_, key) = self.signing_key(caller, Some(id), Algorithm::Ed25519).await?;
        let activate = Activate {
            key: request.key.clone(),
            fingerprint: request.device_id.clone(),
            name: request.name.clone(),
        };
        let job = Answering {
            engine: Arc::clone(self),
            activating: self.activating(caller, activate, digest, now),
            entry: self.entry(caller, EVENT, ("license", None), &json!({}), now),
            product: code,
            license: found.license.id,
            request,
            now,
        };
        let name = job.request.name.clone();
        match self.store.write(job).await? {
            Ok((found, seat, answered)) => {
                let key_id = key.public().id();
                let text = seat.to_text(key_id, sign(&key, &seat.covered(key_id)));
                Ok(OfflineActivation { text, seat, answered, found, name })
            }
            Err(verdict) => {
                self.record(caller, &verdict, Some(&found), now).await;
                Err(EngineError::NotAllowed(verdict))
            }
        }
    }
}

const EVENT: &str = "license.activate-offline";

/// A request is a stranger's text: what the database cannot keep is refused, and a long name cut.
fn check(request: &mut Request) -> Result<(), EngineError> {
    let id = &request.device_id;
    if id.contains('\0') || id.len() > MAX_DEVICE {
        let wanted = format!("at most {MAX_DEVICE} bytes without a zero character");
        return Err(EngineError::Invalid { field: "device_id", wanted });
    }
    if let Some(name) = &mut request.name {
        let end = (0..=name.len().min(MAX_NAME)).rev().find(|end| name.is_char_boundary(*end));
        name.truncate(end.unwrap_or(0));
        name.retain(|c| !c.is_control());
    }
    Ok(())
}

struct Answering {
    engine: Arc<Engine>,
    activating: Activating,
    request: Request,
    product: String,
    license: uuid::Uuid,
    entry: Entry,
    now: Timestamp,
}

impl Job for Answering {
    const NAME: &'static str = EVENT;
    type Out = Result<(Found, Seat, Answered), Box<Verdict>>;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Self::Out, EngineError> {
        let id = self.license;
        // Locked first: of two requests of one device the second one sees what the first one got.
        let row = licenses::lock(tx, id).await?;
        let found = self.engine.find_id(tx, id).await?;
        let (Some(row), Some(mut found)) = (row, found) else {
            return Ok(Err(Box::new(decide(Question::Activate, None, &[], &Scope::default(), self.now))));
        };
        found.license = row;
        self.engine.refresh_rules(tx, &mut found).await?;
        if let Some(no) = self.refused(&found) {
            return Ok(Err(no));
        }
        let before = machines::of_license(tx, id).await?;
        let before = before.into_iter().find(|machine| machine.fingerprint == self.request.device_id);
        let held = match &before {
            Some(machine) => offline_seats::of_machine(tx, machine.id).await?,
            None => None,
        };
        if held.as_ref().is_some_and(|held| held.device_key != self.request.device_key) {
            let detail = "the device has a seat already, under another key than the one that asks";
            return Ok(Err(refusal(Code::WrongDevice, detail, OTHER_KEY)));
        }
        let known = offline_seats::answered(tx, id, &self.request.nonce).await?;
        if let Some(known) = &known {
            let current = held.is_some_and(|held| held.nonce == known.nonce);
            if !current || known.device_key != self.request.device_key {
                let detail = "this request was answered before, and its seat has been given back or renewed";
                return Ok(Err(refusal(Code::AlreadyUsed, detail, ASK_ANEW)));
            }
        }
        let counted = before.is_some();
        let activation = match before {
            Some(before) => self.activating.again(tx, found, before).await?,
            None => self.activating.run(tx).await?,
        };
        let (found, machine) = match activation {
            Activation::Done(done) => (done.found, done.machine),
            Activation::Refused { verdict, .. } => return Ok(Err(verdict)),
        };
        let (answer, answered) = match (known, counted) {
            (Some(known), _) => (known, Answered::Again),
            (None, true) => (self.answer(tx, &found, &machine).await?, Answered::Renewed),
            (None, false) => (self.answer(tx, &found, &machine).await?, Answered::Counted),
        };
        let seat = super::seat::of(tx, &found, &self.product, &self.request, &answer).await?;
        Ok(Ok((found, seat, answered)))
    }
}

const ASK_ANEW: &str = "Make a new request on the device.";
const OTHER_KEY: &str = "Was the program installed anew? Then release the device first, with `keyward license release`, and \
                         answer the request again.";

impl Answering {
    /// What a key says of its beginning and of its only device.
    fn refused(&self, found: &Found) -> Option<Box<Verdict>> {
        let metadata: serde_json::Value = serde_json::from_str(&found.license.metadata).unwrap_or_default();
        let bound = metadata["deviceId"].as_str().filter(|bound| !bound.is_empty());
        if bound.is_some_and(|bound| bound != self.request.device_id) {
            let detail =
                format!("the licence is bound to another device than {}, which asks", self.request.device_id);
            return Some(Box::new(Verdict::refusal(Code::WrongDevice, detail)));
        }
        not_yet(&found.license.metadata, self.now)
    }

    /// Writes the answer down.
    async fn answer(
        &self,
        tx: &Tx<'_>,
        found: &Found,
        machine: &Machine,
    ) -> Result<OfflineSeat, EngineError> {
        let lease = found.policy.rules.offline_lease;
        let answer = OfflineSeat {
            account_id: found.license.account_id,
            license_id: found.license.id,
            machine_id: machine.id,
            fingerprint: machine.fingerprint.clone(),
            device_key: self.request.device_key,
            nonce: self.request.nonce,
            issued_at: self.now,
            lease_until: lease.map(|seconds| self.now.plus_seconds(seconds)),
            released_at: None,
        };
        if !offline_seats::answer(tx, &answer).await? {
            return Err(StoreError::Busy("the request is being answered").into());
        }
        let mut entry = self.entry.clone();
        entry.resource_id = Some(found.license.id);
        entry.detail = json!({
            "machine": machine.id, "hint": found.license.key_hint, "leaseUntil": answer.lease_until,
            "request": hex::encode(self.request.nonce),
        })
        .to_string();
        audit::append(tx, &entry).await?;
        Ok(answer)
    }
}
