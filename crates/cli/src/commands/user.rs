//! `keyward user`: one file per verb.

mod erase;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum User {
    /// Erase a person: a customer, or somebody of the console
    ///
    /// Names, addresses, passwords, sessions and tokens go, in licences, devices, attempts and the audit log, too; ids stay, and
    /// the audit log still verifies. Keys that the person has go on working. What cannot be told from other texts is listed.
    Erase(erase::Erase),
}

impl User {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Erase(command) => command.run(json),
        }
    }
}
