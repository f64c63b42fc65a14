//! Verifying beside the database: what it decides, and what the form says where nobody asks it.

use keyward_core::code::Code;
use keyward_core::crypto::{KeySet, PublicKey};
use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::verdict::{self, DeviceContext, Verdict};
use keyward_engine::crypto::AwsLc;
use serde_json::json;

use super::Verify;
use crate::commands::license::summary;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Table};
use crate::report::Report;

/// The public keys that the database has for a product.
pub(super) fn public_keys(database: &DatabaseArgs, product: &str) -> Result<KeySet, Failure> {
    database.read(None, async |opened: &Opened| {
        let mut keys = KeySet::default();
        for key in opened.engine.list_keys().await? {
            let counts = key.algorithm == "ed25519" && key.state != "retired";
            if counts && key.product.as_deref().is_none_or(|of| of == product) {
                let pem = opened.engine.public_key(key.id).await?;
                keys.public.extend(PublicKey::from_pem(&pem, &AwsLc));
            }
        }
        Ok(keys)
    })
}

pub(super) fn run(
    verify: &Verify,
    context: &DeviceContext<'_>,
    text: &str,
    json: bool,
) -> Result<bool, Failure> {
    verify.database.read(verify.now.given(), async |opened: &Opened| {
        let examined = opened.engine.examine(text).await?;
        let retired = examined.made_with.as_ref().is_some_and(|maker| maker.state == "retired");
        let sealed = examined.made_with.is_some() && !retired;
        if examined.found.is_none() && !sealed && examined.tried == 0 {
            // Neither the licence nor a key of its kind is here.
            return Err(match verify.claims(examined.scheme, text)? {
                Err(refusal) => refusal.into(),
                Ok(_) => Failure::from(Refusal::BadSignature),
            });
        }
        let offline = match (&examined.claims, sealed) {
            (Ok(claims), true) => verdict::device(claims, context, verify.now.get()),
            (Ok(_), false) => Verdict::from(Refusal::BadSignature),
            (Err(refusal), _) => Verdict::from(refusal.clone()),
        };
        let claims = examined.claims.as_ref().ok().filter(|_| sealed);
        let report = Report { verdict: &offline, license: claims };
        let seal_only = examined.scheme == Scheme::Pool;
        // The database decides, but on what was asked of the form itself.
        let asked =
            [Code::WrongDevice, Code::ProductScopeMismatch, Code::EntitlementsMissing, Code::ClockTampered];
        let online = examined.verdict.as_ref();
        let valid = online.map_or(offline.valid, |online| online.valid && !asked.contains(&offline.code));
        let found = examined.found.as_ref();
        if json {
            let mut object = serde_json::to_value(&report).unwrap_or_default();
            object["valid"] = json!(valid);
            object["offline"] = json!(offline);
            object["online"] = json!(online);
            object["registered"] = json!(found.map(|found| summary::json(opened, found)));
            object["superseded"] = json!(examined.superseded_at);
            output::json(&object)?;
            return Ok(valid);
        }
        let mut table = Table::default();
        match (found, online) {
            (Some(found), Some(online)) => {
                table.row("database", format_args!("{}: {}", online.code, online.detail));
                table.row("licence", found.license.id);
                table.optional("for", found.license.name.as_ref().or(found.license.subject.as_ref()));
                table.row("expires", summary::expires(found));
                table.optional("replaced", examined.superseded_at.map(output::time));
            }
            _ => table.row("database", "does not know it; what it says itself:"),
        }
        output::print(table)?;
        if seal_only {
            Ok(valid)
        } else {
            output::print(format_args!("\noffline\n{}", report.table())).map(|()| valid)
        }
    })
}
