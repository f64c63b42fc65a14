//! Activating a licence on a device. Whatever it spends is decided in the transaction that spends it.

use std::fmt;
use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::machines::Machine;
use keyward_store::stats::{self, Change};
use keyward_store::{Job, StoreError, Tx, audit, device_pools, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use super::{Found, Question, decide, hint};
use crate::idempotency::Render;
use crate::installation::Held;
use crate::rules::ExpirationBasis;
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, Idempotency, Repeatable};

/// What is activated where. `Debug` shows no key.
#[derive(Clone)]
pub struct Activate {
    /// The key in the one spelling of its scheme.
    pub key: String,
    /// What tells the device from others.
    pub fingerprint: String,
    /// A name for people.
    pub name: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Activation {
    /// It is active on the device.
    Done(Box<Activated>),
    /// It is not.
    Refused {
        /// Why.
        verdict: Box<Verdict>,
        /// The licence, when there is one.
        found: Option<Box<Found>>,
        /// Where it was activated on this very device before: whether it may run there.
        here: Option<Box<Verdict>>,
    },
}

/// A licence that is active on a device. `Debug` shows no key.
#[derive(Clone)]
pub struct Activated {
    /// The licence as it is now.
    pub found: Found,
    /// The key as it was asked about.
    pub key: String,
    /// The device.
    pub machine: Machine,
    /// Whether it was active there before.
    pub again: bool,
}

impl fmt::Debug for Activate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activate").field("key", &hint(&self.key)).finish_non_exhaustive()
    }
}

impl fmt::Debug for Activated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let license = self.found.license.id;
        f.debug_struct("Activated")
            .field("license", &license)
            .field("again", &self.again)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Activates a licence on a device.
    ///
    /// # Errors
    /// When the database refuses, or the `Idempotency-Key` was used for another request.
    pub async fn activate(
        self: &Arc<Self>,
        caller: &Caller,
        request: Activate,
        repeat: Option<(Idempotency, Render<Activation>)>,
    ) -> Result<Repeatable<Activation>, EngineError> {
        let now = self.now();
        let digest = self.digest(&request.key);
        // What is not there costs no transaction, and leaves no answer to be kept.
        let known = self.find_digest(&self.store, &digest).await?;
        if !known.is_some_and(|found| caller.knows(found.license.product_id)) {
            let verdict = decide(Question::Activate, None, &[], &Scope::default(), now);
            self.record(caller, &verdict, None, now).await;
            return Ok(Repeatable::Fresh(refused(verdict, None, None)));
        }
        let namespace = repeat.is_some().then(|| hex::encode(&digest[..8]));
        let job = self.activating(caller, request, digest, now);
        let outcome = self.once(caller, namespace, repeat, job, now).await?;
        if let Repeatable::Fresh(Activation::Refused { verdict, found, .. }) = &outcome {
            self.record(caller, verdict, found.as_deref(), now).await;
        }
        Ok(outcome)
    }

    /// The job that activates a licence, for others to make part of theirs.
    pub(crate) fn activating(
        self: &Arc<Self>,
        caller: &Caller,
        request: Activate,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Activating {
        Activating {
            digest,
            machine_id: self.new_id(),
            entry: self.entry(caller, "license.activate", ("license", None), &json!({}), now),
            caller: caller.clone(),
            engine: Arc::clone(self),
            request,
            now,
        }
    }
}

pub(crate) struct Activating {
    engine: Arc<Engine>,
    caller: Caller,
    request: Activate,
    digest: [u8; 32],
    machine_id: Uuid,
    entry: keyward_core::audit::Entry,
    now: Timestamp,
}

