//! Issuing what is sealed under an installation's secret: `lk1`, `lk2`, and what they share with `lk3`.

use std::sync::Arc;

use keyward_core::crypto::SharedSecret;
use keyward_core::scheme::Scheme;
use keyward_core::time::{Timestamp, parse_date};
use keyward_store::licenses;
use rand_core::Rng as _;

use super::{Order, with};
use crate::issue::{self, Lk2Request};
use crate::license::{Beside, Issued, NewLicense, Term, hint};
use crate::{Caller, Chance, Engine, EngineError, Policy, seed};

/// Keys with new random parts that are tried before a key counts as taken.
const ATTEMPTS: u32 = 3;

impl Engine {
    pub(super) async fn issue_lk1(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        tier: &str,
        term: Term,
    ) -> Result<Issued, EngineError> {
        let policy = self.policy_or_tier(order.product.as_deref().unwrap_or(seed::LK), order, tier)?;
        let wanted = NewLicense { term, ..order.license(None) };
        self.issue_sealed(caller, &policy, Scheme::Lk1, &wanted, Beside::default(), |_, secret| {
            let serial = self.with_chance(Chance::next_u32);
            let key = self.with_chance(|chance| issue::lk1(tier, secret, chance, serial))?;
            Ok(key)
        })
        .await
    }

    pub(super) async fn issue_lk2(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        request: &Lk2Request,
    ) -> Result<Issued, EngineError> {
        let now = self.now();
        let policy =
            self.policy_or_tier(order.product.as_deref().unwrap_or(seed::LK), order, &request.tier)?;
        let end = request.expires.as_deref().filter(|text| !text.is_empty());
        let end = end.and_then(parse_date).map(Timestamp::midnight);
        let mut wanted = order.license(end);
        wanted.max_machines = Some(request.max_devices);
        wanted.metadata =
            with(wanted.metadata.as_deref(), &[("company", request.company.as_deref().unwrap_or(""))])?;
        self.issue_sealed(caller, &policy, Scheme::Lk2, &wanted, Beside::default(), |_, secret| {
            let unique_id = request.unique_id.clone().or_else(|| Some(self.unique_id()));
            Ok(Lk2Request { unique_id, ..request.clone() }.issue(secret, now)?.0)
        })
        .await
    }

    /// Issues a key that is sealed under an installation's secret.
    pub(super) async fn issue_sealed(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        scheme: Scheme,
        wanted: &NewLicense,
        beside: Beside,
        make: impl Fn(&licenses::License, &SharedSecret) -> Result<String, EngineError>,
    ) -> Result<Issued, EngineError> {
        let own = self.secret_for(caller, wanted.installation.as_deref()).await?;
        let mut taken = String::new();
        for _ in 0..ATTEMPTS {
            let mut draft = self.keyless(policy, scheme, wanted, self.now())?;
            draft.installation_id = Some(own.installation);
            let key = make(&draft, &own.secret)?;
            self.give_key(&mut draft, &key);
            taken = hint(&key);
            let beside =
                Beside { sealed_under: Some((own.installation, own.sealed.clone())), ..beside.clone() };
            if let Some(issued) = self.issue_one(caller, policy, draft, key, wanted, beside).await? {
                return Ok(issued);
            }
        }
        Err(EngineError::Taken { what: "key", name: taken })
    }

    /// Tells keys apart that are otherwise equal.
    pub(super) fn unique_id(&self) -> String {
        format!("{:08x}", self.with_chance(Chance::next_u32))
    }
}
