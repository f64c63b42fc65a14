//! `keyward verify`: with a key of one's own, or beside the database.

mod stored;

use clap::Args;
use keyward_core::claims::Claims;
use keyward_core::device::parse_last_seen;
use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::seat::SignedSeat;
use keyward_core::verdict::{self, DeviceContext, Verdict};

use crate::clock::Now;
use crate::database::DatabaseArgs;
use crate::failure::Failure;
use crate::input;
use crate::keys::VerifyingArgs;
use crate::output;
use crate::report::Report;

#[derive(Args)]
pub(crate) struct Verify {
    /// The licence: a key, a file, the vendor's answer to an offline request, or `-` for standard input
    #[arg(value_name = "LICENSE")]
    license: String,
    #[command(flatten)]
    keys: VerifyingArgs,
    /// The id of the device it is to run on; without it the device is not compared
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// The product it is to run; without it the product is not compared
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// A feature it must include; may be repeated
    #[arg(long, value_name = "CODE")]
    feature: Vec<String>,
    /// When the application ran last, to notice a clock that was turned back: the content of `.last_seen`,
    /// milliseconds since 1970; anything else means never
    #[arg(long, value_name = "MILLIS")]
    last_seen: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Verify {
    /// Prints the verdict and says whether it is a yes.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let context = DeviceContext {
            product: self.product.as_deref(),
            features: &self.feature,
            device: self.device.as_deref(),
            last_seen: self.last_seen.as_deref().and_then(parse_last_seen),
            tolerance: None,
            revoked: false,
        };
        let text = input::license(&self.license)?;
        if let Ok(text) = &text
            && text.trim_start().starts_with("KA-")
        {
            return self.seat(text, &context, json);
        }
        let text = text.and_then(|text| Ok((Scheme::of(&text)?, text)));
        // Without a key of one's own the database is asked, where there is one.
        if let (Ok((_, text)), false) = (&text, self.keys.is_given())
            && self.database.exists()?
        {
            return stored::run(self, &context, text, json);
        }
        let (verdict, claims) = match text {
            Err(refusal) => (refusal.into(), None),
            Ok((scheme, text)) => match self.claims(scheme, &text)? {
                Err(refusal) => (Verdict::from(refusal), None),
                Ok(claims) => (verdict::device(&claims, &context, self.now.get()), Some(claims)),
            },
        };
        answer(&verdict, claims.as_ref(), json)
    }

    /// The vendor's answer to an offline request. Without a key of one's own the database's are tried.
    fn seat(&self, text: &str, context: &DeviceContext<'_>, json: bool) -> Result<bool, Failure> {
        let now = self.now.get();
        let seat = match SignedSeat::parse(text) {
            Err(refusal) => Err(refusal),
            Ok(signed) if self.keys.is_given() => signed.verify(&self.keys.read()?),
            Ok(signed) if self.database.exists()? => {
                let keys = stored::public_keys(&self.database, &signed.unverified().product)?;
                signed.verify(&keys)
            }
            Ok(_) => {
                let wanted = "--key FILE (the Ed25519 public key)";
                return Err(no_key("an answer to an offline request", wanted));
            }
        };
        let (verdict, claims) = match seat {
            Err(refusal) => (Verdict::from(refusal), None),
            Ok(seat) => {
                let lease = seat.lease_until;
                let claims = Claims::from(seat);
                (verdict::leased(verdict::device(&claims, context, now), lease, now), Some(claims))
            }
        };
        answer(&verdict, claims.as_ref(), json)
    }

    fn claims(&self, scheme: Scheme, text: &str) -> Result<Result<Claims, Refusal>, Failure> {
        if scheme == Scheme::Pool {
            return Err(pool(text));
        }
        if !self.keys.is_given() {
            let wanted = match scheme {
                Scheme::Record | Scheme::File => "--key FILE (the RSA public key)",
                Scheme::Lk3 => {
                    "--key FILE (the Ed25519 public key), or --secret-env NAME for one sealed by a MAC"
                }
                Scheme::Pool | Scheme::Tier | Scheme::Lk1 | Scheme::Lk2 => {
                    "--secret-env NAME or --secret-file FILE"
                }
            };
            return Err(no_key(&format!("a licence of the form `{scheme}`"), wanted));
        }
        Ok(Claims::verified(text, &self.keys.read()?))
    }
}

fn answer(verdict: &Verdict, claims: Option<&Claims>, json: bool) -> Result<bool, Failure> {
    let report = Report { verdict, license: claims };
    if json {
        let json = serde_json::to_string_pretty(&report).expect("a report can be written as JSON");
        output::print(json + "\n")?;
    } else {
        output::print(report.table())?;
    }
    Ok(verdict.valid)
}

fn no_key(what: &str, wanted: &str) -> Failure {
    Failure::new(
        "NO_KEY",
        format_args!("this is {what}, and nothing was given to check it with"),
        format_args!("give {wanted}; `keyward inspect` shows what it says without checking it"),
    )
}

/// A pool key carries nothing to check.
fn pool(text: &str) -> Failure {
    let check = match PoolKey::parse(text) {
        Ok(key) if key.has_check_character() => "its check character is right",
        _ => "it has no check character, or a typing error",
    };
    Failure::new(
        "NO_SERVER",
        format_args!(
            "this has the form of a pool key ({check}); whether it may be used is known only to its server"
        ),
        "ask the server that keeps the pool: GET /api/validate/{key}; beside its database: `keyward license show`",
    )
}
