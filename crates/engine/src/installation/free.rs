//! The free tier: a licence without a key, one for each installation, on which devices count that no paid one has room for.

use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::{StoreError, Tx, audit, licenses, policies, versions};
use serde_json::json;
use uuid::Uuid;

use super::{FREE, Holding};
use crate::license::{NewLicense, Term};
use crate::rules::Rules;
use crate::{Caller, Engine, EngineError, Policy, seed};

/// What the licence of an installation's free tier is for: there is one.
pub(crate) fn free_subject(installation: Uuid) -> String {
    format!("free tier of {installation}")
}

impl Engine {
    /// The licence that stands for the free tier of an installation. It has no key; it is made when it is needed.
    pub(super) async fn free_license(
        self: &Arc<Self>,
        tx: &Tx<'_>,
        caller: &Caller,
        holding: &Holding,
        now: Timestamp,
    ) -> Result<Uuid, EngineError> {
        let policy = match &holding.free_policy {
            Some(policy) => Arc::clone(policy),
            None => self.no_free_tier(tx, caller, holding.product, now).await?,
        };
        let id = holding.row.id;
        if let Some(known) = licenses::keyless_of_installation(tx, id, policy.row.id).await? {
            return Ok(known);
        }
        let wanted = NewLicense { term: Term::Never, ..NewLicense::default() };
        let mut free = self.keyless(&policy, Scheme::Lk3, &wanted, now)?;
        free.subject = Some(free_subject(id));
        free.installation_id = Some(id);
        free.first_activated_at = Some(now);
        // Nobody else makes one under the installation's lock; but an import takes no lock, and is not seen yet.
        if !licenses::insert(tx, &free).await? {
            return Err(StoreError::Busy("an import to the installation is under way").into());
        }
        Ok(free.id)
    }
    /// The policy of a free tier that is switched off, for a product that has none: devices whose licence is removed must be
    /// somewhere.
    async fn no_free_tier(
        &self,
        tx: &Tx<'_>,
        caller: &Caller,
        product: Uuid,
        now: Timestamp,
    ) -> Result<Arc<Policy>, EngineError> {
        let policy = policies::Policy {
            id: self.new_id(),
            account_id: self.account.id,
            product_id: product,
            code: FREE.to_owned(),
            name: "Free".to_owned(),
            scheme: Some(Scheme::Lk3.as_str().to_owned()),
            rules: Rules { floating: true, max_machines: Some(0), ..seed::exact() }.to_json(),
            metadata: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        };
        if policies::insert(tx, &policy).await? {
            versions::raise(tx, versions::CATALOG).await?;
            let product = self.catalog().product_by_id(product).map(|product| product.code.clone());
            let detail = json!({ "product": product, "policy": FREE, "devices": 0 });
            let entry = self.entry(caller, "policy.create", ("policy", Some(policy.id)), &detail, now);
            audit::append(tx, &entry).await?;
        }
        // Or another made it a moment ago, and it is not in memory yet.
        let id = policies::by_code(tx, product, FREE).await?.unwrap_or(policy.id);
        self.stored_policy(tx, id).await
    }
}
