//! `keyward audit log`.

use clap::Args;
use keyward_engine::license::Named;
use serde_json::Value;

use keyward_engine::audit::entry_json;

use super::list;
use crate::commands::license::explain;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Log {
    /// Only those of this licence: its key, an older form of it, its id, or `-` for standard input
    #[arg(value_name = "KEY|ID")]
    license: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Log {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = match &self.license {
            Some(license) => Some(Named::typed(&input::license(license)??)),
            None => None,
        };
        self.database.read(None, async |opened: &Opened| {
            let entries = opened.engine.audit_log(named.as_ref(), self.limit).await;
            let entries = entries.map_err(|error| match &named {
                Some(named) => explain(named, error),
                None => error.into(),
            })?;
            if json {
                let entries: Value = entries.iter().map(entry_json).collect();
                return output::json(&entries);
            }
            output::print(list(&entries))
        })
    }
}
