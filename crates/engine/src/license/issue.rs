//! Issuing single keys of a pool and of tiers, and the row that every issuing begins with.

use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::time::Timestamp;
use keyward_store::licenses;

use super::find::stored_hint;
use super::order::LIFETIME_DAYS;
use super::{Beside, Issued, NewLicense, Term};
use crate::issue::MAX_AHEAD_SECONDS;
use crate::{Caller, Engine, EngineError, Policy};

impl Engine {
    /// The policy of a product, by their codes.
    ///
    /// # Errors
    /// When there is none.
    pub fn policy_named(&self, product: &str, policy: &str) -> Result<Arc<Policy>, EngineError> {
        let catalog = self.catalog();
        let unknown = |what, name: &str| EngineError::NotFound { what, name: name.to_owned() };
        let product = catalog.product(product).ok_or_else(|| unknown("product", product))?;
        catalog.policy_of(product.id, policy).cloned().ok_or_else(|| unknown("policy", policy))
    }

    /// Issues one pool key (system B).
    ///
    /// # Errors
    /// When there is no such policy, or the database refuses.
    pub async fn issue_pool_key(
        self: &Arc<Self>,
        caller: &Caller,
        product: &str,
        policy: &str,
        wanted: NewLicense,
    ) -> Result<Issued, EngineError> {
        let policy = self.policy_named(product, policy)?;
        let now = self.now();
        loop {
            let key = self.with_chance(PoolKey::generate).as_str().to_owned();
            let drafts = vec![self.draft(&policy, Scheme::Pool, &key, &wanted, now)?];
            match self.issue_first_free(caller, &policy, drafts, vec![key], &wanted, now).await? {
                Some(issued) => return Ok(issued),
                // Taken: one of some 25 million billion.
                None => continue,
            }
        }
    }

    /// Issues a tiered key (system C): of the seconds from now on, the first that no other key of the tier has.
    ///
    /// # Errors
    /// When there is no such tier, its secret cannot be had, or every second of an hour is taken.
    pub async fn issue_tier(
        self: &Arc<Self>,
        caller: &Caller,
        product: &str,
        policy: &str,
        wanted: NewLicense,
    ) -> Result<Issued, EngineError> {
        self.issue_tier_from(caller, product, policy, wanted, &mut 0).await
    }

    /// As [`Self::issue_tier`], and not before `ahead` seconds from now; sets it behind the second that was taken, so that
    /// the next of many keys need not try those again.
    ///
    /// # Errors
    /// As [`Self::issue_tier`].
    pub async fn issue_tier_from(
        self: &Arc<Self>,
        caller: &Caller,
        product: &str,
        policy: &str,
        mut wanted: NewLicense,
        ahead: &mut u64,
    ) -> Result<Issued, EngineError> {
        let policy = self.policy_named(product, policy)?;
        let product = self.catalog().product_by_id(policy.row.product_id).cloned();
        let product =
            product.ok_or_else(|| EngineError::NotFound { what: "product", name: String::new() })?;
        let (secret_id, secret) = self.tier_secret(caller, product.id).await?;
        let prefix = product.key_prefix.as_deref().unwrap_or(keyward_core::scheme::tier::PREFIX);
        let now = self.now();
        if wanted.term == Term::Policy && policy.rules.duration.is_none() {
            let lifetime = policy.row.code.eq_ignore_ascii_case("lifetime");
            wanted.term = Term::Days(if lifetime { LIFETIME_DAYS } else { 30 });
        }
        // A handful at a time: usually the first second is free.
        for first in (*ahead..MAX_AHEAD_SECONDS).step_by(SECONDS_AT_ONCE) {
            let seconds = first..MAX_AHEAD_SECONDS.min(first + SECONDS_AT_ONCE as u64);
            let keys: Vec<String> = seconds
                .clone()
                .map(|ahead| crate::issue::tier(&policy.row.code, prefix, &secret, now, ahead))
                .collect::<Result<_, _>>()?;
            let drafts = keys
                .iter()
                .map(|key| self.draft(&policy, Scheme::Tier, key, &wanted, now))
                .collect::<Result<Vec<_>, _>>()?;
            let given = keys.clone();
            let beside = Beside { made_under: Some((product.id, secret_id)), ..Beside::default() };
            let issued = self.issue_beside(caller, &policy, drafts, keys, &wanted, beside, now).await?;
            if let Some(issued) = issued {
                let taken = seconds.zip(given).find(|(_, key)| *key == issued.key);
                *ahead = taken.map_or(first, |(second, _)| second) + 1;
                return Ok(issued);
            }
        }
        Err(EngineError::NoFreeSecond)
    }

    /// A row ready to be inserted.
    pub(crate) fn draft(
        &self,
        policy: &Policy,
        scheme: Scheme,
        key: &str,
        wanted: &NewLicense,
        now: Timestamp,
    ) -> Result<licenses::License, EngineError> {
        let mut draft = self.keyless(policy, scheme, wanted, now)?;
        self.give_key(&mut draft, key);
        Ok(draft)
    }

    /// Puts a key in its one spelling into a draft.
    pub(crate) fn give_key(&self, draft: &mut licenses::License, key: &str) {
        draft.key_sealed = Some(self.seal("licenses", "key_sealed", draft.id, key));
        draft.key_digest = Some(self.digest(key).to_vec());
        draft.key_hint = Some(stored_hint(key));
    }

    /// A row without a key: its forms are kept elsewhere, or the key is made for it afterwards.
    pub(crate) fn keyless(
        &self,
        policy: &Policy,
        scheme: Scheme,
        wanted: &NewLicense,
        now: Timestamp,
    ) -> Result<licenses::License, EngineError> {
        Ok(licenses::License {
            id: wanted.id.unwrap_or_else(|| self.new_id()),
            account_id: self.account.id,
            product_id: policy.row.product_id,
            policy_id: policy.row.id,
            user_id: None,
            installation_id: None,
            batch_id: None,
            name: wanted.name.clone(),
            subject: wanted.subject.clone(),
            scheme: scheme.as_str().to_owned(),
            key_sealed: None,
            key_digest: None,
            key_hint: None,
            expiry: wanted.term.end(&policy.rules, now)?,
            expiry_text: None,
            first_activated_at: None,
            first_validated_at: None,
            last_validated_at: None,
            suspended_at: None,
            suspension_reason: None,
            max_machines: wanted.max_machines,
            machines_count: 0,
            max_uses: None,
            uses: 0,
            transfers: 0,
            metadata: wanted.metadata.clone().unwrap_or_else(|| "{}".to_owned()),
            created_at: now,
            updated_at: now,
        })
    }
}

/// Keys of a tier that are tried in one transaction.
const SECONDS_AT_ONCE: usize = 8;
