//! What is said of a licence: its verdict and its claims, as a table or as one object.

use std::collections::BTreeMap;

use keyward_core::claims::{Claims, Expires};
use keyward_core::code::Code;
use keyward_core::scheme::Scheme;
use keyward_core::verdict::{Access, Verdict};
use serde::Serialize;

use crate::output::Table;

/// A verdict with what is known of the licence.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    #[serde(flatten)]
    pub(crate) verdict: &'a Verdict,
    /// `None` when the text is no licence.
    pub(crate) license: Option<&'a Claims>,
}

impl Report<'_> {
    pub(crate) fn table(&self) -> Table {
        let verdict = self.verdict;
        let mut table = Table::default();
        table.row("valid", if verdict.valid { "yes" } else { "no" });
        table.row("code", verdict.code);
        table.optional("reason", verdict.reason);
        table.row("because", &verdict.detail);
        if verdict.code != Code::Valid {
            table.row("help", verdict.remedy);
        }
        let access = match verdict.access {
            Access::Full => "full",
            Access::ReadOnly => "read-only",
            Access::None => "none",
        };
        table.row("access", access);
        if let Some(claims) = self.license {
            claims_rows(claims, &mut table);
        }
        table.optional("days left", verdict.days_left);
        table.optional("grace until", verdict.grace_until.filter(|end| Some(*end) != verdict.expiry));
        for warning in &verdict.warnings {
            table.row("warning", warning);
        }
        table
    }
}

pub(crate) fn claims_table(claims: &Claims) -> Table {
    let mut table = Table::default();
    claims_rows(claims, &mut table);
    table
}

fn claims_rows(claims: &Claims, table: &mut Table) {
    table.row("scheme", claims.scheme);
    table.optional("licence", claims.license_id);
    table.optional("product", claims.product.as_ref());
    table.optional("for", claims.holder.as_ref());
    table.optional("tier", claims.tier.as_ref());
    if claims.trial {
        table.row("trial", "yes");
    }
    if !claims.features.is_empty() {
        table.row("features", claims.features.join(", "));
    }
    table.optional("devices", claims.max_devices);
    for pool in &claims.pools {
        let until = pool.expires.map(|end| format!(", until {end}")).unwrap_or_default();
        table.row("pool", format_args!("{}: {} devices{until}", pool.name, pool.max_devices));
    }
    if !claims.limits.is_empty() {
        table.row("limits", limits(&claims.limits));
    }
    table.optional("device", claims.device.as_ref());
    table.optional("issued", claims.issued);
    table.optional("starts", claims.not_before);
    table.row("expires", expires(claims));
    if claims.grace_days > 0 {
        table.row("grace", format_args!("{} days", claims.grace_days));
    }
}

fn limits(limits: &BTreeMap<String, u64>) -> String {
    limits.iter().map(|(name, most)| format!("{name} {most}")).collect::<Vec<_>>().join(", ")
}

fn expires(claims: &Claims) -> String {
    match claims.expires {
        Expires::Never => "never".to_owned(),
        Expires::NotInKey if let Some(days) = claims.trial_days => {
            format!("{days} days after its first start on a device")
        }
        Expires::NotInKey => "not in the key".to_owned(),
        Expires::At(end) if claims.scheme == Scheme::Lk2 => format!("{end} (it works until that day begins)"),
        Expires::At(end) => end.to_string(),
    }
}
