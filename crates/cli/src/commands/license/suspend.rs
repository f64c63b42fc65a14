//! `keyward license suspend`, `revoke` and `reinstate`.

use clap::Args;
use keyward_engine::license::Suspension;

use super::change::Done;
use super::{Which, explain};
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Suspend {
    #[command(flatten)]
    which: Which,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Suspend {
    pub(super) fn run(&self, suspension: Suspension, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        let mut done = match suspension {
            Suspension::Suspend => {
                Done::new("suspend", "is suspended and does not run until it is reinstated")
            }
            Suspension::Revoke => Done::new("revoke", "is revoked and does not run unless it is reinstated"),
            Suspension::Reinstate => Done::new("reinstate", "runs again"),
        };
        done.stopped = suspension != Suspension::Reinstate;
        self.database.change(self.now.given(), async |opened: &Opened| {
            let why = self.reason.clone();
            let found = opened.engine.suspend(&opened.caller, named.clone(), suspension, why).await;
            done.print(opened, &found.map_err(|error| explain(&named, error))?, json)
        })
    }
}
