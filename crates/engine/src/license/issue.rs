//! Issuing a single licence, and what every issuing has in common.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::calendar::add_days;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::time::Timestamp;
use keyward_store::entitlements::{self, Entitlement};
use keyward_store::machines::Machine;
use keyward_store::stats::{self, Change};
use keyward_store::{
    Job, StoreError, Tx, audit, device_pools, installations, issued, licenses, limits, machines,
};
use serde_json::json;
use uuid::Uuid;

use super::find::stored_hint;
use crate::issue::MAX_AHEAD_SECONDS;
use crate::rules::{ExpirationBasis, Rules};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, NewUser, Policy};

/// When a licence ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Term {
    /// As the policy says.
    #[default]
    Policy,
    /// After days of 86,400 s.
    Days(i64),
    /// At an instant.
    Until(Timestamp),
    /// Never.
    Never,
}

/// What a person decides about a licence.
#[derive(Clone, Debug, Default)]
pub struct NewLicense {
    /// Who it is for.
    pub user: Option<NewUser>,
    /// When it ends.
    pub term: Term,
    /// A name for people.
    pub name: Option<String>,
    /// What it is for, unique in the product.
    pub subject: Option<String>,
    /// Its own limit of machines.
    pub max_machines: Option<u32>,
    /// Its own features, besides the policy's.
    pub entitlements: Vec<String>,
    /// JSON.
    pub metadata: Option<String>,
}

/// A licence that was issued: its key is told here, and later only to those who may see it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its id.
    pub id: Uuid,
    /// The key or form to deliver.
    pub key: String,
    /// When it ends; `None` is never, or not begun.
    pub expiry: Option<Timestamp>,
}

/// How far away the end of a `lifetime` licence of system C is, in days.
pub const LIFETIME_DAYS: i64 = 999_999;

impl Term {
    /// The end of a licence that is made now.
    pub(crate) fn end(self, rules: &Rules, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        Ok(match self {
            Self::Never => None,
            Self::Until(end) => Some(end),
            Self::Days(days) => Some(add_days(now, days)?),
            Self::Policy => match (rules.expiration_basis, rules.duration) {
                (ExpirationBasis::FromCreation | ExpirationBasis::Default, Some(seconds)) => {
                    Some(rules.arithmetic().end(now, seconds)?)
                }
                _ => None,
            },
        })
    }
}

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
        let secret = self.tier_secret(caller, product.id).await?;
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
            if let Some(issued) = self.issue_first_free(caller, &policy, drafts, keys, &wanted, now).await? {
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
            id: self.new_id(),
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

    /// Inserts the first of several drafts whose key is free; `None` when none is.
    pub(crate) async fn issue_first_free(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        drafts: Vec<licenses::License>,
        keys: Vec<String>,
        wanted: &NewLicense,
        now: Timestamp,
    ) -> Result<Option<Issued>, EngineError> {
        self.issue_beside(caller, policy, drafts, keys, wanted, Beside::default(), now).await
    }

    /// As [`Engine::issue_first_free`], with rows beside the licence's own.
    #[expect(clippy::too_many_arguments, reason = "what a licence is made of")]
    pub(crate) async fn issue_beside(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        drafts: Vec<licenses::License>,
        keys: Vec<String>,
        wanted: &NewLicense,
        beside: Beside,
        now: Timestamp,
    ) -> Result<Option<Issued>, EngineError> {
        let detail = json!({ "policy": policy.row.code });
        let entry = self.entry(caller, "license.issue", ("license", None), &detail, now);
        let features = wanted.entitlements.iter().map(|code| Entitlement {
            id: self.new_id(),
            account_id: self.account.id,
            code: code.clone(),
            name: code.replace('_', " "),
            created_at: now,
        });
        let job = Issuing {
            features: features.collect(),
            engine: Arc::clone(self),
            drafts,
            beside,
            user: wanted.user.clone(),
            user_id: self.new_id(),
            entry,
        };
        let placed = self.store.write(job).await?;
        Ok(placed.map(|(place, id, expiry)| Issued { id, key: keys[place].clone(), expiry }))
    }
}

