//! Products and their policies: made, and changed.

use keyward_core::audit::Entry;
use keyward_core::scheme::tier::PREFIX;
use keyward_core::scheme::{Scheme, lk1};
use keyward_store::policies::{self, Policy as Row};
use keyward_store::{Job, Tx, audit, licenses, products, versions};
use serde_json::{Value, json};

use crate::rules::Rules;
use crate::{Caller, Engine, EngineError, Policy, Product};

/// The longest code and name, in bytes.
const MAX_CODE: usize = 50;
const MAX_NAME: usize = 200;
const SECONDS_PER_DAY: u64 = 86_400;

/// A code as it stands in addresses and commands.
fn check_code(code: &str) -> Result<(), EngineError> {
    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=MAX_CODE).contains(&code.len()) && code.bytes().all(sound) {
        return Ok(());
    }
    let wanted = format!("1 to {MAX_CODE} small letters, digits and hyphens");
    Err(EngineError::Invalid { field: "code", wanted })
}

/// What a policy must be called so that the keys of a scheme can say it.
fn check_tier(scheme: Scheme, code: &str) -> Result<(), EngineError> {
    let wanted = match scheme {
        // The code is the tier that the key says, between hyphens.
        Scheme::Tier if code.contains('-') => "letters and digits: it stands in the key",
        Scheme::Lk1 if !lk1::can_say(code) => "letters and digits, with `-` only as in pro-10",
        _ => return Ok(()),
    };
    Err(EngineError::Invalid { field: "tier", wanted: wanted.to_owned() })
}

