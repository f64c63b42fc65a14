//! `keyward license renew`.

use std::path::PathBuf;

use clap::Args;
use keyward_core::time::Timestamp;
use keyward_engine::license::Renewal;

use super::change::{Done, target};
use super::{Which, explain, summary};
use crate::clock::{Now, instant};
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Renew {
    #[command(flatten)]
    which: Which,
    /// By so many days of 24 hours
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..), conflicts_with = "until")]
    days: Option<i64>,
    /// To this instant
    #[arg(long, value_name = "DATE", value_parser = instant)]
    until: Option<Timestamp>,
    /// Where the new form is written, `-` for standard output [default: a file to CUSTOMER.key]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Renew {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        let renewal = match (self.days, self.until) {
            (Some(days), _) => Renewal::Days(days),
            (None, Some(end)) => Renewal::Until(end),
            (None, None) => Renewal::Policy,
        };
        self.database.change(self.now.given(), async |opened: &Opened| {
            let to = target(opened, &named, self.to.as_deref()).await?;
            let renewed = opened.engine.renew(&opened.caller, named.clone(), renewal).await;
            let renewed = renewed.map_err(|error| explain(&named, error))?;
            let sentence = format!("now ends {}", summary::expires(&renewed.found));
            Done { form: renewed.form, to, ..Done::new("renew", sentence) }.print(
                opened,
                &renewed.found,
                json,
            )
        })
    }
}
