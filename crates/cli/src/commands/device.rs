//! `keyward device`: this machine, and the licence of an application on it.

mod application;
mod license;
mod offline;
mod status;
mod watch;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::Failure;
use crate::output::{self, Table};

#[derive(Subcommand)]
pub(crate) enum Device {
    /// Print the id of this device, for a licence that is bound to it
    Id(Id),
    Setup(application::Setup),
    Status(status::Show),
    Import(license::Import),
    Remove(license::Remove),
    Trial(license::Trial),
    Recover(license::Recover),
    Usage(license::Usage),
    Request(offline::Request),
    Complete(offline::Complete),
    Release(offline::Release),
    Watch(watch::Watch),
}

#[derive(Args)]
pub(crate) struct Id {
    /// The application's salt: ids of different applications are different
    #[arg(long, value_name = "TEXT", default_value = "keyward")]
    salt: String,
    /// Show what the id is made of
    #[arg(long)]
    explain: bool,
}

impl Device {
    /// Does it, and says whether the licence holds, where it was asked for.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        match self {
            Self::Id(id) => id.run(json).map(|()| true),
            Self::Setup(command) => command.run(json).map(|()| true),
            Self::Status(command) => command.run(json),
            Self::Import(command) => command.run(json),
            Self::Remove(command) => command.run(json).map(|()| true),
            Self::Trial(command) => command.run(json),
            Self::Recover(command) => command.run(json),
            Self::Usage(command) => command.run(json).map(|()| true),
            Self::Request(command) => command.run(json).map(|()| true),
            Self::Complete(command) => command.run(json),
            Self::Release(command) => command.run(json).map(|()| true),
            Self::Watch(command) => command.run(json),
        }
    }
}

impl Id {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let id = self;
        let facts = keyward_client::device::facts(&id.salt).map_err(|error| {
            Failure::new(
                "DEVICE",
                format_args!("the device cannot be read: {error}"),
                "try again as another user",
            )
        })?;
        if json {
            let object = json!({
                "deviceId": facts.device_id(),
                "platform": facts.platform,
                "arch": facts.arch,
                "hostname": facts.hostname,
                "mac": facts.mac,
                "username": facts.username,
                "salt": facts.salt,
            });
            return output::print(format_args!("{object:#}\n"));
        }
        output::print(format_args!("{}\n", facts.device_id()))?;
        if id.explain {
            let mut table = Table::default();
            table.row("platform", &facts.platform);
            table.row("arch", &facts.arch);
            table.row("hostname", &facts.hostname);
            table.row("mac", if facts.mac.is_empty() { "none" } else { &facts.mac });
            table.row("username", &facts.username);
            table.row("salt", &facts.salt);
            output::print(table)?;
        }
        Ok(())
    }
}
