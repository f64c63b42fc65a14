//! `keyward license`: one file per verb.

mod change;
mod release;
mod renew;
mod show;
pub(crate) mod summary;
mod suspend;
mod transfer;
mod use_up;

use clap::{Args, Subcommand};
use keyward_core::scheme::pool::PoolKey;
use keyward_engine::EngineError;
use keyward_engine::license::{Named, Suspension};

use crate::failure::Failure;
use crate::input;

#[derive(Subcommand)]
pub(crate) enum License {
    /// Show all that is known of a licence
    Show(show::Show),
    /// Let it not run for a while
    Suspend(suspend::Suspend),
    /// Take it away; that can be taken back
    Revoke(suspend::Suspend),
    /// Let it run again
    Reinstate(suspend::Suspend),
    /// Give it a new end
    ///
    /// Without --days or --until by the duration of its policy.
    Renew(renew::Renew),
    /// Move it to another device or customer
    Transfer(transfer::Transfer),
    /// Release a device, so that another can take its place
    ///
    /// A key that works once stays used: `license transfer` moves it.
    Release(release::Release),
    /// Use up some of a limit
    Use(use_up::UseUp),
}

impl License {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Show(command) => command.run(json),
            Self::Suspend(command) => command.run(Suspension::Suspend, json),
            Self::Revoke(command) => command.run(Suspension::Revoke, json),
            Self::Reinstate(command) => command.run(Suspension::Reinstate, json),
            Self::Renew(command) => command.run(json),
            Self::Transfer(command) => command.run(json),
            Self::Release(command) => command.run(json),
            Self::Use(command) => command.run(json),
        }
    }
}

/// Which licence.
#[derive(Args)]
pub(crate) struct Which {
    /// The licence: its key, an older form of it, its id, or `-` for standard input
    #[arg(value_name = "KEY|ID")]
    license: String,
}

impl Which {
    pub(crate) fn named(&self) -> Result<Named, Failure> {
        Ok(Named::typed(&input::license(&self.license)??))
    }
}

/// An unknown key may be a typing error, which its check character tells.
pub(crate) fn explain(named: &Named, error: EngineError) -> Failure {
    let unknown = matches!(error, EngineError::NotFound { what: "licence", .. });
    let failure = Failure::from(error);
    match named {
        Named::Key(key) if unknown => match PoolKey::parse(key) {
            Ok(key) if key.has_check_character() => failure,
            Ok(_) => failure.and("its last character does not fit the others: probably a typing error"),
            Err(_) => failure,
        },
        _ => failure,
    }
}
