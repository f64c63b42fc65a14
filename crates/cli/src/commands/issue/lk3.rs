//! `keyward issue lk3`.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use keyward_core::calendar::add_days;
use keyward_core::crypto::KeySet;
use keyward_core::scheme::lk3::{DevicePool, Lk3 as Payload, Seal};
use keyward_core::time::Timestamp;
use keyward_engine::form::NewForm;
use keyward_engine::issue::{Lk3Ids, Lk3Sealer};
use uuid::Uuid;

use super::stored::{self, InstallationArgs, Keep};
use super::{Beside, deliver};
use crate::bulk::Bulk;
use crate::clock::{self, Now, instant};
use crate::database::Opened;
use crate::failure::Failure;
use crate::keys::{SecretArgs, SigningArgs};
use crate::output;

#[derive(Args)]
pub(crate) struct Lk3 {
    /// The code of the product [default, in a database: dialects.lk.product of the configuration]
    #[arg(long, value_name = "CODE", value_parser = NonEmptyStringValueParser::new())]
    product: Option<String>,
    /// The tier
    #[arg(long, value_name = "NAME", default_value = "")]
    tier: String,
    /// How many devices; without it there is no limit, or in a database that of the policy
    #[arg(long, value_name = "N")]
    devices: Option<u64>,
    /// The company
    #[arg(long, value_name = "NAME", default_value = "")]
    company: String,
    /// Your own id of the customer
    #[arg(long, value_name = "ID", default_value = "")]
    customer: String,
    /// The last instant at which it is valid: a date (00:00 UTC) or RFC 3339; perpetual without
    #[arg(long, value_name = "TIME", value_parser = instant)]
    expires: Option<Timestamp>,
    /// Valid for so many days of 24 hours from now
    #[arg(long, value_name = "N", conflicts_with = "expires", value_parser = clap::value_parser!(i64).range(1..))]
    days: Option<i64>,
    /// The first instant at which it is valid
    #[arg(long, value_name = "TIME", value_parser = instant)]
    not_before: Option<Timestamp>,
    /// Days after expiry in which everything still works
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    grace: u64,
    /// A feature; may be repeated
    #[arg(long, value_name = "CODE")]
    feature: Vec<String>,
    /// A limit, as api_calls=1000; may be repeated
    #[arg(long, value_name = "NAME=N", value_parser = limit)]
    limit: Vec<(String, u64)>,
    /// A device pool, as floor=5 or floor=5@2026-12-31; may be repeated
    #[arg(long, value_name = "NAME=N[@TIME]", value_parser = pool)]
    pool: Vec<DevicePool>,
    /// The only device it is for
    #[arg(long, value_name = "ID", default_value = "")]
    device: String,
    /// It is a trial
    #[arg(long)]
    trial: bool,
    /// A trial that each device counts for itself: so many days of 24 hours from its first start there
    #[arg(long, value_name = "N", requires = "trial", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    trial_days: Option<u64>,
    /// Encrypt what it says under the secret
    #[arg(long, help_heading = "Keys")]
    encrypt: bool,
    /// Seal it under the database's secret by a MAC instead of signing it: shorter, but whoever can check it can make others
    #[arg(long, help_heading = "Database")]
    mac: bool,
    #[command(flatten)]
    installation: InstallationArgs,
    #[command(flatten)]
    keep: Keep,
    /// The id of the licence, instead of a new one
    #[arg(long, value_name = "UUID", value_parser = uuid, conflicts_with = "count")]
    license_id: Option<Uuid>,
    #[command(flatten)]
    key: SigningArgs,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

impl Lk3 {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self.bulk.count {
            Some(count) if u32::try_from(count.get()).is_err() => {
                return Err(Failure::new("TOO_MANY", "at most 4294967295 lk3 keys at once", "ask for fewer"));
            }
            Some(_) => {}
            None => self.bulk.must_be_unused()?,
        }
        if !self.key.is_offline() && !self.secret.is_given() {
            return self.store(json);
        }
        self.keep.must_be_unused()?;
        self.installation.must_be_unused()?;
        if self.mac {
            return Err(Failure::argument(
                "--mac is for the database's secret",
                "leave it out: with a secret of its own and without --key a key is sealed by a MAC",
            ));
        }
        let Some(product) = &self.product else {
            return Err(Failure::argument("a key names its product", "add --product CODE"));
        };
        let now = self.now.get();
        let mut payload = self.payload(product, now)?;
        let secret = self.secret.read_optional()?;
        if self.encrypt && secret.is_none() {
            return Err(Failure::new(
                "NO_KEY",
                "--encrypt needs a secret",
                "give --secret-file or --secret-env",
            ));
        }
        if secret.is_some() && self.key.is_given() && !self.encrypt {
            return Err(Failure::argument(
                "a key is signed with --key or sealed under the secret, not both",
                "add --encrypt to encrypt the signed key under the secret, or leave one of them out",
            ));
        }
        if secret.is_some() && !self.key.is_given() && self.license_id.is_some() {
            return Err(Failure::argument(
                "a key sealed under a secret carries no licence id",
                "leave out --license-id, or sign with --key",
            ));
        }
        let key = match (&secret, self.key.is_given()) {
            (Some(_), false) => None,
            _ => Some(self.key.read("an lk3 key")?),
        };
        let sealer = match (&key, &secret) {
            (Some(key), secret) => Lk3Sealer::Signature(key, secret.as_ref().filter(|_| self.encrypt)),
            (None, Some(secret)) => Lk3Sealer::Mac(secret, self.encrypt),
            (None, None) => unreachable!("without a secret the key is read, or refused"),
        };
        let mut rng = clock::generator();
        let ids = Lk3Ids::new(now, &mut rng);
        if let Some(count) = self.bulk.count {
            return self.bulk.write(count.get(), json, |number, rng| {
                let mut payload = payload.clone();
                sealer.number(&mut payload, &ids, number);
                let key = sealer.issue(&payload, rng)?;
                let id = payload.license_id.map(|id| id.to_string()).unwrap_or_default();
                Ok(vec![("license_key", key), ("license_id", id)])
            });
        }
        warn_of_end(&payload, now);
        if key.is_none() {
            sealer.number(&mut payload, &ids, 0);
        } else {
            payload.license_id.get_or_insert_with(|| ids.license_id(0));
        }
        let license = sealer.issue(&payload, &mut rng)?;
        let mut keys = KeySet::default();
        keys.public.extend(key.as_ref().map(|key| key.public().clone()));
        keys.secrets.extend(secret.clone());
        keys.accepts_lk3_macs = key.is_none();
        deliver(&license, &keys, now, &Beside::default(), json)
    }

