//! `keyward register`: taking in keys that were made elsewhere.

mod keys;

use clap::{Args, Subcommand};
use keyward_core::scheme::pool::Duration;
use keyward_core::time::Timestamp;
use keyward_engine::license::{NewLicense, Register as Request};

use self::keys::Keys;
use super::issue::Kept;
use super::issue::duration;
use crate::clock::{Now, instant};
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum Register {
    /// 12-character keys of a pool (system B)
    Pool(Pool),
    /// Tiered keys (system C), sealed under the database's own secret
    Tier(Tier),
}

#[derive(Args)]
pub(crate) struct Pool {
    /// The key, or `-` for standard input with one key a line
    #[arg(value_name = "KEY")]
    key: String,
    /// How long they run from their first activation: 1d, 5d, 1m, 6m, 12m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    duration: Duration,
    /// They were used, first at this instant
    #[arg(long, value_name = "TIME", value_parser = instant)]
    used_at: Option<Timestamp>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

#[derive(Args)]
pub(crate) struct Tier {
    /// The key, or `-` for standard input with one key a line
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Register {
    /// Says whether all keys were taken.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        match self {
            Self::Pool(command) => command.run(json),
            Self::Tier(command) => command.run(json),
        }
    }
}

impl Pool {
    fn run(&self, json: bool) -> Result<bool, Failure> {
        let keys = Keys::read(&self.key)?;
        self.database.change(self.now.given(), async |opened: &Opened| {
            let product = opened.config.dialects.pool.product.clone();
            let request = |key| Request {
                key,
                product: product.clone(),
                policy: Some(self.duration.days.to_string()),
                license: NewLicense::default(),
                used_at: self.used_at,
            };
            keys.register(opened, request, json).await
        })
    }
}

impl Tier {
    fn run(&self, json: bool) -> Result<bool, Failure> {
        let keys = Keys::read(&self.key)?;
        self.database.change(self.now.given(), async |opened: &Opened| {
            opened.set_tier_secret().await?;
            let product = opened.config.dialects.tier.product.clone();
            let request = |key| Request {
                key,
                product: product.clone(),
                policy: None,
                license: self.kept.license(),
                used_at: None,
            };
            keys.register(opened, request, json).await
        })
    }
}
