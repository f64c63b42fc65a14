//! `keyward device`: this machine, and the licence of an application on it.

mod application;
mod id;
mod license;
mod offline;
mod online;
mod status;
mod watch;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum Device {
    Id(id::Id),
    Setup(application::Setup),
    Status(status::Show),
    Import(license::Import),
    Remove(license::Remove),
    Trial(license::Trial),
    Recover(license::Recover),
    Usage(license::Usage),
    Activate(online::Activate),
    Refresh(online::Refresh),
    Deactivate(online::Deactivate),
    Request(offline::Request),
    Complete(offline::Complete),
    Release(offline::Release),
    Watch(watch::Watch),
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
            Self::Activate(command) => command.run(json),
            Self::Refresh(command) => command.run(json),
            Self::Deactivate(command) => command.run(json).map(|()| true),
            Self::Request(command) => command.run(json).map(|()| true),
            Self::Complete(command) => command.run(json),
            Self::Release(command) => command.run(json).map(|()| true),
            Self::Watch(command) => command.run(json),
        }
    }
}
