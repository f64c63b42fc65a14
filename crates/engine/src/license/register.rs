//! Taking in a key that was made elsewhere.

mod self_contained;
mod signed;

pub use signed::OldForm;

pub(crate) use self_contained::Read as SelfContained;
pub(crate) use signed::Adding;

use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::scheme::tier::{PREFIX, TierKey};
use keyward_core::time::Timestamp;

use super::find::hint;
use super::{Beside, Issued, NewLicense};
use crate::{Caller, Engine, EngineError};

/// A key made elsewhere.
#[derive(Clone)]
pub struct Register {
    /// The key as it was delivered.
    pub key: String,
    /// The product's code.
    pub product: String,
    /// The policy's code; left out, the tier that a `tier`, `lk1`, `lk2` or `lk3` key names.
    pub policy: Option<String>,
    /// Everything else.
    pub license: NewLicense,
    /// When it was first used, where it was.
    pub used_at: Option<Timestamp>,
}

impl Engine {
    /// Takes in a key. A tiered one must be sealed under the product's secret, a self-contained one under the own
    /// installation's secret or by a key of the product.
    ///
    /// # Errors
    /// When the key is no such key, is known already, or its seal does not fit; when the database refuses.
    pub async fn register(
        self: &Arc<Self>,
        caller: &Caller,
        request: Register,
    ) -> Result<Issued, EngineError> {
        let catalog = self.catalog();
        let product = catalog.product(&request.product).cloned();
        let product = product
            .ok_or_else(|| EngineError::NotFound { what: "product", name: request.product.clone() })?;
        let mut beside = Beside::default();
        let (scheme, key, named) = match Scheme::of(&request.key)? {
            Scheme::Pool => {
                let key = PoolKey::parse(&request.key).map_err(keyward_core::refusal::Refusal::from)?;
                (Scheme::Pool, key.as_str().to_owned(), None)
            }
            Scheme::Tier => {
                let prefix = product.key_prefix.as_deref().unwrap_or(PREFIX);
                let parsed = TierKey::parse(&request.key, prefix)?;
                let (secret, _) = self.tier_secret(caller, product.id).await?;
                beside.made_under = Some((product.id, secret));
                let keys = self.catalog().secrets(product.id).cloned().unwrap_or_default();
                (Scheme::Tier, request.key.clone(), Some(parsed.verify(&keys)?.tier))
            }
            Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3 => {
                return self.register_self_contained(caller, request, &product).await;
            }
            other => {
                let wanted = format!("a {other} key is taken in otherwise");
                return Err(EngineError::Invalid { field: "key", wanted });
            }
        };
        let policy = request.policy.or(named).unwrap_or_default();
        let policy = self.policy_named(&request.product, &policy)?;
        let now = self.now();
        let mut draft = self.draft(&policy, scheme, &key, &request.license, now)?;
        if let Some(used_at) = request.used_at {
            draft.first_activated_at = Some(used_at);
            if let (None, Some(seconds)) = (draft.expiry, policy.rules.duration) {
                draft.expiry = Some(policy.rules.arithmetic().end(used_at, seconds)?);
            }
        }
        let shown = hint(&key);
        self.issue_beside(caller, &policy, vec![draft], vec![key], &request.license, beside, now)
            .await?
            .ok_or(EngineError::Taken { what: "key", name: shown })
    }
}
