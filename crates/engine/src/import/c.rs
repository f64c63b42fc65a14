//! System C's tables: tiered keys with their customers, and its log of attempts to verify them. Times without a zone are UTC.

use keyward_core::code::Code;
use keyward_core::crypto::KeySet;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::tier::{PREFIX, TierKey, features};
use keyward_store::old::{OldRow, OldTable, OldValue};
use serde_json::Value;

use super::Import;
use super::attempts::OldAttempt;
use super::entry::{Entry, Reads};
use super::read::{Flaw, flag, list, near, needed_text, text, time};
use crate::rules::Rules;
use crate::{Engine, NewUser, Product, seed};

const WRONG: &str = "its seal does not fit the product's secret: the old system answered `Invalid license signature` for it, \
                     and so does this one (`keyward secret set tier`)";

pub(super) struct Tiers {
    secrets: KeySet,
    prefix: String,
}

impl Tiers {
    pub(super) fn new(engine: &Engine, import: &Import, product: &Product) -> Self {
        let mut secrets = engine.catalog().secrets(product.id).cloned().unwrap_or_default();
        secrets.secrets.extend(import.secret.as_ref().map(|secret| crate::keys::prepare(secret)));
        Self { secrets, prefix: product.key_prefix.clone().unwrap_or_else(|| PREFIX.to_owned()) }
    }
}

impl Reads for Tiers {
    fn scheme(&self) -> Scheme {
        Scheme::Tier
    }

    fn table(&self) -> OldTable {
        OldTable {
            name: "licenses",
            order: "id",
            needed: &["license_key", "user_id", "tier", "expires_at"],
            optional: &["id", "email", "created_at", "active", "features", "metadata"],
            beside: None,
        }
    }

    fn entry(&self, row: &OldRow) -> Result<Entry, Flaw> {
        let row = row.fields();
        let text_key = needed_text(row, "license_key")?;
        let wanted = || format!("{}-TIER-SEAL-SECONDS", self.prefix);
        let key = TierKey::parse(&text_key, &self.prefix).map_err(|_| Flaw::new("license_key", wanted()))?;
        let fits = (!self.secrets.secrets.is_empty()).then(|| key.verify(&self.secrets).is_ok());
        let tier = needed_text(row, "tier")?;
        if !tier.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || tier.len() > 64 {
            return Err(Flaw::new("tier", "a tier of letters, digits and `_`"));
        }
        let end = time(row, "expires_at")?.ok_or(Flaw::new("expires_at", "a date and time"))?;
        let user = NewUser {
            external_id: Some(needed_text(row, "user_id")?),
            email: text(row, "email")?,
            name: None,
        };
        let mut entry = Entry {
            user: Some(user),
            expiry: end.expiry(),
            created_at: near(row, "created_at")?,
            features: list(row, "features")?,
            seal_fits: fits,
            ..Entry::new(tier.to_ascii_lowercase(), tier.to_ascii_lowercase())
        };
        // The old system asked for `active = TRUE`: neither false nor nothing is that.
        let is_active = if row.has("active") { flag(row, "active")?.unwrap_or(false) } else { true };
        if !is_active {
            entry.suspended = Some(("suspended", None));
        }
        if fits == Some(false) {
            entry.remarks.push(WRONG);
        }
        metadata(row.get("metadata"), &mut entry)?;
        entry.key = Some(text_key);
        Ok(entry)
    }

    /// An unknown tier has the features of `free`, as in the old system.
    fn policy(&self, code: &str) -> (Rules, Vec<String>) {
        let rules = Rules { floating: true, ..seed::exact() };
        (rules, features(code).iter().map(|code| (*code).to_owned()).collect())
    }

    fn attempts(&self) -> Option<OldTable> {
        Some(OldTable {
            name: "license_verifications",
            order: "id",
            needed: &["license_key", "verified_at"],
            optional: &["id", "ip_address", "origin", "result", "error_message"],
            beside: None,
        })
    }

    fn attempt(&self, row: &OldRow) -> Option<OldAttempt> {
        let row = row.fields();
        let said = text(row, "error_message").ok().flatten();
        let result = text(row, "result").ok().flatten().unwrap_or_default().to_ascii_lowercase();
        let code = match (said.as_deref(), result.as_str()) {
            (Some("Invalid license signature"), _) => Code::BadSignature,
            (Some("License not found"), _) => Code::NotFound,
            (Some("License expired"), _) => Code::Expired,
            (Some("Missing license key"), _) => Code::Malformed,
            (_, "success" | "valid" | "ok" | "true" | "verified") => Code::Valid,
            (_, "expired") => Code::Expired,
            (_, "not_found") => Code::NotFound,
            (_, "invalid" | "invalid_signature") => Code::BadSignature,
            (None, "") => Code::Valid,
            _ => Code::NotFound,
        };
        let cut = |text: String| text.chars().take(200).collect::<String>();
        Some(OldAttempt {
            key: text(row, "license_key").ok().flatten(),
            at: near(row, "verified_at").ok().flatten()?,
            reason: said.filter(|_| code != Code::Valid).map(cut),
            code,
            address: text(row, "ip_address").ok().flatten().map(cut),
            origin: text(row, "origin").ok().flatten().map(cut),
        })
    }
}

/// An object is taken as it is; anything else stands under its own name.
fn metadata(value: &OldValue, entry: &mut Entry) -> Result<(), Flaw> {
    let text = match value {
        OldValue::Null => return Ok(()),
        OldValue::Text(text) => text,
        _ => return Err(Flaw::new("metadata", "JSON")),
    };
    // PostgreSQL cannot store a zero character, spelled out or not.
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) if !text.contains("\\u0000") => entry.metadata.extend(object),
        Ok(Value::Null) => {}
        Ok(value) if !text.contains("\\u0000") => {
            entry.metadata.insert("metadata".to_owned(), value);
        }
        _ => return Err(Flaw::new("metadata", "JSON")),
    }
    Ok(())
}
