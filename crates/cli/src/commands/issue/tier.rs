//! `keyward issue tier`.

use clap::Args;
use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::scheme::tier::PREFIX;
use keyward_core::time::Timestamp;
use keyward_engine::issue::{self, MAX_AHEAD_SECONDS};
use keyward_engine::license::{Issued, Named, NewLicense, Term};
use keyward_engine::{EngineError, NewUser};
use serde_json::json;

use super::{Beside, deliver, stored};
use crate::bulk::Bulk;
use crate::clock::{Now, instant};
use crate::commands::license::summary;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::keys::SealingArgs;
use crate::output::{self, Table};

const NOTE: &str = "verified online: a server must know this key; whoever has the secret can make others";

#[derive(Args)]
pub(crate) struct Tier {
    /// free, pro, elite, lifetime, or another of letters, digits and `_`
    #[arg(value_name = "TIER")]
    tier: String,
    /// What the keys of the product begin with [default: QF]; in a database, its product says it
    #[arg(long, value_name = "LETTERS")]
    prefix: Option<String>,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    secret: SealingArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

/// What is not in the key, and so needs a database.
#[derive(Args)]
pub(crate) struct Kept {
    /// Your own id of the customer
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// The customer's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Ends after so many days of 24 hours [default: 30, for lifetime never]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..), conflicts_with = "expires")]
    days: Option<i64>,
    /// Ends at this instant
    #[arg(long, value_name = "DATE", value_parser = instant)]
    expires: Option<Timestamp>,
}

impl Kept {
    pub(crate) fn license(&self) -> NewLicense {
        let user = NewUser { external_id: self.user.clone(), email: self.email.clone(), name: None };
        NewLicense {
            user: (user != NewUser::default()).then_some(user),
            term: match (self.days, self.expires) {
                (Some(days), _) => Term::Days(days),
                (None, Some(end)) => Term::Until(end),
                (None, None) => Term::Policy,
            },
            ..NewLicense::default()
        }
    }

    fn must_be_unused(&self) -> Result<(), Failure> {
        if self.user.is_none() && self.email.is_none() && self.days.is_none() && self.expires.is_none() {
            return Ok(());
        }
        Err(Failure::argument(
            "a tier key says only its tier and when it was made; customer and end are kept by a database",
            "leave out --user, --email, --days and --expires, or the secret and --offline",
        ))
    }
}

impl Tier {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if !self.secret.is_offline() {
            return self.store(json);
        }
        self.kept.must_be_unused()?;
        let secret = self.secret.read("a tier key")?;
        let now = self.now.get();
        let prefix = self.prefix.as_deref().unwrap_or(PREFIX);
        let issue = |ahead| issue::tier(&self.tier, prefix, &secret, now, ahead);
        if let Some(count) = self.bulk.count {
            // Asked before anything is written, so that nothing is half done.
            issue(count.get().saturating_sub(1).min(MAX_AHEAD_SECONDS))?;
            return self.bulk.write(count.get(), json, |number, _| {
                Ok(vec![("license_key", issue(number)?), ("tier", self.tier.clone())])
            });
        }
        self.bulk.must_be_unused()?;
        self.hand_over(&issue(0)?, secret.clone(), now, json)
    }

    fn hand_over(&self, key: &str, secret: SharedSecret, now: Timestamp, json: bool) -> Result<(), Failure> {
        let beside = Beside { note: Some(NOTE), ..Beside::default() };
        deliver(key, &KeySet::of_secret(secret), now, &beside, json)
    }

    /// Issues with the database's secret, and keeps the licence there.
    fn store(&self, json: bool) -> Result<(), Failure> {
        if self.prefix.is_some() {
            return Err(Failure::argument(
                "in a database the product says what its keys begin with",
                "leave out --prefix, or give a secret and store nothing",
            ));
        }
        let count = self.bulk.count;
        if count.is_none() {
            self.bulk.must_be_unused()?;
        } else if count.is_some_and(|count| count.get() > MAX_AHEAD_SECONDS) {
            return Err(issue::IssueError::TooManyTierKeys.into());
        }
        self.database.change(self.now.given(), async |opened: &Opened| {
            opened.set_tier_secret().await?;
            match count {
                Some(count) => self.store_many(opened, count.get(), json).await,
                None => {
                    let issued = self.issue(opened, &mut 0).await?;
                    show(opened, &issued, json).await
                }
            }
        })
    }

    async fn issue(&self, opened: &Opened, ahead: &mut u64) -> Result<Issued, Failure> {
        let product = &opened.config.dialects.tier.product;
        let license = self.kept.license();
        let issued = opened.engine.issue_tier_from(&opened.caller, product, &self.tier, license, ahead).await;
        issued.map_err(|error| {
            let unknown = matches!(error, EngineError::NotFound { what: "policy", .. });
            let catalog = opened.engine.catalog();
            match catalog.product(product).filter(|_| unknown) {
                Some(product) => {
                    let codes = catalog.policies_of(product.id).map(|policy| policy.row.code.as_str());
                    let codes: Vec<&str> = codes.collect();
                    Failure::from(error).and(format_args!("the tiers are {}", codes.join(", ")))
                }
                None => error.into(),
            }
        })
    }

    /// Each key takes the next free second.
    async fn store_many(&self, opened: &Opened, count: u64, json: bool) -> Result<(), Failure> {
        let mut ahead = 0;
        stored::many(&self.bulk, count, json, async |_| {
            let issued = self.issue(opened, &mut ahead).await?;
            let expires = issued.expiry.map(|end| end.to_string()).unwrap_or_default();
            Ok(vec![
                ("license_key", issued.key),
                ("tier", self.tier.clone()),
                ("expires", expires),
                ("license_id", issued.id.to_string()),
            ])
        })
        .await
    }
}

/// Prints the key on standard output, and what it is on standard error.
async fn show(opened: &Opened, issued: &Issued, json: bool) -> Result<(), Failure> {
    let found = opened.engine.find(&Named::Id(issued.id)).await?;
    if json {
        let license = summary::json(opened, &found);
        return output::json(&json!({ "license": issued.key, "kept": license, "note": NOTE }));
    }
    output::print(format_args!("{}\n", issued.key))?;
    let mut table = Table::default();
    summary::rows(opened, &found, &mut table);
    output::tell(format_args!("\n{}", table.to_string().trim_end()));
    output::tell(format_args!("note: {NOTE}"));
    Ok(())
}
