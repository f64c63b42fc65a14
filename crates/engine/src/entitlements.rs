//! Features of policies and licences.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_store::entitlements::{self, Entitlement};
use keyward_store::{Job, Tx, audit, policies, versions};
use serde_json::json;
use uuid::Uuid;

use crate::license::Named;
use crate::{Caller, Engine, EngineError};

/// Whose features.
#[derive(Clone, Debug)]
pub enum Holder {
    /// A policy's.
    Policy(Uuid),
    /// One licence's own.
    License(Named),
}

impl Engine {
    /// Gives features to a policy or a licence, behind those that it has; those that it has stay where they are.
    ///
    /// # Errors
    /// When there is no such holder, or the database refuses.
    pub async fn attach_entitlements(
        self: &Arc<Self>,
        caller: &Caller,
        holder: Holder,
        codes: &[String],
    ) -> Result<(), EngineError> {
        self.change_entitlements(caller, holder, codes, true).await
    }

    /// Takes features from a policy or a licence.
    ///
    /// # Errors
    /// When there is no such holder, or the database refuses.
    pub async fn detach_entitlements(
        self: &Arc<Self>,
        caller: &Caller,
        holder: Holder,
        codes: &[String],
    ) -> Result<(), EngineError> {
        self.change_entitlements(caller, holder, codes, false).await
    }

    async fn change_entitlements(
        self: &Arc<Self>,
        caller: &Caller,
        holder: Holder,
        codes: &[String],
        attach: bool,
    ) -> Result<(), EngineError> {
        let now = self.now();
        let event = if attach { "entitlement.attach" } else { "entitlement.detach" };
        let kind = if matches!(holder, Holder::Policy(_)) { "policy" } else { "license" };
        let entry = self.entry(caller, event, (kind, None), &json!({ "codes": codes }), now);
        let features = codes.iter().map(|code| Entitlement {
            id: self.new_id(),
            account_id: self.account.id,
            code: code.clone(),
            name: code.replace('_', " "),
            created_at: now,
        });
        let features = features.collect();
        self.store.write(Changing { engine: Arc::clone(self), holder, features, attach, entry }).await?;
        self.refresh().await.map(drop)
    }
}

struct Changing {
    engine: Arc<Engine>,
    holder: Holder,
    features: Vec<Entitlement>,
    attach: bool,
    entry: Entry,
}

impl Job for Changing {
    const NAME: &'static str = "entitlement.change";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let account = self.engine.account.id;
        let (id, next) = match &self.holder {
            Holder::Policy(id) => {
                if !policies::lock(tx, *id).await? {
                    return Err(EngineError::NotFound { what: "policy", name: id.to_string() });
                }
                (*id, entitlements::next_place_of_policy(tx, *id).await?)
            }
            Holder::License(named) => {
                let id = self.engine.lock(tx, named).await?.license.id;
                (id, entitlements::next_place_of_license(tx, id).await?)
            }
        };
        for (place, feature) in (next..).zip(&self.features) {
            match (&self.holder, self.attach) {
                (Holder::Policy(_), true) => {
                    let feature = entitlements::ensure(tx, feature).await?;
                    entitlements::attach_to_policy(tx, account, id, feature, place).await?;
                }
                (Holder::License(_), true) => {
                    let feature = entitlements::ensure(tx, feature).await?;
                    entitlements::attach_to_license(tx, account, id, feature, place).await?;
                }
                (holder, false) => {
                    let unknown =
                        || EngineError::NotFound { what: "entitlement", name: feature.code.clone() };
                    let feature =
                        entitlements::by_code(tx, account, &feature.code).await?.ok_or_else(unknown)?;
                    match holder {
                        Holder::Policy(_) => entitlements::detach_from_policy(tx, id, feature).await?,
                        Holder::License(_) => entitlements::detach_from_license(tx, id, feature).await?,
                    };
                }
            }
        }
        versions::raise(tx, versions::CATALOG).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(id);
        Ok(audit::append(tx, &entry).await?)
    }
}
