//! The features that there are: listed, made, renamed, and removed when nothing has them.

use keyward_core::audit::Entry;
use keyward_store::entitlements::{self, Entitlement};
use keyward_store::{Job, StoreError, Tx, audit};
use serde_json::json;
use uuid::Uuid;

use crate::{Caller, Engine, EngineError};

/// A feature of a list, and whether a licence has it as its own.
pub type Feature = entitlements::Listed;

/// The longest code and name, in bytes.
const MAX_CODE: usize = 100;
const MAX_NAME: usize = 200;

/// A code as applications ask for it.
///
/// # Errors
/// `Invalid` when it is none.
pub fn check_feature_code(code: &str) -> Result<(), EngineError> {
    let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if (1..=MAX_CODE).contains(&code.len()) && code.bytes().all(sound) {
        return Ok(());
    }
    let wanted = format!("1 to {MAX_CODE} letters, digits, hyphens, dots and underscores");
    Err(EngineError::Invalid { field: "code", wanted })
}

fn check_name(name: &str) -> Result<(), EngineError> {
    if !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let wanted = format!("a name of 1 to {MAX_NAME} bytes without control characters");
    Err(EngineError::Invalid { field: "name", wanted })
}

impl Engine {
    /// The features whose codes come after this one, in the order of their codes: so many at the most.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn features_after(&self, code: &str, limit: i64) -> Result<Vec<Feature>, EngineError> {
        // PostgreSQL takes no zero character, and no code has one.
        let code = code.replace('\0', "");
        Ok(entitlements::after(&self.store, self.account.id, &code, limit).await?)
    }

    /// Makes a feature that nothing has yet. Without a name it is called as its code says.
    ///
    /// # Errors
    /// `Taken` when there is one of that code, `Invalid` when the code or the name cannot be used, or when the database
    /// refuses.
    pub async fn create_feature(&self, caller: &Caller, code: &str, name: &str) -> Result<(), EngineError> {
        check_feature_code(code)?;
        let name = if name.trim().is_empty() { code.replace('_', " ") } else { name.trim().to_owned() };
        check_name(&name)?;
        let now = self.now();
        let feature = Entitlement {
            id: self.new_id(),
            account_id: self.account.id,
            code: code.to_owned(),
            name,
            created_at: now,
        };
        let detail = json!({ "code": code, "name": feature.name });
        let resource = ("entitlement", Some(feature.id));
        let entry = self.entry(caller, "entitlement.create", resource, &detail, now);
        self.store.write(Creating { feature, entry }).await
    }

    /// Calls a feature otherwise; its code stays.
    ///
    /// # Errors
    /// `Changed` when it is not called as it was when it was looked at, `Invalid` when the name cannot be used, or when the
    /// database refuses.
    pub async fn rename_feature(
        &self,
        caller: &Caller,
        id: Uuid,
        before: &str,
        name: &str,
    ) -> Result<(), EngineError> {
        check_name(name.trim())?;
        let (before, name) = (before.replace('\0', ""), name.trim().to_owned());
        let detail = json!({ "before": before, "name": name });
        let entry = self.entry(caller, "entitlement.rename", ("entitlement", Some(id)), &detail, self.now());
        self.store.write(Renaming { account: self.account.id, id, before, name, entry }).await
    }

    /// Removes a feature that no policy and no licence has; `false` when one has it.
    ///
    /// # Errors
    /// `NotFound` when there is no such feature, or when the database refuses.
    pub async fn delete_feature(&self, caller: &Caller, id: Uuid) -> Result<bool, EngineError> {
        let entry =
            self.entry(caller, "entitlement.delete", ("entitlement", Some(id)), &json!({}), self.now());
        match self.store.write(Deleting { account: self.account.id, id, entry }).await {
            // A policy or a licence gets it at this moment.
            Err(EngineError::Store(StoreError::Conflict { .. })) => Ok(false),
            other => other,
        }
    }
}

struct Creating {
    feature: Entitlement,
    entry: Entry,
}

impl Job for Creating {
    const NAME: &'static str = "entitlement.create";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if !entitlements::insert(tx, &self.feature).await? {
            return Err(EngineError::Taken { what: "entitlement", name: self.feature.code.clone() });
        }
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Renaming {
    account: Uuid,
    id: Uuid,
    before: String,
    name: String,
    entry: Entry,
}

impl Job for Renaming {
    const NAME: &'static str = "entitlement.rename";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        code_of(tx, self.account, self.id).await?;
        if !entitlements::rename(tx, self.account, self.id, &self.before, &self.name).await? {
            return Err(EngineError::Changed("entitlement"));
        }
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Deleting {
    account: Uuid,
    id: Uuid,
    entry: Entry,
}

impl Job for Deleting {
    const NAME: &'static str = "entitlement.delete";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        let code = code_of(tx, self.account, self.id).await?;
        if !entitlements::delete_unused(tx, self.account, self.id).await? {
            return Ok(false);
        }
        let mut entry = self.entry.clone();
        entry.detail = json!({ "code": code }).to_string();
        audit::append(tx, &entry).await?;
        Ok(true)
    }
}

async fn code_of(tx: &Tx<'_>, account: Uuid, id: Uuid) -> Result<String, EngineError> {
    let code = entitlements::code(tx, account, id).await?;
    code.ok_or_else(|| EngineError::NotFound { what: "entitlement", name: id.to_string() })
}
