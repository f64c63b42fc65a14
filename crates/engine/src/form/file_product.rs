//! A product of device-bound files: made with its policy when its first file is issued.

use keyward_core::audit::Entry;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::GRACE_PERIOD_DAYS;
use keyward_store::{Job, Tx, audit, policies, products, versions};
use serde_json::json;
use std::sync::Arc;

use crate::rules::{AccessAfterExpiry, Arithmetic, RenewalBasis, Rules};
use crate::{Caller, Engine, EngineError, Policy};

/// The code of the policy.
const POLICY: &str = "file";
/// A year as policies count it: twelve months of the protocol.
const YEAR: u64 = 31_556_952;
const SECONDS_PER_DAY: i64 = 86_400;

impl Engine {
    /// The policy that files of a product follow.
    pub(super) async fn file_policy(
        &self,
        caller: &Caller,
        product: &str,
        policy: Option<&str>,
    ) -> Result<Arc<Policy>, EngineError> {
        if let Some(policy) = policy {
            return self.policy_named(product, policy);
        }
        let known = || {
            let catalog = self.catalog();
            let product = catalog.product(product)?;
            let is_for_files = |policy: &&Arc<Policy>| policy.row.scheme.as_deref() == Some(POLICY);
            catalog.policies_of(product.id).find(is_for_files).cloned()
        };
        if let Some(policy) = known() {
            return Ok(policy);
        }
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
            code: POLICY.to_owned(),
            name: "Device-bound file".to_owned(),
            scheme: Some(Scheme::File.as_str().to_owned()),
            rules: rules().to_json(),
            metadata: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let detail = json!({ "product": product, "policy": POLICY, "newProduct": present.is_none() });
        let entry = self.entry(caller, "policy.create", ("policy", Some(policy.id)), &detail, now);
        let product_row = present.is_none().then_some(new);
        self.store.write(Making { product: product_row, policy, entry }).await?;
        self.reload().await?;
        known().ok_or_else(|| EngineError::Taken { what: "policy", name: POLICY.to_owned() })
    }
}

/// A year in calendar months, fifteen days of grace, then reading only; one device.
fn rules() -> Rules {
    Rules {
        duration: Some(YEAR),
        duration_arithmetic: Arithmetic::Months,
        max_machines: Some(1),
        grace_period: GRACE_PERIOD_DAYS * SECONDS_PER_DAY,
        access_after_expiry: AccessAfterExpiry::ReadOnly,
        renewal_basis: RenewalBasis::FromNowIfExpired,
        ..Rules::default()
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
