//! Finding a licence by its key, an older form, or its id.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::{Read, Tx, entitlements, issued, licenses, policies};
use uuid::Uuid;

use crate::form::{canonical, signature_text};
use crate::rules::MachineUniqueness;
use crate::{Engine, EngineError, Policy};

/// The kind under which keys and forms are digested.
const KIND: &str = "license";

/// A stored licence with the policy it follows.
#[derive(Clone, Debug)]
pub struct Found {
    /// The licence's row.
    pub license: licenses::License,
    /// Its number, as dialects name it.
    pub serial: i64,
    /// When its installation took it off its list (system E).
    pub removed_at: Option<Timestamp>,
    /// The rules it follows.
    pub policy: Arc<Policy>,
    /// The vendor's own id of the owner (system C's `user_id`).
    pub user_external_id: Option<String>,
    /// The owner's e-mail address.
    pub user_email: Option<String>,
    /// Whether the owner is banned.
    pub user_banned: bool,
    /// The name of the batch it was made in.
    pub batch_name: Option<String>,
    /// Its own features, where they were asked for.
    pub entitlements: Vec<String>,
}

impl Found {
    /// What somebody decides on who looks at it: its end, its state, its owner, its policy and its limits. Uses, devices and
    /// validations are no change of it.
    pub fn seen(&self) -> String {
        let license = &self.license;
        let mut digest = DefaultHasher::new();
        (license.policy_id, license.user_id, &license.name).hash(&mut digest);
        (license.expiry.map(Timestamp::micros), &license.expiry_text).hash(&mut digest);
        (&license.suspension_reason, license.transfers).hash(&mut digest);
        (license.max_machines, license.max_uses).hash(&mut digest);
        format!("{:016x}", digest.finish())
    }

    /// Within what its devices' fingerprints are unique.
    pub(crate) fn uniqueness_scope(&self) -> Uuid {
        scope_of(&self.license, &self.policy)
    }
}

/// Within what the fingerprints of a licence's devices are unique.
pub(crate) fn scope_of(license: &licenses::License, policy: &Policy) -> Uuid {
    match policy.rules.machine_uniqueness_strategy {
        MachineUniqueness::PerLicense | MachineUniqueness::Default => license.id,
        MachineUniqueness::PerPolicy => license.policy_id,
        MachineUniqueness::PerProduct => license.product_id,
        MachineUniqueness::PerAccount => license.account_id,
    }
}

/// How a licence is named. `Debug` shows no key.
#[derive(Clone)]
pub enum Named {
    /// By its id.
    Id(Uuid),
    /// By its id, as it was when somebody decided about it: when it was changed since ([`Found::seen`]), no change follows.
    Seen(Uuid, String),
    /// By its key, or any form ever given out for it, as delivered.
    Key(String),
    /// By what it is for, in a product (system A's `client_id`).
    Subject(Uuid, String),
    /// By what it is for, in whichever product has a licence for it.
    Client(String),
    /// By its key or form, or by what it is for: what a person typed.
    Text(String),
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Named({})", self.shown())
    }
}

impl Named {
    /// What a person typed: an id, a key, or what the licence is for.
    pub fn typed(text: &str) -> Self {
        Uuid::try_parse(text).map_or_else(|_| Self::Text(text.to_owned()), Self::Id)
    }

    /// For messages: never a whole key.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Id(id) | Self::Seen(id, _) => id.to_string(),
            Self::Key(key) | Self::Text(key) => hint(key),
            Self::Subject(_, subject) | Self::Client(subject) => subject.clone(),
        }
    }
}

/// The end of a key: enough to tell it from others, too little to use it.
pub(crate) fn hint(key: &str) -> String {
    let characters = key.chars().count();
    let end: String = key.chars().skip(characters.saturating_sub(4)).collect();
    if characters > 8 { format!("…{end}") } else { "…".to_owned() }
}

/// The last four characters of a key, as they are stored.
pub(crate) fn stored_hint(key: &str) -> String {
    let characters = key.chars().count();
    key.chars().skip(characters.saturating_sub(4)).collect()
}

impl Engine {
    /// The look-up digest of a key or form in its one spelling.
    pub(crate) fn digest(&self, key: &str) -> [u8; 32] {
        self.vault.digest(KIND, key)
    }

    /// Finds a licence by its key in the one spelling of its scheme: the key of a licence, then any older form.
    pub(crate) async fn find_key(&self, db: &impl Read, key: &str) -> Result<Option<Found>, EngineError> {
        self.find_digest(db, &self.digest(key)).await
    }

