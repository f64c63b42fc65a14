//! A licence in a few rows.

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_engine::license::Found;
use keyward_engine::rules::ExpirationBasis;
use serde_json::{Value, json};

use crate::database::Opened;
use crate::output::{Table, time};

/// An end that is further away is none (system C stores one for `lifetime`).
const NEVER_AFTER_DAYS: i64 = 300_000;

pub(crate) fn rows(opened: &Opened, found: &Found, table: &mut Table) {
    let row = &found.license;
    table.row("licence", row.id);
    table.row("product", product(opened, found));
    table.row("policy", format_args!("{} ({})", found.policy.row.code, found.policy.row.name));
    table.row("scheme", &row.scheme);
    table.optional("key", hint(found));
    table.optional("name", row.name.as_ref());
    table.optional("for", row.subject.as_ref());
    table.optional("customer", customer(found));
    table.optional("batch", found.batch_name.as_ref());
    table.row("state", state(found));
    table.row("expires", expires(found));
    let features = features(found);
    if !features.is_empty() {
        table.row("features", features.join(", "));
    }
}

pub(crate) fn json(opened: &Opened, found: &Found) -> Value {
    let row = &found.license;
    json!({
        "id": row.id.to_string(),
        "product": product(opened, found),
        "policy": found.policy.row.code,
        "policyName": found.policy.row.name,
        "scheme": row.scheme,
        "keyHint": row.key_hint,
        "name": row.name,
        "subject": row.subject,
        "user": found.user_external_id,
        "email": found.user_email,
        "banned": found.user_banned,
        "batch": found.batch_name,
        "suspended": row.suspended_at,
        "suspensionReason": row.suspension_reason,
        "expires": row.expiry,
        "perpetual": is_perpetual(found),
        "firstActivated": row.first_activated_at,
        "lastValidated": row.last_validated_at,
        "devices": row.machines_count,
        "maxDevices": found.policy.rules.machine_limit(row.max_machines),
        "uses": row.uses,
        "maxUses": row.max_uses.or(found.policy.rules.max_uses),
        "transfers": row.transfers,
        "features": features(found),
        "metadata": serde_json::from_str::<Value>(&row.metadata).unwrap_or_default(),
        "created": row.created_at,
        "updated": row.updated_at,
    })
}

/// A licence in a sentence: never its whole key.
pub(crate) fn called(found: &Found) -> String {
    match hint(found) {
        Some(hint) => format!("licence {hint} ({})", found.license.id),
        None => format!("licence {}", found.license.id),
    }
}

pub(crate) fn expires(found: &Found) -> String {
    let row = &found.license;
    let rules = &found.policy.rules;
    match (row.expiry, &row.expiry_text, rules.duration) {
        (Some(_), ..) if is_perpetual(found) => "never".to_owned(),
        (Some(end), ..) => time(end).to_string(),
        (None, Some(text), _) => text.clone(),
        (None, None, Some(seconds)) => {
            let from = match rules.expiration_basis {
                ExpirationBasis::FromFirstActivation => "its first activation",
                ExpirationBasis::FromFirstValidation => "its first validation",
                ExpirationBasis::FromFirstUse => "its first use",
                ExpirationBasis::FromCreation | ExpirationBasis::Default => return "never".to_owned(),
            };
            let days = seconds / 86_400;
            format!("{days} {} after {from}", if days == 1 { "day" } else { "days" })
        }
        (None, None, None) => "never".to_owned(),
    }
}

/// Whether it never ends.
fn is_perpetual(found: &Found) -> bool {
    let row = &found.license;
    match row.expiry {
        Some(end) => {
            let is_far = row.created_at.plus_days(NEVER_AFTER_DAYS) < end;
            is_far && row.scheme == Scheme::Tier.as_str()
        }
        None => {
            let begins_later = found.policy.rules.expiration_basis != ExpirationBasis::FromCreation
                && found.policy.rules.duration.is_some();
            !begins_later && row.expiry_text.is_none()
        }
    }
}

pub(super) fn product(opened: &Opened, found: &Found) -> String {
    let catalog = opened.engine.catalog();
    let product = catalog.product_by_id(found.license.product_id);
    product.map_or_else(|| found.license.product_id.to_string(), |product| product.code.clone())
}

fn hint(found: &Found) -> Option<String> {
    found.license.key_hint.as_ref().map(|hint| format!("…{hint}"))
}

pub(super) fn customer(found: &Found) -> Option<String> {
    let banned = if found.user_banned { " (banned)" } else { "" };
    match (&found.user_external_id, &found.user_email) {
        (Some(id), Some(email)) => Some(format!("{id}, {email}{banned}")),
        (Some(one), None) | (None, Some(one)) => Some(format!("{one}{banned}")),
        (None, None) => None,
    }
}

fn state(found: &Found) -> String {
    let row = &found.license;
    let since = |what: &str, at: Timestamp| format!("{what} since {}", time(at));
    match (row.suspended_at, row.suspension_reason.as_deref()) {
        (Some(at), Some("revoked")) => since("revoked", at),
        (Some(at), Some("auto")) => since("deactivated by its expiry", at),
        (Some(at), _) => since("suspended", at),
        (None, _) => match row.first_activated_at {
            Some(at) => format!("active, used since {}", time(at)),
            None => "active".to_owned(),
        },
    }
}

fn features(found: &Found) -> Vec<String> {
    found.policy.model.entitlements.iter().chain(&found.entitlements).cloned().collect()
}
