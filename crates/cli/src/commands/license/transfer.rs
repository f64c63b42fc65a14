//! `keyward license transfer`.

use std::path::PathBuf;

use clap::Args;
use keyward_engine::{NewUser, license};

use super::change::{Done, target};
use super::{Which, explain};
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Transfer {
    #[command(flatten)]
    which: Which,
    /// The device that takes the place of all others: its fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    device: Option<String>,
    /// Your own id of the new customer
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// The new customer's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Although the policy allows no more transfers
    #[arg(long)]
    beyond_limit: bool,
    /// Where the new form is written, `-` for standard output [default: a file to CUSTOMER.key]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Transfer {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        let user = NewUser { external_id: self.user.clone(), email: self.email.clone(), name: None };
        let user = (user != NewUser::default()).then_some(user);
        if self.device.is_none() && user.is_none() {
            return Err(Failure::argument(
                "nobody said where the licence goes",
                "name the new device with --device, the new customer with --user or --email",
            ));
        }
        let to = match (&self.device, &user) {
            (Some(device), None) => format!("the device {device}, and runs on no other"),
            (None, _) => "another customer".to_owned(),
            (Some(device), Some(_)) => format!("another customer and the device {device}"),
        };
        let transfer =
            license::Transfer { device: self.device.clone(), user, beyond_limit: self.beyond_limit };
        self.database.change(self.now.given(), async |opened: &Opened| {
            let path = target(opened, &named, self.to.as_deref()).await?;
            let moved = opened.engine.transfer(&opened.caller, named.clone(), transfer).await;
            let moved = moved.map_err(|error| match error {
                error @ keyward_engine::EngineError::Limit { .. } => {
                    Failure::from(error).and("--beyond-limit moves it all the same")
                }
                error => explain(&named, error),
            })?;
            let number = moved.found.license.transfers;
            let done = Done::new("transfer", format!("moved to {to} (transfer {number})"));
            Done { form: moved.form, to: path, ..done }.print(opened, &moved.found, json)
        })
    }
}