impl Job for Activating {
    const NAME: &'static str = "license.activate";
    type Out = Activation;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Activation, EngineError> {
        let found = self.engine.find_digest(tx, &self.digest).await?;
        let known = found.filter(|found| self.caller.knows(found.license.product_id));
        let Some(mut found) = known else {
            return Ok(refused(
                decide(Question::Activate, None, &[], &Scope::default(), self.now),
                None,
                None,
            ));
        };
        self.engine.refresh_rules(tx, &mut found).await?;
        let mut machine = self.machine(&found);
        let before = machines::by_fingerprint(tx, machine.uniqueness_scope, &machine.fingerprint).await?;
        let single_use = found.policy.rules.single_use;
        // Whether this is the first activation is decided on the row as it is, not as it was read.
        if !single_use && let Some(row) = licenses::lock(tx, found.license.id).await? {
            found.license = row;
        }
        let is_first = found.license.first_activated_at.is_none();
        match before {
            Some(before) if before.license_id != found.license.id => {
                let detail = "this device is activated for another licence, and may be for one only";
                let verdict = Verdict::refusal(Code::FingerprintScopeMismatch, detail);
                return Ok(refused(verdict, Some(found), None));
            }
            Some(before) if !single_use => return self.again(tx, found, before).await,
            before => {
                let verdict = decide(Question::Activate, Some(&found), &[], &Scope::default(), self.now);
                if !verdict.valid {
                    return self.refuse(tx, found, before).await;
                }
                machine.pool = match self.pool(tx, &found).await? {
                    Ok(pool) => pool,
                    Err(verdict) => return Ok(refused(*verdict, Some(found), None)),
                };
                if !self.spend(tx, &mut found).await? {
                    return self.refuse(tx, found, before).await;
                }
                if let Some(pool) = &machine.pool
                    && !device_pools::count(tx, found.license.id, pool).await?
                {
                    return Err(StoreError::Busy("the device pool is being changed").into());
                }
            }
        }
        if !machines::insert(tx, &machine).await? {
            // Another transaction activated this very device a moment ago; its count stands for both.
            licenses::uncount_machine(tx, found.license.id, self.now).await?;
            if let Some(pool) = &machine.pool {
                device_pools::uncount(tx, found.license.id, pool).await?;
            }
            let scope = machine.uniqueness_scope;
            let before = machines::by_fingerprint(tx, scope, &machine.fingerprint).await?;
            return match before {
                Some(before) if before.license_id == found.license.id => self.again(tx, found, before).await,
                // Another licence's device, or one that is gone again: what was spent is rolled back with the error.
                _ => Err(StoreError::Busy("the device is being activated or released").into()),
            };
        }
        let mut changes =
            vec![Change::hourly(counters::ACTIVATIONS, self.now, 1), Change::total(counters::ACTIVATIONS, 1)];
        if is_first {
            changes.extend([Change::total(counters::USED, 1), Change::total(counters::UNAVAILABLE, 1)]);
        }
        let (account, policy) = (self.engine.account.id, found.license.policy_id);
        stats::add(tx, account, policy, found.license.id, &changes).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(found.license.id);
        entry.detail =
            json!({ "machine": machine.id, "hint": found.license.key_hint, "expiry": found.license.expiry })
                .to_string();
        audit::append(tx, &entry).await?;
        Ok(Activation::Done(Box::new(Activated {
            found,
            key: self.request.key.clone(),
            machine,
            again: false,
        })))
    }
}

impl Activating {
    fn machine(&self, found: &Found) -> Machine {
        let license = &found.license;
        Machine {
            id: self.machine_id,
            account_id: license.account_id,
            license_id: license.id,
            user_id: None,
            fingerprint: self.request.fingerprint.clone(),
            uniqueness_scope: found.uniqueness_scope(),
            pool: None,
            name: self.request.name.clone(),
            address: self.caller.address_text(),
            user_agent: self.caller.user_agent_text(),
            created_at: self.now,
            last_seen_at: self.now,
        }
    }

    /// The pool that the device counts in, of a licence that has some.
    async fn pool(
        &self,
        tx: &Tx<'_>,
        found: &Found,
    ) -> Result<Result<Option<String>, Box<Verdict>>, EngineError> {
        let pools = device_pools::of_license(tx, found.license.id).await?;
        if pools.is_empty() {
            return Ok(Ok(None));
        }
        let held = Held::new(found.clone(), Vec::new(), pools, Vec::new(), self.now);
        Ok(held.place(&self.request.fingerprint, None).map(|place| place.pool))
    }

    /// Takes what the activation costs, in the database and in the row that was read; `false` when it is not there any more.
    async fn spend(&self, tx: &Tx<'_>, found: &mut Found) -> Result<bool, EngineError> {
        let rules = &found.policy.rules;
        let license = &mut found.license;
        if rules.single_use {
            let expiry =
                rules.duration.map(|seconds| rules.arithmetic().end(self.now, seconds)).transpose()?;
            if !licenses::use_once(tx, license.id, self.now, expiry).await? {
                return Ok(false);
            }
            license.expiry = expiry;
        } else {
            let limit = rules.machine_limit(license.max_machines);
            if !licenses::count_machine(tx, license.id, limit, self.now).await? {
                return Ok(false);
            }
            // An end that it has stays: the policy may have said something else when it was made.
            let begins = rules.expiration_basis == ExpirationBasis::FromFirstActivation
                && license.first_activated_at.is_none()
                && license.expiry.is_none();
            if let (true, Some(seconds)) = (begins, rules.duration) {
                license.expiry = Some(rules.arithmetic().end(self.now, seconds)?);
                licenses::set_expiry(tx, license.id, license.expiry, None, self.now).await?;
            }
        }
        license.first_activated_at.get_or_insert(self.now);
        license.machines_count += 1;
        license.updated_at = self.now;
        Ok(true)
    }

