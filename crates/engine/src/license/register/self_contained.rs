//! Taking in keys that say themselves what they grant: `lk1`, `lk2`, `lk3`.

use std::sync::Arc;

use keyward_core::crypto::KeySet;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk1::Lk1Key;
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::scheme::lk3::{Lk3, Lk3Key};
use keyward_core::time::Timestamp;

use uuid::Uuid;

use super::Register;
use crate::catalog::Product;
use crate::form::{beside, of_key, with};
use crate::keys::InstallationSecret;
use crate::license::{Beside, Issued, NewLicense, Term, hint};
use crate::{Caller, Engine, EngineError, Policy};

/// What a key says, checked.
pub(crate) enum Read {
    Lk1(String),
    Lk2(Lk2),
    Lk3(Box<Lk3>),
}

impl Read {
    /// Checks a key, whichever of the three forms it has.
    pub(crate) fn verified(
        key: &str,
        keys: &KeySet,
        product: &Product,
    ) -> Result<(Scheme, Self), EngineError> {
        Ok(match Scheme::of(key)? {
            Scheme::Lk1 => (Scheme::Lk1, Self::Lk1(Lk1Key::parse(key)?.verify(keys)?.tier)),
            Scheme::Lk2 => (Scheme::Lk2, Self::Lk2(Lk2Key::parse(key)?.verify(keys)?)),
            _ => {
                let lk3 = Lk3Key::parse(key)?.verify(keys)?;
                if !lk3.product.is_empty() && lk3.product != product.code {
                    let wanted = format!("it is for the product {}", lk3.product);
                    return Err(EngineError::Invalid { field: "key", wanted });
                }
                (Scheme::Lk3, Self::Lk3(Box::new(lk3)))
            }
        })
    }

    /// The tier that it names.
    pub(crate) fn tier(&self) -> &str {
        match self {
            Self::Lk1(tier) => tier,
            Self::Lk2(key) => &key.tier,
            Self::Lk3(key) => &key.tier,
        }
    }

    /// What the key says goes before what the request says; an `lk1` key says nothing of its end.
    pub(crate) fn fill(&self, wanted: &mut NewLicense, policy: &Policy) -> Result<Beside, EngineError> {
        match self {
            Self::Lk1(_) => Ok(Beside::default()),
            Self::Lk2(key) => {
                wanted.term = key.expires_at().map_or(Term::Never, Term::Until);
                wanted.max_machines = Some(key.max_devices);
                let company = key.company.as_deref().unwrap_or_default();
                wanted.metadata = with(wanted.metadata.as_deref(), &[("company", company)])?;
                Ok(Beside::default())
            }
            Self::Lk3(key) => {
                of_key(wanted, key, policy)?;
                Ok(beside(key))
            }
        }
    }
}

impl Engine {
    /// What a key of an installation is tried against: its own secret, and the public keys of the product.
    pub(crate) fn keys_of(&self, product: Uuid, secret: Option<&InstallationSecret>) -> KeySet {
        let mut keys = self.catalog().key_set(product, Scheme::Lk3);
        keys.secrets = secret.map(|known| known.secret.clone()).into_iter().collect();
        keys
    }

    pub(super) async fn register_self_contained(
        self: &Arc<Self>,
        caller: &Caller,
        request: Register,
        product: &Product,
    ) -> Result<Issued, EngineError> {
        self.refresh().await?;
        let Register { key, policy, license: mut wanted, used_at, .. } = request;
        let taken = EngineError::Taken { what: "key", name: hint(&key) };
        // Also a form that took an older one's place is known.
        if self.find_key(&self.store, &key).await?.is_some() {
            return Err(taken);
        }
        let installation = self.installation_row(wanted.installation.as_deref()).await?;
        let secret = self.secret_in(&installation)?;
        let keys = self.keys_of(product.id, secret.as_ref());
        let (scheme, read) = Read::verified(&key, &keys, product)?;
        let policy = self.policy_named(&product.code, policy.as_deref().unwrap_or_else(|| read.tier()))?;
        let now: Timestamp = self.now();
        let mut beside = read.fill(&mut wanted, &policy)?;
        let mut draft = self.draft(&policy, scheme, &key, &wanted, now)?;
        draft.first_activated_at = used_at;
        if let Read::Lk3(lk3) = &read {
            draft.id = lk3.license_id.unwrap_or(draft.id);
            self.give_key(&mut draft, &key);
        }
        draft.installation_id = Some(installation.id);
        beside.sealed_under = secret.map(|known| (known.installation, known.sealed));
        self.issue_beside(caller, &policy, vec![draft], vec![key], &wanted, beside, now).await?.ok_or(taken)
    }
}
