//! `keyward audit`: one file per verb.

mod export;
mod log;
mod verify;

use clap::Subcommand;
use keyward_core::audit::Entry;

use crate::failure::Failure;
use crate::output::{Columns, or_dash, time};

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Check that no entry was altered, removed, inserted or moved
    ///
    /// Exit status 0: it is sound; 1: it is broken, and where; 2: it could not be checked.
    Verify(verify::Verify),
    /// Write all sealed entries as JSON lines
    Export(export::Export),
    /// Show the newest entries
    Log(log::Log),
}

impl Audit {
    /// Says whether what was asked is a yes.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        match self {
            Self::Verify(command) => command.run(json),
            Self::Export(command) => command.run(json).map(|()| true),
            Self::Log(command) => command.run(json).map(|()| true),
        }
    }
}

/// Entries in rows.
pub(super) fn list(entries: &[Entry]) -> Columns {
    let mut list = Columns::new(&["WHEN", "WHAT", "OUTCOME", "BY", "THROUGH", "ON", "MORE"]);
    for entry in entries {
        let on = match entry.resource_id {
            Some(id) => format!("{} {id}", entry.resource_type),
            None => entry.resource_type.clone(),
        };
        let by = match entry.actor_id {
            Some(id) => format!("{} {id}", entry.actor_kind),
            None => entry.actor_kind.clone(),
        };
        let more = or_dash((entry.detail != "{}").then_some(&entry.detail));
        list.row(&[&time(entry.at), &entry.event, &entry.outcome, &by, &entry.front, &on, &more]);
    }
    list
}
