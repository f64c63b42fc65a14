//! `keyward config`.

use clap::{Args, Subcommand};
use keyward_server::config;
use serde_json::{Value, json};

use crate::database::DatabaseArgs;
use crate::failure::Failure;
use crate::output;

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Print a commented file with all keys and their defaults
    Default,
    /// Check file, environment and flags; exit status 1 when something is wrong
    Check(Place),
    /// Print what holds, and where each value comes from; secrets are masked
    Print(Place),
}

#[derive(Args)]
pub(crate) struct Place {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Config {
    /// Says whether what was asked is a yes.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        match self {
            Self::Default if json => output::json(&json!({ "file": config::DEFAULT_FILE })).map(|()| true),
            Self::Default => output::print(config::DEFAULT_FILE).map(|()| true),
            Self::Check(place) => place.check(json),
            Self::Print(place) => place.print(json).map(|()| true),
        }
    }
}

impl Place {
    fn check(&self, json: bool) -> Result<bool, Failure> {
        let (faults, warnings) = match self.database.configuration() {
            Ok(loaded) => (Vec::new(), loaded.warnings),
            Err(error) => (error.faults, Vec::new()),
        };
        if json {
            let faults: Value = faults
                .iter()
                .map(
                    |fault| json!({ "place": fault.place, "problem": fault.problem, "remedy": fault.remedy }),
                )
                .collect();
            let valid = faults.as_array().is_some_and(Vec::is_empty);
            output::json(&json!({ "valid": valid, "faults": faults, "warnings": warnings }))?;
            return Ok(valid);
        }
        for fault in &faults {
            let text = format!("{}: {}", fault.place, fault.problem);
            output::print(format_args!("{}\n", output::printable(&text)))?;
            output::print(format_args!("  help  {}\n", output::printable(&fault.remedy)))?;
        }
        for warning in &warnings {
            output::tell(format_args!("warning: {}", output::printable(warning)));
        }
        if faults.is_empty() {
            output::print("the configuration can be used\n")?;
        }
        Ok(faults.is_empty())
    }

    fn print(&self, json: bool) -> Result<(), Failure> {
        let loaded = self.database.load()?;
        if json {
            return output::json(&json!({ "file": loaded.print(), "warnings": loaded.warnings }));
        }
        output::print(loaded.print())
    }
}
