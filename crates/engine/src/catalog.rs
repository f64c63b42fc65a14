//! What every request needs and changes rarely: products, policies with their features, and keys ready to use.
//!
//! Held in memory and loaded anew as a whole when its version changes. Nothing that decides a limit is read from it.

use std::collections::HashMap;
use std::sync::Arc;

use keyward_core::crypto::{KeySet, PublicKey, SharedSecret};
use keyward_core::model::{self, PolicyId};
use keyward_core::scheme::Scheme;
use keyward_store::accounts::Account;
use keyward_store::{Store, entitlements, installations, policies, products, signing_keys, versions};
use uuid::Uuid;

use crate::EngineError;
use crate::crypto::AwsLc;
use crate::keyring::{self, SigningKey};
use crate::rules::Rules;
use crate::vault::{Place, Vault};

/// A product.
pub type Product = products::Product;

/// A policy, ready for verdicts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// As stored.
    pub row: policies::Policy,
    /// Its rules.
    pub rules: Rules,
    /// Its rules and features as the verdict takes them.
    pub model: model::Policy,
}

/// Everything held in memory.
pub struct Catalog {
    pub(crate) version: i64,
    products: HashMap<Uuid, Arc<Product>>,
    products_by_code: HashMap<String, Arc<Product>>,
    policies: HashMap<Uuid, Arc<Policy>>,
    /// In the order in which they were made.
    order: Vec<Arc<Policy>>,
    keys: Vec<Key>,
    secrets: HashMap<Uuid, KeySet>,
    own_installation: Option<Installation>,
}

/// A signing key or shared secret.
pub struct Key {
    /// As stored.
    pub row: signing_keys::SigningKey,
    /// What it can do.
    pub material: Material,
}

/// What a key can do.
#[derive(Debug)]
pub enum Material {
    /// Sign and verify.
    Signing(Arc<SigningKey>),
    /// Verify.
    Verifying(PublicKey),
    /// Both, with a shared secret.
    Secret(SharedSecret),
}

/// The account's own installation.
#[derive(Clone, Debug)]
pub struct Installation {
    /// As stored.
    pub row: installations::Installation,
    /// Its secret, once it has one.
    pub secret: Option<SharedSecret>,
}

impl Catalog {
    pub(crate) async fn load(store: &Store, account: &Account, vault: &Vault) -> Result<Self, EngineError> {
        // Read first: what changes while the rest is read is loaded again at the next look.
        let version = versions::get(store, versions::CATALOG).await?;
        let products: Vec<Arc<Product>> = products::all(store)
            .await?
            .into_iter()
            .filter(|p| p.account_id == account.id)
            .map(Arc::new)
            .collect();
        let mut features: HashMap<Uuid, Vec<String>> = HashMap::new();
        for (policy, code) in entitlements::of_policies(store).await? {
            features.entry(policy).or_default().push(code);
        }
        let mut order = Vec::new();
        for row in policies::all(store).await?.into_iter().filter(|p| p.account_id == account.id) {
            order.push(Arc::new(policy(row, &mut features)?));
        }
        let keys = keys(store, account, vault).await?;
        let own_installation = own_installation(store, account, vault).await?;
        Ok(Self {
            version,
            products_by_code: products.iter().map(|p| (p.code.clone(), Arc::clone(p))).collect(),
            products: products.into_iter().map(|p| (p.id, p)).collect(),
            policies: order.iter().map(|p| (p.row.id, Arc::clone(p))).collect(),
            order,
            secrets: secrets(&keys),
            keys,
            own_installation,
        })
    }

    /// A product by its code.
    pub fn product(&self, code: &str) -> Option<&Arc<Product>> {
        self.products_by_code.get(code)
    }

    /// A product by its id.
    pub fn product_by_id(&self, id: Uuid) -> Option<&Arc<Product>> {
        self.products.get(&id)
    }

    /// All products.
    pub fn products(&self) -> impl Iterator<Item = &Arc<Product>> {
        self.products.values()
    }

    /// A policy by its id.
    pub fn policy(&self, id: Uuid) -> Option<&Arc<Policy>> {
        self.policies.get(&id)
    }

    /// A policy of a product by its code.
    pub fn policy_of(&self, product: Uuid, code: &str) -> Option<&Arc<Policy>> {
        self.policies_of(product).find(|policy| policy.row.code.eq_ignore_ascii_case(code))
    }

