//! `keyward issue lk2`: with flags, or as system E's own generator, which asks or takes `--batch`.

mod ask;
mod letter;
mod store;

use clap::Args;
use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::scheme::lk1::max_devices;
use keyward_core::time::{Timestamp, parse_date};
use keyward_engine::issue::Lk2Request;
use rand::Rng as _;

use super::stored::{self, InstallationArgs, Keep};
use super::{Beside, deliver};
use crate::bulk::Bulk;
use crate::clock::{self, Now};
use crate::failure::Failure;
use crate::keys::{self, SealingArgs};
use crate::output;

/// What is said wherever this form is chosen.
const WEAK: &str =
    "its seal has 48 bits and the customer holds the secret: fit for old installations; prefer lk3";

#[derive(Args)]
pub(crate) struct Lk2 {
    /// PRO-10, PRO-20, PRO-50, PRO-100, ENTERPRISE, or another with --devices
    #[arg(long, value_name = "TIER", conflicts_with = "batch", value_parser = known_tier)]
    tier: Option<String>,
    /// How many devices [default: those of the tier]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=0x7fff_ffff))]
    devices: Option<u32>,
    /// The company
    #[arg(long, value_name = "NAME", requires = "tier")]
    company: Option<String>,
    /// Works until this day begins, in UTC; perpetual without
    #[arg(long, value_name = "YYYY-MM-DD", requires = "tier", value_parser = day)]
    expires: Option<String>,
    /// Notes for your own records; they are not in the key, and the database keeps them with the licence
    #[arg(long, value_name = "TEXT", requires = "tier")]
    notes: Option<String>,
    /// All answers at once, as the original takes them; the date may be empty. A secret given here shows in process lists
    #[arg(long, num_args = 4..=5, value_names = ["TIER", "COMPANY", "DATE", "NOTES", "SECRET"], conflicts_with = "count")]
    batch: Option<Vec<String>>,
    /// Print the INSERT for the old table, too
    #[arg(long, conflicts_with = "count")]
    sql: bool,
    /// The product in the database [default: dialects.lk.product of the configuration]
    #[arg(long, value_name = "CODE", requires = "tier", help_heading = "Database")]
    product: Option<String>,
    #[command(flatten)]
    installation: InstallationArgs,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    secret: SealingArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

/// What a person decides, from whichever side it came.
struct Order {
    tier: String,
    devices: Option<u32>,
    company: String,
    expires: String,
    notes: String,
}

impl Lk2 {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if self.bulk.count.is_none() {
            self.bulk.must_be_unused()?;
        }
        if let (Some(tier), false) = (&self.tier, self.secret.is_offline()) {
            return self.store(&self.order(tier), json);
        }
        self.keep.must_be_unused()?;
        self.installation.must_be_unused()?;
        if self.product.is_some() {
            return Err(stored::unused("--product"));
        }
        let now = self.now.get();
        if let Some(count) = self.bulk.count {
            let Some(tier) = &self.tier else {
                return Err(Failure::argument(
                    "--count needs all answers",
                    "add --tier, and what else is wanted",
                ));
            };
            let secret = self.secret.read("an lk2 key")?;
            return self.write_many(count.get(), json, tier, &secret, now);
        }
        let (order, secret) = match (&self.batch, &self.tier) {
            (Some(batch), _) => self.batch_order(batch)?,
            (None, Some(tier)) => (self.order(tier), self.secret.read("an lk2 key")?),
            (None, None) => {
                let secret = self.secret.read_optional()?.map_or_else(ask::secret, Ok)?;
                (Order { devices: self.devices, ..ask::order()? }, secret)
            }
        };
        let unique_id = format!("{:08x}", clock::generator().next_u32());
        let (key, payload) = order.request(Some(unique_id))?.issue(&secret, now)?;
        if payload.expires_at().is_some_and(|end| end < now) {
            output::tell("warning: this key has already expired");
        }
        let sql = self.sql.then(|| letter::sql(&key, &payload, &order.notes, &secret, now));
        if self.tier.is_some() || json {
            let letter = Some(letter::customer(&key, &payload));
            let beside = Beside { note: Some(WEAK), letter, sql, ..Beside::default() };
            return deliver(&key, &KeySet::of_secret(secret), now, &beside, json);
        }
        // As the original: all on standard output.
        let sql = sql.map(|sql| format!("\n{sql}\n")).unwrap_or_default();
        output::print(letter::all(&key, &payload, &order.notes) + &sql)?;
        output::tell(format_args!("\nnote: {WEAK}"));
        Ok(())
    }

    fn order(&self, tier: &str) -> Order {
        Order {
            tier: tier.to_owned(),
            devices: self.devices,
            company: self.company.clone().unwrap_or_default(),
            expires: self.expires.clone().unwrap_or_default(),
            notes: self.notes.clone().unwrap_or_default(),
        }
    }

    fn batch_order(&self, batch: &[String]) -> Result<(Order, SharedSecret), Failure> {
        let secret = match (batch.get(4), self.secret.read_optional()?) {
            (Some(text), _) => {
                output::tell(
                    "warning: a secret on the command line shows in process lists; prefer --secret-env",
                );
                keys::prepare(text)?
            }
            (None, Some(secret)) => secret,
            (None, None) => ask::secret()?,
        };
        let order = Order {
            tier: batch[0].clone(),
            devices: self.devices,
            company: batch[1].clone(),
            expires: batch[2].clone(),
            notes: batch[3].clone(),
        };
        Ok((order, secret))
    }

    fn write_many(
        &self,
        count: u64,
        json: bool,
        tier: &str,
        secret: &SharedSecret,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let order = self.order(tier);
        // The id begins with what is random for this run and ends with the number, so no two keys are equal.
        let run = format!("{:016x}", clock::generator().next_u64());
        order.request(Some(run.clone()))?.issue(secret, now)?;
        self.bulk.write(count, json, |number, _| {
            let unique_id = format!("{run}-{number}");
            let (key, _) = order.request(Some(unique_id))?.issue(secret, now)?;
            Ok(vec![
                ("license_key", key),
                ("tier", order.tier.clone()),
                ("company", order.company.clone()),
                ("expires", order.expires.clone()),
            ])
        })
    }
}

impl Order {
    fn request(&self, unique_id: Option<String>) -> Result<Lk2Request, Failure> {
        let known = max_devices(&self.tier).and_then(|devices| u32::try_from(devices).ok());
        let max_devices = self.devices.or(known).ok_or_else(|| {
            Failure::argument(
                format_args!(
                    "the tier {} is not one of PRO-10, PRO-20, PRO-50, PRO-100, ENTERPRISE",
                    self.tier
                ),
                "choose one of them, or say how many devices it has with --devices",
            )
        })?;
        Ok(Lk2Request {
            tier: self.tier.clone(),
            max_devices,
            company: Some(self.company.clone()),
            expires: Some(self.expires.clone()),
            unique_id,
        })
    }
}

/// The tiers of system E whatever the case; any other is taken as it is.
fn known_tier(text: &str) -> Result<String, String> {
    let upper = text.to_ascii_uppercase();
    Ok(if max_devices(&upper).is_some() { upper } else { text.to_owned() })
}

fn day(text: &str) -> Result<String, String> {
    parse_date(text).map(|_| text.to_owned()).ok_or_else(|| "write a date, as 2026-12-31".to_owned())
}
