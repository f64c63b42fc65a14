//! `keyward keys check`: the rehearsal of a move. Does what was taken in verify an old licence?

use clap::Args;
use keyward_core::claims::Claims;
use keyward_core::code::Code;
use keyward_core::scheme::Scheme;
use keyward_core::verdict::{self, DeviceContext, Status, Verdict};
use keyward_engine::license::{Examined, Maker};
use serde_json::{Value, json};

use crate::clock::Now;
use crate::commands::license::summary;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::report::claims_table;
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Check {
    /// The old licence: its text, its file, or `-` for standard input
    #[arg(value_name = "LICENSE")]
    license: String,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Check {
    /// Says whether a key or secret fits; of a pool key, whether it is registered.
    pub(super) fn run(&self, json: bool) -> Result<bool, Failure> {
        let text = input::license(&self.license)??;
        self.database.read(self.now.given(), async |opened: &Opened| {
            let examined = opened.engine.examine(&text).await?;
            let verifies = verifies(&examined);
            let answer = answer(&examined, self.now.get());
            let help = (!verifies).then(|| help(&examined));
            if json {
                output::json(&json!({
                    "verifies": verifies,
                    "scheme": examined.scheme,
                    "madeWith": examined.made_with.as_ref().map(maker_json),
                    "tried": examined.tried,
                    "license": examined.claims.as_ref().ok(),
                    "registered": examined.found.as_ref().map(|found| summary::json(opened, found)),
                    "superseded": examined.superseded_at,
                    "verdict": examined.verdict,
                    "answer": answer,
                    "help": help,
                }))?;
                return Ok(verifies);
            }
            let mut table = output::Table::default();
            table.row("verifies", if verifies { "yes" } else { "no" });
            table.row("scheme", examined.scheme);
            table.row("made with", made_with(&examined));
            table.optional("help", help);
            table.row("registered", registered(&examined));
            table.row("answered now", answer);
            output::print(table)?;
            match &examined.claims {
                Ok(claims) => output::print(format_args!("\nwhat it says:\n{}", claims_table(claims)))?,
                Err(refusal) => output::print(format_args!("\nit cannot be read: {refusal}\n"))?,
            }
            Ok(verifies)
        })
    }
}

/// A pool key has no seal: being known is all there is.
fn verifies(examined: &Examined) -> bool {
    match examined.scheme {
        Scheme::Pool => examined.found.is_some(),
        _ => examined.made_with.is_some() && examined.claims.is_ok(),
    }
}

fn whose(maker: &Maker) -> String {
    match (&maker.installation, &maker.product) {
        (Some(name), _) => format!("installation {name}"),
        (None, Some(code)) => format!("product {code}"),
        (None, None) => "the account".to_owned(),
    }
}

fn made_with(examined: &Examined) -> String {
    let tried = examined.tried;
    match &examined.made_with {
        _ if examined.scheme == Scheme::Pool => "no key: a pool key carries no seal".to_owned(),
        None => format!("none of the {tried} keys or secrets of its kind that are here"),
        Some(maker) => {
            let what = if maker.key_id.is_some() { "key" } else { "secret" };
            let hint = maker.key_id.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let state = maker.state.replace('_', "-");
            format!("the {what} {}{hint} of {}, {state}", maker.id, whose(maker))
        }
    }
}

fn maker_json(maker: &Maker) -> Value {
    json!({
        "id": maker.id.to_string(), "keyId": maker.key_id, "product": maker.product,
        "installation": maker.installation, "state": maker.state,
    })
}

fn registered(examined: &Examined) -> String {
    match (&examined.found, examined.superseded_at) {
        (None, _) => match examined.scheme {
            Scheme::Pool => "no".to_owned(),
            scheme => {
                format!("no: `keyward register {scheme}` takes it in, `keyward import` a whole database")
            }
        },
        (Some(found), None) => format!("yes, licence {}", found.license.id),
        (Some(found), Some(at)) => {
            format!(
                "yes, licence {}, and a newer form took its place on {}",
                found.license.id,
                output::time(at)
            )
        }
    }
}

/// What to take in when nothing fits.
fn help(examined: &Examined) -> String {
    let product = examined.claims.as_ref().ok().and_then(|claims: &Claims| claims.product.clone());
    match examined.scheme {
        Scheme::Record => {
            "take in the key that signed it: `keyward keys import FILE --product records`".to_owned()
        }
        Scheme::File => {
            let product = product.unwrap_or_else(|| "NAME".to_owned());
            format!("take in the key that signed it: `keyward keys import FILE --product \"{product}\" --files`")
        }
        Scheme::Tier => "set the master key that it was made with: `keyward secret set tier --secret-env NAME`".to_owned(),
        Scheme::Lk1 | Scheme::Lk2 => {
            "set the installation key that it was made with: `keyward secret set lk --secret-env NAME`".to_owned()
        }
        Scheme::Lk3 => "take in the key that signed it with `keyward keys import FILE`, or set the secret that it is sealed \
                        under with `keyward secret set lk --secret-env NAME`"
            .to_owned(),
        Scheme::Pool => "take it in: `keyward register pool`, or the whole old pool with `keyward import B`".to_owned(),
    }
}

/// What its interface would answer now, in that interface's own words where it has them.
fn answer(examined: &Examined, now: keyward_core::time::Timestamp) -> String {
    if examined.scheme == Scheme::File {
        // System D asks no server: the file itself decides.
        let offline = match (&examined.claims, &examined.made_with) {
            (Ok(claims), Some(_)) => verdict::device(claims, &DeviceContext::default(), now).status(),
            _ => Status::Invalid,
        };
        return format!("{} (offline, on its own device)", offline.as_str());
    }
    let sealed = examined.scheme == Scheme::Pool || examined.made_with.is_some();
    let verdict = examined.verdict.as_ref();
    match examined.scheme {
        Scheme::Record => record(verdict).to_owned(),
        Scheme::Tier if !sealed => "401 Invalid license signature".to_owned(),
        Scheme::Tier => tier(verdict).to_owned(),
        _ => match verdict {
            None if !sealed => Code::BadSignature.to_string(),
            None => Code::NotFound.to_string(),
            Some(verdict) => format!("{}: {}", verdict.code, verdict.detail),
        },
    }
}

/// System A, `POST /validate_license`.
fn record(verdict: Option<&Verdict>) -> &'static str {
    match verdict {
        None => "error: License not found.",
        Some(verdict) if verdict.valid => "success: License is valid.",
        Some(verdict) => match verdict.code {
            Code::Revoked | Code::Suspended => "error: License is revoked.",
            Code::Expired => "error: License has expired.",
            _ => "error: License not found.",
        },
    }
}

/// System C, `POST /api/verify`.
fn tier(verdict: Option<&Verdict>) -> &'static str {
    match verdict {
        Some(verdict) if verdict.valid => "200 valid",
        Some(verdict) if verdict.code == Code::Expired => "401 License expired",
        _ => "401 License not found",
    }
}
