//! Asking the server that was set up.

use clap::Args;

use super::application::Application;
use super::status::show;
use crate::failure::Failure;
use crate::input;
use crate::output;

/// Activate a key on this device, at the server
#[derive(Args)]
pub(crate) struct Activate {
    /// The key: as text, a file, or `-` for standard input
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    application: Application,
}

impl Activate {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let key = input::license(&self.key)??;
        show(&self.application.open()?.activate(&key)?, json)
    }
}

/// Ask the server what became of the key that was activated
#[derive(Args)]
pub(crate) struct Refresh {
    #[command(flatten)]
    application: Application,
}

impl Refresh {
    /// Prints what holds also when the server cannot be asked: the last answer goes on.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let manager = self.application.open()?;
        match manager.refresh() {
            Ok(status) => show(&status, json),
            Err(error) if error.code().starts_with("SERVER_") => {
                output::tell(format_args!("{error}"));
                show(&manager.status(), json)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Give this device's place back to the server
#[derive(Args)]
pub(crate) struct Deactivate {
    #[command(flatten)]
    application: Application,
}

impl Deactivate {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let status = self.application.open()?.deactivate()?;
        show(&status, json).map(drop)
    }
}