    /// The device is active already: nothing is spent.
    pub(crate) async fn again(
        &self,
        tx: &Tx<'_>,
        found: Found,
        before: Machine,
    ) -> Result<Activation, EngineError> {
        let run =
            decide(Question::Run, Some(&found), std::slice::from_ref(&before), &Scope::default(), self.now);
        if !run.valid {
            return Ok(refused(run.clone(), Some(found), Some(run)));
        }
        machines::touch(tx, before.id, self.now).await?;
        Ok(Activation::Done(Box::new(Activated {
            found,
            key: self.request.key.clone(),
            machine: before,
            again: true,
        })))
    }

    /// Says why, as the licence is now; another device on a used key leaves a trace.
    async fn refuse(
        &self,
        tx: &Tx<'_>,
        found: Found,
        before: Option<Machine>,
    ) -> Result<Activation, EngineError> {
        let found = self.reread(tx, found).await?;
        let before = match before {
            Some(before) => Some(before),
            // Of two requests of one device at the same time, the second one looked too early.
            None => self.here(tx, &found).await?,
        };
        if let (Some(before), false) = (&before, found.policy.rules.single_use) {
            return self.again(tx, found, before.clone()).await;
        }
        let mut verdict = decide(Question::Activate, Some(&found), &[], &Scope::default(), self.now);
        if verdict.valid {
            // Reached only when it changed between the two looks; repeating the request is right.
            return Err(StoreError::Busy("the licence is being changed").into());
        }
        if verdict.code == Code::AlreadyUsed && before.is_none() {
            self.note_bypass(tx, &found, &verdict).await?;
            let changes = [
                Change::hourly(counters::BYPASS_ATTEMPTS, self.now, 1),
                Change::total(counters::BYPASS_ATTEMPTS, 1),
            ];
            let (account, policy) = (self.engine.account.id, found.license.policy_id);
            stats::add(tx, account, policy, found.license.id, &changes).await?;
            verdict.reason = Some(OTHER_DEVICE);
        }
        let here = before.map(|before| {
            decide(Question::Run, Some(&found), std::slice::from_ref(&before), &Scope::default(), self.now)
        });
        Ok(refused(verdict, Some(found), here))
    }

    /// Writes down that another device tries a used key: the first few of an hour. All are counted; the log is kept for ever,
    /// and whoever has one used key must not be able to fill it.
    async fn note_bypass(&self, tx: &Tx<'_>, found: &Found, verdict: &Verdict) -> Result<(), EngineError> {
        let since = self.now.plus_seconds(-3_600);
        if audit::count_since(tx, found.license.id, BYPASS, since).await? >= BYPASSES_AN_HOUR {
            return Ok(());
        }
        let mut entry = self.entry.clone();
        entry.event = BYPASS.to_owned();
        entry.outcome = "refused".to_owned();
        entry.resource_id = Some(found.license.id);
        entry.detail = json!({ "code": verdict.code, "hint": found.license.key_hint }).to_string();
        Ok(audit::append(tx, &entry).await?)
    }

    /// The device, where the licence is active on it.
    async fn here(&self, tx: &Tx<'_>, found: &Found) -> Result<Option<Machine>, EngineError> {
        let scope = found.uniqueness_scope();
        let machine = machines::by_fingerprint(tx, scope, &self.request.fingerprint).await?;
        Ok(machine.filter(|machine| machine.license_id == found.license.id))
    }

    async fn reread(&self, tx: &Tx<'_>, found: Found) -> Result<Found, EngineError> {
        let again = self.engine.find_id(tx, found.license.id).await?;
        Ok(again.map_or(found.clone(), |again| Found { policy: Arc::clone(&found.policy), ..again }))
    }
}

const BYPASS: &str = "license.bypass-attempt";
/// Bypass attempts on one licence that are written into the audit log in an hour.
const BYPASSES_AN_HOUR: i64 = 10;

/// The reason below `ALREADY_USED` when another device tries.
pub const OTHER_DEVICE: &str = "OTHER_DEVICE";

fn refused(verdict: Verdict, found: Option<Found>, here: Option<Verdict>) -> Activation {
    Activation::Refused { verdict: Box::new(verdict), found: found.map(Box::new), here: here.map(Box::new) }
}