/// Keys of a tier that are tried in one transaction.
const SECONDS_AT_ONCE: usize = 8;

/// What is written beside a licence's row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// The form that is given out, where the row has no key.
    pub(crate) form: Option<issued::Issued>,
    /// The device it is bound to.
    pub(crate) machine: Option<Machine>,
    /// Named limits.
    pub(crate) limits: Vec<(String, i64)>,
    /// Device pools: name, devices, end.
    pub(crate) pools: Vec<(String, i64, Option<Timestamp>)>,
    /// The installation whose secret the key is sealed under, and that secret as it is stored.
    pub(crate) sealed_under: Option<(Uuid, Vec<u8>)>,
}

struct Issuing {
    engine: Arc<Engine>,
    drafts: Vec<licenses::License>,
    beside: Beside,
    user: Option<NewUser>,
    user_id: Uuid,
    features: Vec<Entitlement>,
    entry: Entry,
}

impl Job for Issuing {
    const NAME: &'static str = "license.issue";
    type Out = Option<(usize, Uuid, Option<Timestamp>)>;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Self::Out, EngineError> {
        if let Some((installation, sealed)) = &self.beside.sealed_under {
            // Locked, so that the secret is not replaced between this look and the commit.
            let now = installations::lock(tx, *installation).await?;
            if now.is_none_or(|now| now.secret_sealed.as_ref() != Some(sealed)) {
                return Err(StoreError::Busy("the installation's secret was replaced a moment ago").into());
            }
        }
        let user = match &self.user {
            Some(user) => Some(self.engine.ensure_user(tx, user, self.user_id, self.entry.at).await?),
            None => None,
        };
        for (place, draft) in self.drafts.iter().enumerate() {
            let draft = licenses::License { user_id: user, ..draft.clone() };
            if !licenses::insert(tx, &draft).await? {
                if let Some(subject) = &draft.subject
                    && licenses::by_subject(tx, draft.product_id, subject).await?.is_some()
                {
                    return Err(EngineError::Taken { what: "a licence for", name: subject.clone() });
                }
                continue;
            }
            self.complete(tx, &draft).await?;
            return Ok(Some((place, draft.id, draft.expiry)));
        }
        Ok(None)
    }
}

impl Issuing {
    async fn complete(&self, tx: &Tx<'_>, license: &licenses::License) -> Result<(), EngineError> {
        let account = license.account_id;
        self.beside.write(tx, license).await?;
        for (place, feature) in (0..).zip(&self.features) {
            let id = entitlements::ensure(tx, feature).await?;
            entitlements::attach_to_license(tx, account, license.id, id, place).await?;
        }
        let mut changes = vec![Change::total(counters::ISSUED, 1)];
        if license.first_activated_at.is_some() {
            changes.extend([Change::total(counters::USED, 1), Change::total(counters::UNAVAILABLE, 1)]);
        }
        stats::add(tx, account, license.policy_id, license.id, &changes).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(license.id);
        let mut detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        let form = self.beside.form.as_ref();
        detail["hint"] = json!(license.key_hint.as_ref().or(form.and_then(|form| form.hint.as_ref())));
        detail["expiry"] = json!(license.expiry);
        entry.detail = detail.to_string();
        Ok(audit::append(tx, &entry).await?)
    }
}

impl Beside {
    async fn write(&self, tx: &Tx<'_>, license: &licenses::License) -> Result<(), EngineError> {
        let account = license.account_id;
        if let Some(form) = &self.form
            && !issued::insert(tx, form).await?
        {
            return Err(EngineError::Taken { what: "form", name: form.hint.clone().unwrap_or_default() });
        }
        if let Some(machine) = &self.machine
            && !machines::insert(tx, machine).await?
        {
            return Err(EngineError::Taken { what: "device", name: machine.fingerprint.clone() });
        }
        for (name, maximum) in &self.limits {
            limits::set(tx, account, license.id, name, *maximum).await?;
        }
        for (name, devices, end) in &self.pools {
            device_pools::set(tx, account, license.id, name, *devices, *end).await?;
        }
        Ok(())
    }
}
