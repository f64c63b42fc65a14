//! `keyward issue lk2`: with flags, or as system E's own generator, which asks or takes `--batch`.

mod ask;
mod letter;

use clap::Args;
use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::scheme::lk1::max_devices;
use keyward_core::scheme::lk2::Lk2 as Payload;
use keyward_core::time::Timestamp;
use keyward_engine::issue::Lk2Request;
use rand::Rng as _;

use super::deliver;
use crate::bulk::Bulk;
use crate::clock::{self, Now};
use crate::failure::Failure;
use crate::keys::{self, Offline, SecretArgs};

/// What is said wherever this form is chosen.
const WEAK: &str =
    "its seal has 48 bits and the customer holds the secret: fit for old installations; prefer lk3";

#[derive(Args)]
pub(crate) struct Lk2 {
    /// PRO-10, PRO-20, PRO-50, PRO-100, ENTERPRISE, or another with --devices
    #[arg(long, value_name = "TIER", conflicts_with = "batch")]
    tier: Option<String>,
    /// How many devices [default: those of the tier]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=0x7fff_ffff))]
    devices: Option<u32>,
    /// The company
    #[arg(long, value_name = "NAME", default_value = "", conflicts_with = "batch")]
    company: String,
    /// Works until this day begins, in UTC; perpetual without
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "batch")]
    expires: Option<String>,
    /// Notes for your own records; they are not in the key
    #[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "batch")]
    notes: String,
    /// As the original: TIER COMPANY DATE NOTES [SECRET]; DATE may be empty. A secret here shows in process lists
    #[arg(long, num_args = 4..=5, value_names = ["TIER", "COMPANY", "DATE", "NOTES", "SECRET"])]
    batch: Option<Vec<String>>,
    /// Print the INSERT for the old table, too
    #[arg(long)]
    sql: bool,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    offline: Offline,
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
        let now = self.now.get();
        if let Some(batch) = &self.batch {
            let (order, secret) = self.batch_order(batch)?;
            return self.print_letter(&order, &secret, now, json);
        }
        let Some(tier) = &self.tier else {
            let secret = match self.secret.read_optional()? {
                Some(secret) => secret,
                None => ask::secret()?,
            };
            return self.print_letter(&ask::order()?, &secret, now, json);
        };
        let secret = self.secret.read("an lk2 key", self.offline.offline)?;
        let order = Order {
            tier: tier.clone(),
            devices: self.devices,
            company: self.company.clone(),
            expires: self.expires.clone().unwrap_or_default(),
            notes: self.notes.clone(),
        };
        match self.bulk.count {
            Some(count) => self.write_many(count.get(), &order, &secret, now),
            None => {
                let (key, payload) = order.request(None)?.issue(&secret, now)?;
                warn_of_the_past(&payload, now);
                deliver(&key, &KeySet::of_secret(secret.clone()), now, &[WEAK], json)?;
                if self.sql {
                    println!("{}", letter::sql(&key, &payload, &order.notes, &secret, now));
                }
                Ok(())
            }
        }
    }

    fn batch_order(&self, batch: &[String]) -> Result<(Order, SharedSecret), Failure> {
        let secret = match (batch.get(4), self.secret.read_optional()?) {
            (Some(text), _) => {
                eprintln!(
                    "warning: a secret on the command line shows in process lists; prefer --secret-env"
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

    /// Prints all that the original generator prints: the key, read back, the text for the customer.
    fn print_letter(
        &self,
        order: &Order,
        secret: &SharedSecret,
        now: Timestamp,
        json: bool,
    ) -> Result<(), Failure> {
        let (key, payload) = order.request(None)?.issue(secret, now)?;
        warn_of_the_past(&payload, now);
        if json {
            return deliver(&key, &KeySet::of_secret(secret.clone()), now, &[WEAK], true);
        }
        print!("{}", letter::letter(&key, &payload, &order.notes));
        if self.sql {
            println!("\n{}", letter::sql(&key, &payload, &order.notes, secret, now));
        }
        eprintln!("\nnote: {WEAK}");
        Ok(())
    }

    fn write_many(
        &self,
        count: u64,
        order: &Order,
        secret: &SharedSecret,
        now: Timestamp,
    ) -> Result<(), Failure> {
        // The id begins with what is random for this run and ends with the number, so no two keys are equal.
        let run = format!("{:016x}", clock::generator().next_u64());
        order.request(Some(run.clone()))?.issue(secret, now)?;
        self.bulk.write(count, |number, _| {
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

fn warn_of_the_past(payload: &Payload, now: Timestamp) {
    if payload.expires_at().is_some_and(|end| end < now) {
        eprintln!("warning: this key has already expired");
    }
}
