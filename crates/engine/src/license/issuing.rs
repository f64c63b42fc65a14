//! The transaction that issues a licence: its row, what stands beside it, its counters and its audit entry.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::entitlements::{self, Entitlement};
use keyward_store::machines::Machine;
use keyward_store::stats::{self, Change};
use keyward_store::{
    Job, StoreError, Tx, audit, device_pools, installations, issued, licenses, limits, machines, signing_keys,
};
use serde_json::json;
use uuid::Uuid;

use super::{Issued, NewLicense};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, NewUser, Policy};

impl Engine {
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
        let job = self.issuing(caller, policy, drafts, wanted, beside, now);
        let placed = self.store.write(job).await?;
        Ok(placed.map(|(place, id, expiry)| Issued { id, key: keys[place].clone(), expiry }))
    }

    /// The job that inserts the first of several drafts whose key is free.
    pub(crate) fn issuing(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        drafts: Vec<licenses::License>,
        wanted: &NewLicense,
        beside: Beside,
        now: Timestamp,
    ) -> Issuing {
        let detail = json!({ "policy": policy.row.code });
        let entry = self.entry(caller, "license.issue", ("license", None), &detail, now);
        let features = wanted.entitlements.iter().map(|code| Entitlement {
            id: self.new_id(),
            account_id: self.account.id,
            code: code.clone(),
            name: code.replace('_', " "),
            created_at: now,
        });
        Issuing {
            given: wanted.id,
            features: features.collect(),
            engine: Arc::clone(self),
            drafts,
            beside,
            user: wanted.user.clone(),
            user_id: self.new_id(),
            entry,
        }
    }
}

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
    /// The product whose secret a tiered key is sealed under, and the id of that secret.
    pub(crate) made_under: Option<(Uuid, Uuid)>,
}

/// Says which draft was inserted, with its id and its end; `None` when no key was free.
pub(crate) struct Issuing {
    engine: Arc<Engine>,
    /// The id that was wanted, where one was.
    given: Option<Uuid>,
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
        if let Some(id) = self.given
            && licenses::by_id(tx, id).await?.is_some()
        {
            return Err(EngineError::Taken { what: "licence", name: id.to_string() });
        }
        if let Some((installation, sealed)) = &self.beside.sealed_under {
            // Locked, so that the secret is not replaced between this look and the commit.
            let now = installations::lock(tx, *installation).await?;
            if now.is_none_or(|now| now.secret_sealed.as_ref() != Some(sealed)) {
                return Err(StoreError::Busy("the installation's secret was replaced a moment ago").into());
            }
        }
        if let Some((product, secret)) = self.beside.made_under {
            signing_keys::lock(tx, self.engine.account.id, Some(product)).await?;
            let is_there =
                signing_keys::all(tx).await?.iter().any(|key| key.id == secret && key.state == "active");
            if !is_there {
                return Err(StoreError::Busy("the product's secret was replaced a moment ago").into());
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
