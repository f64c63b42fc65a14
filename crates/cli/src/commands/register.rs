//! `keyward register`: taking in keys that were made elsewhere.

mod form;
mod keys;
mod lk;

use clap::{Args, Subcommand};
use keyward_core::scheme::Scheme;
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
    /// Signed records (system A)
    ///
    /// The key that signed them comes first: `keyward keys import FILE --product records`. A second record of the same client
    /// becomes another form of its licence.
    Record(form::Form),
    /// 12-character keys of a pool (system B)
    Pool(Pool),
    /// Tiered keys (system C), sealed under the database's own secret
    Tier(Tier),
    /// Device-bound files (system D)
    ///
    /// The key that signed them comes first: `keyward keys import FILE --product NAME --files`. Files of the same customer and
    /// device become forms of one licence; the newest says its end.
    File(form::Form),
    /// Short keys of system E's first version, sealed under the database's secret
    ///
    /// `keyward secret set lk` gives the database the secret that they were made with.
    Lk1(lk::Lk1),
    /// Keys of system E's second version, sealed under the database's secret
    ///
    /// What a key says of its end, devices and company is kept. `keyward secret set lk` gives the database the secret that
    /// they were made with.
    Lk2(lk::Lk),
    /// Keys with a full seal, signed by a key of the database or sealed under its secret
    ///
    /// `keyward keys import` and `keyward secret set lk` give the database what they were made with.
    Lk3(lk::Lk),
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
            Self::Record(command) => command.run(Scheme::Record, json),
            Self::File(command) => command.run(Scheme::File, json),
            Self::Pool(command) => command.run(json),
            Self::Tier(command) => command.run(json),
            Self::Lk1(command) => command.run(json),
            Self::Lk2(command) => command.run(Scheme::Lk2, json),
            Self::Lk3(command) => command.run(Scheme::Lk3, json),
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
