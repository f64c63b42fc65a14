//! `keyward license release`.

use clap::Args;
use keyward_engine::license::Deactivate;

use super::change::Done;
use super::{Which, explain};
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Release {
    #[command(flatten)]
    which: Which,
    /// The device: its fingerprint, or its id
    #[arg(long, value_name = "FINGERPRINT")]
    device: String,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Release {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        self.database.change(self.now.given(), async |opened: &Opened| {
            let request = Deactivate { license: named.clone(), machine: self.device.clone() };
            let found = opened.engine.deactivate(&opened.caller, request).await;
            let found = found.map_err(|error| explain(&named, error))?;
            let stays = if found.policy.rules.single_use {
                "; as a key that works once it stays used: `keyward license transfer` moves it to another device"
            } else {
                ""
            };
            let sentence = format!("released the device {}{stays}", self.device);
            Done::new("release", sentence).print(opened, &found, json)
        })
    }
}