/// System B's applications are told the days of a key.
fn check_duration(scheme: Scheme, rules: &Rules) -> Result<(), EngineError> {
    let is_whole = |seconds: u64| seconds > 0 && seconds.is_multiple_of(SECONDS_PER_DAY);
    if scheme == Scheme::Pool && !rules.duration.is_some_and(is_whole) {
        return Err(EngineError::Invalid { field: "duration", wanted: "whole days".to_owned() });
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), EngineError> {
    if !name.trim().is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let wanted = format!("a name of 1 to {MAX_NAME} bytes without control characters");
    Err(EngineError::Invalid { field: "name", wanted })
}

impl Engine {
    /// Makes a product.
    ///
    /// # Errors
    /// `Taken` when there is one of that code, `Invalid` when the code or the name cannot be used, or when the database
    /// refuses.
    pub async fn create_product(&self, caller: &Caller, code: &str, name: &str) -> Result<(), EngineError> {
        check_code(code)?;
        check_name(name)?;
        let product = Product {
            id: self.new_id(),
            account_id: self.account.id,
            code: code.to_owned(),
            name: name.trim().to_owned(),
            key_prefix: None,
            metadata: "{}".to_owned(),
            created_at: self.now(),
        };
        let detail = json!({ "code": code, "name": product.name });
        let resource = ("product", Some(product.id));
        let entry = self.entry(caller, "product.create", resource, &detail, product.created_at);
        self.store.write(CreatingProduct { product, entry }).await?;
        self.reload().await
    }

    /// Makes a policy of a product.
    ///
    /// # Errors
    /// `NotFound` when there is no such product, `Taken` when it has a policy of that code, `Invalid` when the code or the
    /// name cannot be used, or the keys of the scheme cannot say the code (`tier`) or need whole days (`duration`); when the
    /// database refuses.
    pub async fn create_policy(
        &self,
        caller: &Caller,
        product: &str,
        code: &str,
        name: &str,
        scheme: Scheme,
        rules: &Rules,
    ) -> Result<(), EngineError> {
        let product = self.product_named(product)?;
        check_code(code)?;
        check_name(name)?;
        check_tier(scheme, code)?;
        check_duration(scheme, rules)?;
        let now = self.now();
        let row = Row {
            id: self.new_id(),
            account_id: self.account.id,
            product_id: product.id,
            code: code.to_owned(),
            name: name.trim().to_owned(),
            scheme: Some(scheme.as_str().to_owned()),
            rules: rules.to_json(),
            metadata: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let detail = json!({
            "product": product.code, "policy": code, "name": row.name, "scheme": scheme.as_str(),
            "rules": parsed(&row.rules),
        });
        let entry = self.entry(caller, "policy.create", ("policy", Some(row.id)), &detail, now);
        self.store.write(CreatingPolicy { row, entry }).await?;
        self.reload().await
    }

    /// Changes the name and the rules of a policy; `false` when it is no longer as it was when it was looked at. Limits
    /// and what is left after the end hold at once for licences that are checked here; what a key or file says itself
    /// stays as it was issued.
    ///
    /// # Errors
    /// `NotFound` when there is no such policy, `Invalid` when the name cannot be used or its keys need whole days, or when
    /// the database refuses.
    pub async fn change_policy(
        &self,
        caller: &Caller,
        before: &Policy,
        name: &str,
        rules: &Rules,
    ) -> Result<bool, EngineError> {
        check_name(name)?;
        if let Some(scheme) = before.scheme().filter(|_| rules.duration != before.rules.duration) {
            check_duration(scheme, rules)?;
        }
        let (before, name, rules) = (before.row.clone(), name.trim().to_owned(), rules.to_json());
        let detail = json!({
            "policy": before.code, "name": name, "rules": parsed(&rules),
            "before": { "name": before.name, "rules": parsed(&before.rules) },
        });
        let entry = self.entry(caller, "policy.change", ("policy", Some(before.id)), &detail, self.now());
        let done = self.store.write(ChangingPolicy { before, name, rules, entry }).await?;
        self.reload().await?;
        Ok(done)
    }

    /// Sets what the tiered keys of a product begin with. The same again changes nothing.
    ///
    /// # Errors
    /// When keys with another beginning were issued or registered, or the database refuses.
    pub async fn set_key_prefix(
        &self,
        caller: &Caller,
        product: &str,
        prefix: &str,
    ) -> Result<(), EngineError> {
        let product = self
            .catalog()
            .product(product)
            .cloned()
            .ok_or_else(|| EngineError::NotFound { what: "product", name: product.to_owned() })?;
        if product.key_prefix.as_deref().unwrap_or(PREFIX) == prefix {
            return Ok(());
        }
        let detail = json!({ "before": product.key_prefix, "prefix": prefix });
        let entry = self.entry(caller, "product.prefix", ("product", Some(product.id)), &detail, self.now());
        self.store.write(Prefixing { product: (*product).clone(), prefix: prefix.to_owned(), entry }).await?;
        self.reload().await
    }
}

struct Prefixing {
    product: Product,
    prefix: String,
    entry: Entry,
}

impl Job for Prefixing {
    const NAME: &'static str = "product.prefix";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if licenses::any_of_product(tx, self.product.id, "tier").await? {
            let before = self.product.key_prefix.as_deref().unwrap_or(PREFIX);
            let wanted =
                format!("keys of {} begin with {before} already, so it must stay", self.product.code);
            return Err(EngineError::Invalid { field: "prefix", wanted });
        }
        products::set_key_prefix(tx, self.product.id, &self.prefix).await?;
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

fn parsed(rules: &str) -> Value {
    serde_json::from_str(rules).unwrap_or_default()
}

struct CreatingProduct {
    product: Product,
    entry: Entry,
}

impl Job for CreatingProduct {
    const NAME: &'static str = "product.create";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if !products::insert(tx, &self.product).await? {
            return Err(EngineError::Taken { what: "product", name: self.product.code.clone() });
        }
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct CreatingPolicy {
    row: Row,
    entry: Entry,
}

impl Job for CreatingPolicy {
    const NAME: &'static str = "policy.create";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if !policies::insert(tx, &self.row).await? {
            return Err(EngineError::Taken { what: "policy", name: self.row.code.clone() });
        }
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct ChangingPolicy {
    before: Row,
    name: String,
    rules: String,
    entry: Entry,
}

impl Job for ChangingPolicy {
    const NAME: &'static str = "policy.change";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        let (id, at) = (self.before.id, self.entry.at);
        policies::lock(tx, id).await?;
        let row = policies::by_id(tx, id).await?;
        let row = row.ok_or_else(|| EngineError::NotFound { what: "policy", name: id.to_string() })?;
        if row.name != self.before.name || row.rules != self.before.rules {
            return Ok(false);
        }
        policies::set_name(tx, id, &self.name, at).await?;
        policies::set_rules(tx, id, &self.rules, at).await?;
        versions::raise(tx, versions::CATALOG).await?;
        audit::append(tx, &self.entry).await?;
        Ok(true)
    }
}
