//! `keyward issue lk1`.

use clap::Args;
use keyward_core::crypto::KeySet;
use keyward_core::time::Timestamp;
use keyward_engine::form::NewForm;
use keyward_engine::issue;
use keyward_engine::license::Term;

use super::stored::{self, InstallationArgs, Keep};
use super::{Beside, deliver};
use crate::bulk::Bulk;
use crate::clock::{self, Now, instant};
use crate::database::Opened;
use crate::failure::Failure;
use crate::keys::SealingArgs;

const NOTE: &str = "its check has 16 bits: it catches typing errors and keeps nobody out; prefer lk3";

#[derive(Args)]
pub(crate) struct Lk1 {
    /// PRO-10, PRO-20, PRO-50, PRO-100, ENTERPRISE, or another
    #[arg(long, value_name = "TIER")]
    tier: String,
    /// Ends after so many days of 24 hours; the key says nothing of it, only the database knows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..), conflicts_with = "expires", help_heading = "Database")]
    days: Option<i64>,
    /// Ends at this instant
    #[arg(long, value_name = "DATE", value_parser = instant, help_heading = "Database")]
    expires: Option<Timestamp>,
    /// The product in the database [default: dialects.lk.product of the configuration]
    #[arg(long, value_name = "CODE", help_heading = "Database")]
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

impl Lk1 {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self.bulk.count {
            Some(count) if u32::try_from(count.get()).is_err() => {
                return Err(Failure::new("TOO_MANY", "at most 4294967295 lk1 keys at once", "ask for fewer"));
            }
            Some(_) => {}
            None => self.bulk.must_be_unused()?,
        }
        if !self.secret.is_offline() {
            return self.store(json);
        }
        self.keep.must_be_unused()?;
        self.installation.must_be_unused()?;
        if self.product.is_some() || self.days.is_some() || self.expires.is_some() {
            return Err(stored::unused("--product, --days and --expires"));
        }
        let secret = self.secret.read("an lk1 key")?;
        if let Some(count) = self.bulk.count {
            return self.bulk.write(count.get(), json, |number, rng| {
                let key = issue::lk1(&self.tier, &secret, rng, number as u32)?;
                Ok(vec![("license_key", key), ("tier", self.tier.to_ascii_uppercase())])
            });
        }
        let key = issue::lk1(&self.tier, &secret, &mut clock::generator(), 0)?;
        deliver(
            &key,
            &KeySet::of_secret(secret.clone()),
            self.now.get(),
            &Beside { note: Some(NOTE), ..Beside::default() },
            json,
        )
    }

    /// Issues under the database's secret, and keeps the licence there.
    fn store(&self, json: bool) -> Result<(), Failure> {
        let term = match (self.days, self.expires) {
            (Some(days), _) => Term::Days(days),
            (None, Some(end)) => Term::Until(end),
            (None, None) => Term::Policy,
        };
        self.keep.database.change(self.now.given(), async |opened: &Opened| {
            let product = self.product.as_deref().unwrap_or(&opened.config.dialects.lk.product);
            let form = || NewForm::Lk1 {
                order: self.installation.of(self.keep.order(product)),
                tier: self.tier.clone(),
                term,
            };
            let Some(count) = self.bulk.count else {
                let issued = stored::issue(opened, form()).await?;
                let beside = Beside { note: Some(NOTE), ..Beside::default() };
                return stored::hand_over(opened, &issued, self.now.get(), beside, json).await;
            };
            stored::many(&self.bulk, count.get(), json, async |_| {
                let issued = stored::issue(opened, form()).await?;
                let (tier, id) = (self.tier.to_ascii_uppercase(), issued.id.to_string());
                Ok(vec![("license_key", issued.key), ("tier", tier), ("license_id", id)])
            })
            .await
        })
    }
}
