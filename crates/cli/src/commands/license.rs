//! `keyward license`: one file per verb.

mod change;
mod file;
mod list;
mod release;
mod renew;
mod show;
pub(crate) mod summary;
mod suspend;
mod transfer;
mod use_up;

use clap::{Args, Subcommand};
use keyward_core::code::Code;
use keyward_core::scheme::pool::PoolKey;
use keyward_engine::EngineError;
use keyward_engine::license::{Named, Suspension};

use crate::failure::Failure;
use crate::input;

#[derive(Subcommand)]
pub(crate) enum License {
    /// List licences, by their end where that is asked for
    ///
    /// Without a filter all, in the order in which they were made. With --expires-within or --status expiring those that run
    /// and end soon, the next end first: what is to be renewed.
    List(list::List),
    /// Show all that is known of a licence
    Show(show::Show),
    /// Give out the newest form of a licence once more, where the customer lost it
    ///
    /// A file is written to `<customer>.key`, anything else to standard output. That it was given out is written into the
    /// audit log.
    File(file::File),
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
            Self::List(command) => command.run(json),
            Self::Show(command) => command.run(json),
            Self::File(command) => command.run(json),
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
    /// The licence: its key or file, an older form of it, its id, what it is for (the client id of a record), or `-` for
    /// standard input
    #[arg(value_name = "KEY|FILE|ID")]
    license: String,
    /// It is named by what it is for, also when that looks like a key
    #[arg(long)]
    subject: bool,
}

impl Which {
    pub(crate) fn named(&self) -> Result<Named, Failure> {
        if self.subject {
            return Ok(Named::Client(self.license.clone()));
        }
        // A client id may look like the name of a file, and be none.
        let client = self.license.contains('.') && !self.license.contains(['/', '\\']);
        if client && !std::path::Path::new(&self.license).exists() {
            return Ok(Named::Text(self.license.clone()));
        }
        Ok(Named::typed(&input::license(&self.license)??))
    }
}

/// An unknown key may be a typing error, which its check character tells.
pub(crate) fn explain(named: &Named, error: EngineError) -> Failure {
    let unknown = matches!(error, EngineError::NotFound { what: "licence", .. });
    let failure = Failure::from(error);
    match named {
        Named::Text(_) if failure.code() == Code::Malformed.as_str() => {
            failure.and("a licence is named by its key, file or id; `keyward license list NAME` finds those of a customer")
        }
        Named::Key(key) | Named::Text(key) if unknown => match PoolKey::parse(key) {
            Ok(key) if key.has_check_character() => failure,
            Ok(_) => failure.and("its last character does not fit the others: probably a typing error"),
            Err(_) => failure,
        },
        _ => failure,
    }
}
