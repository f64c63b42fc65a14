//! Customers: found by the vendor's own id or e-mail address, or made.

use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_store::users::{self, User};
use keyward_store::{Job, Read, Tx, audit};
use serde_json::json;
use uuid::Uuid;

use crate::{Caller, Engine, EngineError};

/// The role of those who do not work with the console.
const CUSTOMER: &str = "user";

/// Who a customer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUser {
    /// The vendor's own id (system C's `user_id`).
    pub external_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
}

impl NewUser {
    fn shown(&self) -> String {
        self.external_id.clone().or_else(|| self.email.clone()).unwrap_or_default()
    }
}

impl Engine {
    /// Finds a customer by id or address, or makes him under the id at hand.
    pub(crate) async fn ensure_user(
        &self,
        tx: &Tx<'_>,
        wanted: &NewUser,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Uuid, EngineError> {
        if wanted.external_id.is_none() && wanted.email.is_none() {
            let wanted = "a customer needs an id or an e-mail address".to_owned();
            return Err(EngineError::Invalid { field: "user", wanted });
        }
        if let Some(user) = self.user_in(tx, wanted).await? {
            return Ok(user.id);
        }
        let user = User {
            id,
            account_id: self.account.id,
            external_id: wanted.external_id.clone(),
            email: wanted.email.clone(),
            name: wanted.name.clone(),
            role: CUSTOMER.to_owned(),
            banned_at: None,
            created_at: now,
        };
        if users::insert(tx, &user).await? {
            return Ok(id);
        }
        // The id is new and the address another customer's, or another transaction was faster.
        match self.user_in(tx, &NewUser { email: None, ..wanted.clone() }).await? {
            Some(user) => Ok(user.id),
            None => self.without_address(tx, user).await,
        }
    }

    /// A customer of system C may share his address with another id; the address stays with the first.
    async fn without_address(&self, tx: &Tx<'_>, user: User) -> Result<Uuid, EngineError> {
        let user = User { email: None, ..user };
        if user.external_id.is_some() && users::insert(tx, &user).await? {
            return Ok(user.id);
        }
        Err(EngineError::Taken { what: "user", name: user.external_id.unwrap_or_default() })
    }

    async fn user_in(&self, db: &impl Read, wanted: &NewUser) -> Result<Option<User>, EngineError> {
        let account = self.account.id;
        if let Some(id) = &wanted.external_id {
            return Ok(users::by_external_id(db, account, id).await?);
        }
        match &wanted.email {
            Some(email) => Ok(users::by_email(db, account, email).await?),
            None => Ok(None),
        }
    }

    /// A customer by id or address.
    ///
    /// # Errors
    /// When there is none, or the database cannot be asked.
    pub async fn user(&self, wanted: &NewUser) -> Result<User, EngineError> {
        let user = self.user_in(&self.store, wanted).await?;
        user.ok_or_else(|| EngineError::NotFound { what: "user", name: wanted.shown() })
    }

    /// The newest customers made before the one of a serial, with their serials.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn customers(&self, before: Option<i64>, limit: i64) -> Result<Vec<(i64, User)>, EngineError> {
        let before = before.unwrap_or(i64::MAX);
        Ok(users::customers_before(&self.store, self.account.id, before, limit).await?)
    }

    /// Customers whose own id, address or name begins so: so many at the most.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn customers_like(&self, text: &str, limit: i64) -> Result<Vec<User>, EngineError> {
        // PostgreSQL takes no zero character, and nothing has one.
        if text.contains('\0') {
            return Ok(Vec::new());
        }
        let found = users::customers_like(&self.store, self.account.id, text, limit).await?;
        Ok(found.into_iter().map(|(_, user)| user).collect())
    }

    /// Bans the customer of an id, or lifts the ban. Those who work with the console are no customers: they are locked
    /// out ([`lock_out`](Self::lock_out)).
    ///
    /// # Errors
    /// When there is no such customer, or the database refuses.
    pub async fn ban_customer(&self, caller: &Caller, id: Uuid, banned: bool) -> Result<(), EngineError> {
        let event = if banned { "user.ban" } else { "user.unban" };
        let entry = self.entry(caller, event, ("user", Some(id)), &json!({}), self.now());
        self.store.write(BanningCustomer { account: self.account.id, id, banned, entry }).await
    }

    /// Bans a customer, or lifts the ban: none of his licences runs meanwhile. Those who work with the console are no
    /// customers: they are locked out ([`lock_out`](Self::lock_out)), so that an administrator always stays.
    ///
    /// # Errors
    /// `Invalid` when he works with the console; when there is no such customer, or the database refuses.
    pub async fn ban_user(
        self: &Arc<Self>,
        caller: &Caller,
        user: NewUser,
        banned: bool,
    ) -> Result<(), EngineError> {
        let now = self.now();
        let event = if banned { "user.ban" } else { "user.unban" };
        let entry = self.entry(caller, event, ("user", None), &json!({}), now);
        self.store.write(Banning { engine: Arc::clone(self), user, banned, entry }).await
    }
}

struct Banning {
    engine: Arc<Engine>,
    user: NewUser,
    banned: bool,
    entry: keyward_core::audit::Entry,
}

impl Job for Banning {
    const NAME: &'static str = "user.ban";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let user = self.engine.user_in(tx, &self.user).await?;
        let user = user.ok_or_else(|| EngineError::NotFound { what: "user", name: self.user.shown() })?;
        if user.role != CUSTOMER {
            let wanted = "a customer; whoever works with the console is locked out instead".to_owned();
            return Err(EngineError::Invalid { field: "user", wanted });
        }
        users::set_banned(tx, user.id, self.banned.then_some(self.entry.at)).await?;
        let mut entry = self.entry.clone();
        entry.resource_id = Some(user.id);
        Ok(audit::append(tx, &entry).await?)
    }
}

struct BanningCustomer {
    account: Uuid,
    id: Uuid,
    banned: bool,
    entry: keyward_core::audit::Entry,
}

impl Job for BanningCustomer {
    const NAME: &'static str = "user.ban-customer";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let user = users::by_id(tx, self.id).await?;
        let user = user.filter(|user| user.account_id == self.account && user.role == CUSTOMER);
        let unknown = || EngineError::NotFound { what: "customer", name: self.id.to_string() };
        let user = user.ok_or_else(unknown)?;
        users::set_banned(tx, user.id, self.banned.then_some(self.entry.at)).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
