//! `keyward release-offline`.

use clap::Args;
use keyward_engine::EngineError;
use serde_json::json;

use super::license::summary;
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::{input, output};

#[derive(Args)]
pub(crate) struct ReleaseOffline {
    /// The receipt that the device shows: its text, a file, or `-` for standard input
    #[arg(value_name = "RECEIPT")]
    receipt: String,
    /// Although the policy allows no more transfers
    #[arg(long)]
    beyond_limit: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl ReleaseOffline {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let receipt = input::license(&self.receipt)??;
        self.database.change(self.now.given(), async |opened: &Opened| {
            let done = opened.engine.release_offline(&opened.caller, &receipt, self.beyond_limit).await;
            let done = done.map_err(|error| match error {
                error @ EngineError::Limit { .. } => {
                    Failure::from(error).and("--beyond-limit takes the seat back all the same")
                }
                error => error.into(),
            })?;
            let (called, device) = (summary::called(&done.found), &done.device);
            let sentence = if done.already {
                format!("{called}: the seat of {device} was free already; nothing was changed")
            } else {
                let number = done.found.license.transfers;
                format!(
                    "{called}: {device} gave its seat back (transfer {number}); another device can have it"
                )
            };
            if json {
                return output::json(&json!({
                    "done": "release-offline", "already": done.already, "device": device, "message": sentence,
                    "license": summary::json(opened, &done.found),
                }));
            }
            output::print(format_args!("{}\n", output::printable(&sentence)))
        })
    }
}
