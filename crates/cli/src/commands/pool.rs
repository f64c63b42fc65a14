//! `keyward pool`: one file per verb.

mod reset;
mod stats;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum Pool {
    /// Show how many keys there are, and what became of them
    Stats(stats::Stats),
    /// Remove all keys of the pool, used ones, too
    ///
    /// They are written to a new file first. The audit log stays, and so do keys that are made meanwhile.
    Reset(reset::Reset),
}

impl Pool {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Stats(command) => command.run(json),
            Self::Reset(command) => command.run(json),
        }
    }
}