    /// Issues with the database's key or secret, and keeps the licence there.
    fn store(&self, json: bool) -> Result<(), Failure> {
        if self.license_id.is_some() {
            return Err(Failure::argument(
                "a database gives a licence its id",
                "leave out --license-id, or give a key and store nothing",
            ));
        }
        let seal = if self.mac { Seal::Mac } else { Seal::Signature };
        let now = self.now.get();
        self.keep.database.change(self.now.given(), async |opened: &Opened| {
            let product = self.product.as_deref().unwrap_or(&opened.config.dialects.lk.product);
            let payload = self.payload(product, now)?;
            let form = || NewForm::Lk3 {
                order: self.installation.of(self.keep.order(product)),
                request: Box::new(payload.clone()),
                seal,
                encrypted: self.encrypt,
            };
            let Some(count) = self.bulk.count else {
                warn_of_end(&payload, now);
                let issued = stored::issue(opened, form()).await?;
                return stored::hand_over(opened, &issued, now, Beside::default(), json).await;
            };
            stored::many(&self.bulk, count.get(), json, async |_| {
                let issued = stored::issue(opened, form()).await?;
                Ok(vec![("license_key", issued.key), ("license_id", issued.id.to_string())])
            })
            .await
        })
    }

    fn payload(&self, product: &str, now: Timestamp) -> Result<Payload, Failure> {
        let seconds = |time: Option<Timestamp>, what: &str| match time.map(|t| u64::try_from(t.seconds())) {
            None => Ok(None),
            Some(Ok(seconds)) => Ok(Some(seconds)),
            Some(Err(_)) => {
                Err(Failure::argument(format_args!("{what} lies before 1970"), "choose a later time"))
            }
        };
        let expires = match self.days {
            Some(days) => Some(add_days(now, days).map_err(keyward_engine::issue::IssueError::from)?),
            None => self.expires,
        };
        if let (Some(start), Some(end)) = (self.not_before, expires)
            && start > end
        {
            return Err(Failure::argument(
                "the licence would end before it starts",
                "choose a later --expires, or an earlier --not-before",
            ));
        }
        let names: BTreeMap<_, _> = self.limit.iter().cloned().collect();
        if names.len() != self.limit.len() {
            return Err(Failure::argument("a limit is given twice", "give each limit once"));
        }
        Ok(Payload {
            license_id: self.license_id,
            product: product.to_owned(),
            tier: self.tier.clone(),
            max_devices: self.devices,
            company: self.company.clone(),
            issued_day: u64::try_from(now.days())
                .map_err(|_| Failure::argument("the present lies before 1970", "set the clock, or --now"))?,
            expires: seconds(expires, "the end")?,
            features: self.feature.clone(),
            limits: names,
            pools: self.pool.clone(),
            grace_days: self.grace,
            trial: self.trial,
            not_before: seconds(self.not_before, "the start")?,
            customer_id: self.customer.clone(),
            device_id: self.device.clone(),
            serial: None,
            trial_days: self.trial_days,
        })
    }
}

fn warn_of_end(payload: &Payload, now: Timestamp) {
    if payload.expires_at().is_some_and(|end| end < now) {
        output::tell("warning: this key has already expired");
    }
}

fn uuid(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|error| error.to_string())
}

fn limit(text: &str) -> Result<(String, u64), String> {
    let wrong = || "write a name and a number: api_calls=1000".to_owned();
    let (name, number) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
    Ok((name.to_owned(), number.parse().map_err(|_| wrong())?))
}

fn pool(text: &str) -> Result<DevicePool, String> {
    let wrong = || "write a name, a number and perhaps an end: floor=5, floor=5@2026-12-31".to_owned();
    let (text, end) = match text.split_once('@') {
        None => (text, None),
        Some((text, end)) => (text, Some(instant(end)?)),
    };
    let (name, max_devices) = limit(text).map_err(|_| wrong())?;
    let expires = end.map(|end| u64::try_from(end.seconds()).map_err(|_| wrong())).transpose()?;
    Ok(DevicePool { name, max_devices, expires })
}
