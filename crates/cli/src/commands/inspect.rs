//! `keyward inspect`.

use clap::Args;
use keyward_core::claims::Claims;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::{Lk3Key, Seal};
use serde_json::json;

use crate::commands::seat;
use crate::failure::Failure;
use crate::input;
use crate::keys::VerifyingArgs;
use crate::output;
use crate::report::claims_table;

#[derive(Args)]
pub(crate) struct Inspect {
    /// The licence: a key, a file, or `-` for standard input; or what passes between a device without a network and its
    /// vendor: a request, an answer, a receipt, a recovery code
    #[arg(value_name = "LICENSE")]
    license: String,
    /// Only an encrypted `lk3` key needs its secret to be read
    #[command(flatten)]
    keys: VerifyingArgs,
}

impl Inspect {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let text = input::license(&self.license)??;
        if let Some(kind) = seat::Kind::of(&text) {
            return kind.inspect(&text, &self.keys, json);
        }
        let claims = Claims::unverified(&text, &self.keys.read()?)?;
        let sealed = sealed_by(claims.scheme, &text)?;
        if json {
            let object = json!({ "checked": false, "sealedBy": sealed, "license": claims });
            output::print(format_args!("{object:#}\n"))
        } else {
            let mut table = claims_table(&claims);
            table.row("sealed by", sealed);
            table.row("checked", "no: anybody can write this; `keyward verify` checks who did");
            output::print(table)
        }
    }
}

/// What keeps a licence of this form from being altered, in words.
fn sealed_by(scheme: Scheme, text: &str) -> Result<String, Failure> {
    Ok(match scheme {
        Scheme::Record | Scheme::File => "an RSA signature".to_owned(),
        Scheme::Pool => "nothing: its server knows it".to_owned(),
        Scheme::Tier => "64 bits of an HMAC-SHA256".to_owned(),
        Scheme::Lk1 => "16 bits of an HMAC-SHA256, which keep nobody out".to_owned(),
        Scheme::Lk2 => "48 bits of an HMAC-SHA256".to_owned(),
        Scheme::Lk3 => {
            let key = Lk3Key::parse(text)?;
            let seal = match key.seal() {
                Seal::Signature => "an Ed25519 signature",
                Seal::Mac => "128 bits of an HMAC-SHA256",
            };
            let encrypted = if key.is_encrypted() { ", its payload encrypted" } else { "" };
            format!("{seal}, key {}{encrypted}", key.key_id())
        }
    })
}
