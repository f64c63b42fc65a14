//! `lk3` keys, and what of a key goes into the rows beside the licence's.

use std::sync::Arc;

use keyward_core::crypto::Algorithm;
use keyward_core::refusal::Flaw;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_core::time::Timestamp;
use keyward_store::licenses;
use keyward_store::machines::Machine;
use rand_core::Rng as _;

use super::{Order, refusal, with};
use crate::issue::Lk3Sealer;
use crate::license::{Beside, GRACE_DAYS, Issued, NewLicense, Term, scope_of};
use crate::{Caller, Chance, Engine, EngineError, Policy, seed};

const SECONDS_PER_DAY: i64 = 86_400;

impl Engine {
    pub(super) async fn issue_lk3(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        request: &Lk3,
        seal: Seal,
        encrypted: bool,
    ) -> Result<Issued, EngineError> {
        let product = self.product_named(order.product.as_deref().unwrap_or(seed::LK))?;
        let policy = self.policy_or_tier(&product.code, order, &request.tier)?;
        let now = self.now();
        let mut lk3 = completed(request, &policy);
        lk3.product = product.code.clone();
        lk3.issued_day = u64::try_from(now.days())
            .map_err(|_| refusal(Flaw::BadValue { field: "time", wanted: "after 1970" }))?;
        let mut wanted = order.license(None);
        of_key(&mut wanted, &lk3, &policy)?;
        let signer = match seal {
            Seal::Signature => Some(self.signing_key(caller, Some(product.id), Algorithm::Ed25519).await?.1),
            Seal::Mac => None,
        };
        self.issue_sealed(caller, &policy, Scheme::Lk3, &wanted, beside(&lk3), |draft, secret| {
            let mut lk3 = lk3.clone();
            let sealer = match &signer {
                Some(key) => {
                    (lk3.license_id, lk3.serial) = (Some(draft.id), None);
                    Lk3Sealer::Signature(key, encrypted.then_some(secret))
                }
                None => {
                    (lk3.license_id, lk3.serial) = (None, Some(self.serial()));
                    Lk3Sealer::Mac(secret, encrypted)
                }
            };
            Ok(self.with_chance(|chance| sealer.issue(&lk3, chance))?)
        })
        .await
    }

    /// A serial number that is short in the key.
    pub(super) fn serial(&self) -> u64 {
        self.with_chance(Chance::next_u32).into()
    }

    /// The device that a licence is bound to from its beginning.
    pub(super) fn bound_device(
        &self,
        license: &licenses::License,
        policy: &Policy,
        fingerprint: &str,
        now: Timestamp,
    ) -> Machine {
        Machine {
            id: self.new_id(),
            account_id: license.account_id,
            license_id: license.id,
            user_id: None,
            fingerprint: fingerprint.to_owned(),
            uniqueness_scope: scope_of(license, policy),
            pool: None,
            name: None,
            address: None,
            user_agent: None,
            created_at: now,
            last_seen_at: now,
        }
    }
}

/// A key says what the policy says where it says nothing itself: offline and online then agree.
fn completed(request: &Lk3, policy: &Policy) -> Lk3 {
    let mut lk3 = request.clone();
    lk3.max_devices = lk3.max_devices.or(policy.rules.max_machines.map(u64::from));
    if lk3.grace_days == 0 {
        lk3.grace_days = u64::try_from(policy.rules.grace_period / SECONDS_PER_DAY).unwrap_or_default();
    }
    for feature in policy.model.entitlements.iter().rev() {
        if !lk3.features.contains(feature) {
            lk3.features.insert(0, feature.clone());
        }
    }
    lk3
}

/// What of an `lk3` key stands in the licence's row and in its features.
pub(crate) fn of_key(wanted: &mut NewLicense, lk3: &Lk3, policy: &Policy) -> Result<(), EngineError> {
    wanted.term = lk3.expires_at().map_or(Term::Never, Term::Until);
    wanted.max_machines = lk3.max_devices.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
    let own = lk3.features.iter().filter(|feature| !policy.model.entitlements.contains(feature));
    wanted.entitlements.extend(own.cloned());
    let mut more = vec![
        ("company", lk3.company.as_str()),
        ("customerId", &lk3.customer_id),
        ("deviceId", &lk3.device_id),
    ];
    let start = lk3.valid_from().map(|start| start.to_string()).unwrap_or_default();
    more.push(("notBefore", &start));
    more.push(("trial", if lk3.trial || lk3.trial_days.is_some() { "true" } else { "" }));
    let days = lk3.trial_days.map(|days| days.to_string()).unwrap_or_default();
    more.push(("trialDays", &days));
    let grace = i64::try_from(lk3.grace_days).unwrap_or(i64::MAX);
    let is_own = grace > 0 && grace.saturating_mul(SECONDS_PER_DAY) != policy.rules.grace_period;
    let grace = if is_own { grace.to_string() } else { String::new() };
    more.push((GRACE_DAYS, &grace));
    wanted.metadata = with(wanted.metadata.as_deref(), &more)?;
    Ok(())
}

/// What of an `lk3` key stands in rows of its own.
pub(crate) fn beside(lk3: &Lk3) -> Beside {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Beside {
        limits: lk3.limits.iter().map(|(name, most)| (name.clone(), number(*most))).collect(),
        pools: lk3
            .pools
            .iter()
            .map(|pool| (pool.name.clone(), number(pool.max_devices), pool.expires_at()))
            .collect(),
        ..Beside::default()
    }
}
