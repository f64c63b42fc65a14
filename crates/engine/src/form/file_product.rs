//! A product of device-bound files: made with its policy when its first file is issued or taken in. Files of another
//! grace follow a policy of their own, so that the database decides as the file does.

use keyward_core::audit::Entry;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::GRACE_PERIOD_DAYS;
use keyward_store::{Job, Tx, audit, policies, products, versions};
use serde_json::json;
use std::sync::Arc;

use super::file_policy;
use crate::{Caller, Engine, EngineError, Policy};

impl Engine {
    /// Makes a product of device-bound files where there is none, with its policy.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ensure_file_product(&self, caller: &Caller, product: &str) -> Result<(), EngineError> {
        super::signed::storable("product", product)?;
        self.refresh().await?;
        self.file_policy(caller, product, GRACE_PERIOD_DAYS, None).await.map(drop)
    }

    /// The policy that files of a product with so many days of grace follow.
    pub(crate) async fn file_policy(
        &self,
        caller: &Caller,
        product: &str,
        grace_days: i64,
        policy: Option<&str>,
    ) -> Result<Arc<Policy>, EngineError> {
        if let Some(policy) = policy {
            return self.policy_named(product, policy);
        }
        if let Some(policy) = self.known_file_policy(product, grace_days) {
            return Ok(policy);
        }
        let code = file_policy::code(grace_days);
        let (now, account_id) = (self.now(), self.account.id);
        let present = self.catalog().product(product).map(|product| product.id);
        let new = products::Product {
            id: present.unwrap_or_else(|| self.new_id()),
            account_id,
            code: product.to_owned(),
            name: product.to_owned(),
            key_prefix: None,
            metadata: "{}".to_owned(),
            created_at: now,
        };
        let policy = policies::Policy {
            id: self.new_id(),
            account_id,
            product_id: new.id,
            code: code.clone(),
            name: file_policy::name(grace_days),
            scheme: Some(Scheme::File.as_str().to_owned()),
            rules: file_policy::rules(grace_days).to_json(),
            metadata: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let detail = json!({ "product": product, "policy": code, "newProduct": present.is_none() });
        let entry = self.entry(caller, "policy.create", ("policy", Some(policy.id)), &detail, now);
        let product_row = present.is_none().then_some(new);
        self.store.write(Making { product: product_row, policy, entry }).await?;
        self.reload().await?;
        // One of this name with another grace was changed by somebody.
        self.known_file_policy(product, grace_days)
            .ok_or(EngineError::Taken { what: "policy with another grace", name: code })
    }

    /// The policy of files with so many days of grace, where there is one.
    pub(crate) fn known_file_policy(&self, product: &str, grace_days: i64) -> Option<Arc<Policy>> {
        let catalog = self.catalog();
        let product = catalog.product(product)?;
        let fits = |policy: &&Arc<Policy>| {
            policy.row.scheme.as_deref() == Some(Scheme::File.as_str())
                && policy.rules.grace_period == file_policy::rules(grace_days).grace_period
        };
        catalog.policies_of(product.id).find(fits).cloned()
    }
}

struct Making {
    product: Option<products::Product>,
    policy: policies::Policy,
    entry: Entry,
}

impl Job for Making {
    const NAME: &'static str = "policy.create";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if let Some(product) = &self.product
            && !products::insert(tx, product).await?
        {
            // Another node made it a moment ago, with its policy.
            return Ok(());
        }
        if !policies::insert(tx, &self.policy).await? {
            return Ok(());
        }
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
