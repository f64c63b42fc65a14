//! `keyward license use`.

use clap::Args;
use keyward_engine::license::USES;
use serde_json::json;

use super::{Which, explain};
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output;

#[derive(Args)]
pub(crate) struct UseUp {
    #[command(flatten)]
    which: Which,
    /// The limit; `uses` is the licence's own counter
    #[arg(value_name = "NAME", default_value = USES)]
    name: String,
    /// How much; a negative amount gives back
    #[arg(value_name = "AMOUNT", default_value_t = 1, allow_negative_numbers = true)]
    amount: i64,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl UseUp {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        self.database.change(self.now.given(), async |opened: &Opened| {
            let used = opened.engine.use_up(&opened.caller, named.clone(), &self.name, self.amount).await;
            let usage = used.map_err(|error| explain(&named, error))?;
            let remaining = usage.limit.map(|limit| limit - usage.used);
            if json {
                return output::json(&json!({
                    "name": usage.name, "used": usage.used, "limit": usage.limit, "remaining": remaining,
                }));
            }
            let of = usage.limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
            output::print(format_args!("{}: {}{of} used\n", output::printable(&usage.name), usage.used))
        })
    }
}