    pub(crate) async fn find_digest(
        &self,
        db: &impl Read,
        digest: &[u8; 32],
    ) -> Result<Option<Found>, EngineError> {
        let account = self.account.id;
        if let Some(found) = licenses::by_digest(db, account, digest).await? {
            return self.with_policy(db, found).await.map(Some);
        }
        match issued::license_by_digest(db, account, digest).await? {
            Some(id) => self.find_id(db, id).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn find_id(&self, db: &impl Read, id: Uuid) -> Result<Option<Found>, EngineError> {
        match licenses::by_id(db, id).await? {
            Some(found) => self.with_policy(db, found).await.map(Some),
            None => Ok(None),
        }
    }

    /// Finds a licence however it is named, with its own features.
    ///
    /// # Errors
    /// When there is none, the text is no licence, or the database cannot be asked.
    pub async fn find(&self, named: &Named) -> Result<Found, EngineError> {
        self.find_in(&self.store, named).await
    }

    /// Whether a signed form with this signature, in bytes, was ever given out for a licence (system A).
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn signature_was_issued(
        &self,
        license: Uuid,
        scheme: Scheme,
        signature: &[u8],
    ) -> Result<bool, EngineError> {
        let digest = self.digest(&signature_text(scheme, signature));
        let whose = issued::license_by_digest(&self.store, self.account.id, &digest).await?;
        Ok(whose == Some(license))
    }

    /// Finds a licence by what it is for. PostgreSQL cannot even ask about a zero character.
    pub(crate) async fn find_subject(
        &self,
        db: &impl Read,
        product: Uuid,
        subject: &str,
    ) -> Result<Option<Found>, EngineError> {
        if subject.contains('\0') {
            return Ok(None);
        }
        match licenses::by_subject(db, product, subject).await? {
            Some(found) => self.with_policy(db, found).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn find_in(&self, db: &impl Read, named: &Named) -> Result<Found, EngineError> {
        let found = match named {
            Named::Id(id) | Named::Seen(id, _) => self.find_id(db, *id).await?,
            Named::Key(key) => self.find_key(db, &canonical(key)?).await?,
            Named::Subject(product, subject) => self.find_subject(db, *product, subject).await?,
            Named::Client(client) => self.find_client(db, client).await?,
            Named::Text(text) => self.find_text(db, text).await?,
        };
        let mut found =
            found.ok_or_else(|| EngineError::NotFound { what: "licence", name: named.shown() })?;
        found.entitlements = entitlements::of_license(db, found.license.id).await?;
        Ok(found)
    }

    /// The one licence for a client, whatever its product.
    async fn find_client(&self, db: &impl Read, client: &str) -> Result<Option<Found>, EngineError> {
        let mut one = None;
        for product in self.catalog().products() {
            if let Some(found) = self.find_subject(db, product.id, client).await?
                && one.replace(found).is_some()
            {
                let wanted = "several products have a licence for it: name the licence's id".to_owned();
                return Err(EngineError::Invalid { field: "licence", wanted });
            }
        }
        Ok(one)
    }

    /// A key goes before a client of the same spelling. What is neither is told of as a key that cannot be read.
    async fn find_text(&self, db: &impl Read, text: &str) -> Result<Option<Found>, EngineError> {
        let spelling = canonical(text);
        if let Ok(key) = &spelling
            && let Some(found) = self.find_key(db, key).await?
        {
            return Ok(Some(found));
        }
        let found = self.find_client(db, text).await?;
        if found.is_none() {
            spelling?;
        }
        Ok(found)
    }

    /// In a transaction: finds a licence, locks it, and reads it and its rules as they are now.
    pub(crate) async fn lock(&self, tx: &Tx<'_>, named: &Named) -> Result<Found, EngineError> {
        let id = self.find_in(tx, named).await?.license.id;
        let gone = || EngineError::NotFound { what: "licence", name: named.shown() };
        let license = licenses::lock(tx, id).await?.ok_or_else(gone)?;
        let mut found = self.find_in(tx, &Named::Id(id)).await?;
        found.license = license;
        if let Named::Seen(_, seen) = named
            && *seen != found.seen()
        {
            return Err(EngineError::Changed("licence"));
        }
        self.refresh_rules(tx, &mut found).await?;
        Ok(found)
    }

    /// Nothing that decides a limit is read from memory: takes the rules as they are stored now.
    pub(crate) async fn refresh_rules(&self, tx: &Tx<'_>, found: &mut Found) -> Result<(), EngineError> {
        let id = found.license.policy_id;
        let stored = policies::rules(tx, id).await?;
        if stored.is_some_and(|rules| rules != found.policy.row.rules) {
            found.policy = self.stored_policy(tx, id).await?;
        }
        Ok(())
    }

    /// Adds the policy. One made by another process a moment ago is not in memory yet.
    pub(crate) async fn with_policy(
        &self,
        db: &impl Read,
        found: licenses::Found,
    ) -> Result<Found, EngineError> {
        let id = found.license.policy_id;
        let known = self.catalog().policy(id).cloned();
        let policy = match known {
            Some(policy) => policy,
            None => self.stored_policy(db, id).await?,
        };
        let licenses::Found {
            license,
            serial,
            removed_at,
            user_external_id,
            user_email,
            user_banned,
            batch_name,
        } = found;
        Ok(Found {
            license,
            serial,
            removed_at,
            policy,
            user_external_id,
            user_email,
            user_banned,
            batch_name,
            entitlements: Vec::new(),
        })
    }

    pub(crate) async fn stored_policy(&self, db: &impl Read, id: Uuid) -> Result<Arc<Policy>, EngineError> {
        let row = policies::by_id(db, id).await?;
        let row = row.ok_or_else(|| EngineError::NotFound { what: "policy", name: id.to_string() })?;
        Ok(Arc::new(Policy::new(row, entitlements::of_policy(db, id).await?)?))
    }
}