    /// The policies of a product in the order in which they were made.
    pub fn policies_of(&self, product: Uuid) -> impl Iterator<Item = &Arc<Policy>> {
        self.order.iter().filter(move |policy| policy.row.product_id == product)
    }

    /// All keys, the oldest first.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The shared secrets that licences of a product are checked with.
    pub fn secrets(&self, product: Uuid) -> Option<&KeySet> {
        self.secrets.get(&product)
    }

    /// The account's own installation.
    pub const fn own_installation(&self) -> Option<&Installation> {
        self.own_installation.as_ref()
    }

    /// Every key that may check a licence of a product in a form: public keys and secrets, retired ones left out.
    pub fn key_set(&self, product: Uuid, scheme: Scheme) -> KeySet {
        let mut set = KeySet::default();
        let mine =
            |key: &&Key| key.row.state != "retired" && key.row.product_id.is_none_or(|of| of == product);
        for key in self.keys.iter().filter(mine) {
            match &key.material {
                Material::Signing(key) => set.public.push(key.public().clone()),
                Material::Verifying(key) => set.public.push(key.clone()),
                Material::Secret(secret) => set.secrets.push(secret.clone()),
            }
        }
        if matches!(scheme, Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3) {
            set.secrets.extend(self.own_installation.iter().filter_map(|own| own.secret.clone()));
            set.accepts_lk3_macs = true;
        }
        set
    }
}

fn policy(row: policies::Policy, features: &mut HashMap<Uuid, Vec<String>>) -> Result<Policy, EngineError> {
    let features = features.remove(&row.id).unwrap_or_default();
    Policy::new(row, features)
}

impl Policy {
    /// The form of its licences, where it has one.
    pub fn scheme(&self) -> Option<Scheme> {
        let stored = self.row.scheme.as_deref()?;
        Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == stored)
    }

    /// Reads the rules of a stored policy.
    pub(crate) fn new(row: policies::Policy, features: Vec<String>) -> Result<Self, EngineError> {
        let rules = Rules::parse(&row.rules).ok_or_else(|| EngineError::Invalid {
            field: "policy",
            wanted: format!("the stored rules of {} cannot be read", row.code),
        })?;
        let model = rules.to_model(PolicyId(row.id), features);
        Ok(Self { row, rules, model })
    }
}

async fn keys(store: &Store, account: &Account, vault: &Vault) -> Result<Vec<Key>, EngineError> {
    let mut keys = Vec::new();
    for row in signing_keys::all(store).await?.into_iter().filter(|key| key.account_id == account.id) {
        let place = Place { table: "signing_keys", column: "private_sealed", row: row.id };
        let private =
            row.private_sealed.as_deref().map(|sealed| vault.open_value(place, sealed)).transpose()?;
        let private = private.as_ref().map(|bytes| String::from_utf8_lossy(bytes));
        let material = match (row.algorithm.as_str(), &private, &row.public_key) {
            (keyring::HMAC, Some(secret), _) => Material::Secret(SharedSecret::new(secret, &AwsLc)),
            (_, Some(pem), _) => Material::Signing(Arc::new(keyring::read_key(pem)?)),
            (_, None, Some(pem)) => Material::Verifying(keyring::read_public(pem)?),
            (_, None, None) => continue,
        };
        keys.push(Key { row, material });
    }
    Ok(keys)
}

fn secrets(keys: &[Key]) -> HashMap<Uuid, KeySet> {
    let mut secrets: HashMap<Uuid, KeySet> = HashMap::new();
    for key in keys.iter().filter(|key| key.row.state != "retired") {
        if let (Some(product), Material::Secret(secret)) = (key.row.product_id, &key.material) {
            let set = secrets.entry(product).or_default();
            set.secrets.push(secret.clone());
            set.accepts_lk3_macs = true;
        }
    }
    secrets
}

async fn own_installation(
    store: &Store,
    account: &Account,
    vault: &Vault,
) -> Result<Option<Installation>, EngineError> {
    let all = installations::of_account(store, account.id).await?;
    let Some(row) = all.into_iter().find(|installation| installation.own) else { return Ok(None) };
    let place = Place { table: "installations", column: "secret_sealed", row: row.id };
    let secret = row.secret_sealed.as_deref().map(|sealed| vault.open_value(place, sealed)).transpose()?;
    let secret = secret.map(|bytes| SharedSecret::new(&String::from_utf8_lossy(&bytes), &AwsLc));
    Ok(Some(Installation { row, secret }))
}
