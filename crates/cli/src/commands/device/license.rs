//! Taking a licence in, removing it, a trial, a recovery code, and what is counted.

use clap::Args;
use serde_json::json;

use super::application::Application;
use super::status::show;
use crate::failure::Failure;
use crate::input;
use crate::output;

/// Take in a licence file, a key, an answer to a request, or a recovery code
#[derive(Args)]
pub(crate) struct Import {
    /// The licence: a key, a file, or `-` for standard input
    #[arg(value_name = "LICENSE")]
    license: String,
    #[command(flatten)]
    application: Application,
}

impl Import {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let manager = self.application.open()?;
        let license = input::license(&self.license)??;
        show(&manager.import(license)?, json)
    }
}

/// Remove the licence from this device
#[derive(Args)]
pub(crate) struct Remove {
    /// Remove it without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    application: Application,
}

impl Remove {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let manager = self.application.open()?;
        if !self.yes {
            return Err(Failure::new(
                "NOT_CONFIRMED",
                "the licence would be removed from this device",
                "give --yes; a seat that counts at the vendor's is given back by `keyward device release`",
            ));
        }
        manager.remove()?;
        if json {
            return output::json(&json!({ "removed": true }));
        }
        output::print("The licence is removed from this device.\n")
    }
}

/// Start the trial that a trial key grants
#[derive(Args)]
pub(crate) struct Trial {
    /// The trial key that the vendor ships
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    application: Application,
}

impl Trial {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let key = input::license(&self.key)??;
        show(&self.application.open()?.start_trial(&key)?, json)
    }
}

/// Clear a false alarm of the clock with the code that support made
#[derive(Args)]
pub(crate) struct Recover {
    /// The code: as text, a file, or `-` for standard input
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    application: Application,
}

impl Recover {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let code = input::license(&self.code)??;
        show(&self.application.open()?.recover(&code)?, json)
    }
}

/// What is counted of the use of features, and whether the vendor may be told
#[derive(Args)]
pub(crate) struct Usage {
    /// Whether totals may be told; a no forgets what was counted
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    consent: Option<bool>,
    /// Tell the server the totals, with the user's consent
    #[arg(long)]
    send: bool,
    /// Count one use of a feature
    #[arg(long, value_name = "FEATURE")]
    record: Option<String>,
    #[command(flatten)]
    application: Application,
}

impl Usage {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let manager = self.application.open()?;
        if let Some(agrees) = self.consent {
            manager.consent(agrees)?;
        }
        if let Some(feature) = &self.record {
            manager.record_use(feature)?;
        }
        if self.send {
            manager.send_usage()?;
        }
        let usage = manager.usage();
        let consent = match usage.consent {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not asked",
        };
        if json {
            return output::json(&json!({ "consent": usage.consent, "totals": usage.totals() }));
        }
        let mut columns = output::Columns::new(&["FEATURE", "USES"]);
        for (feature, uses) in usage.totals() {
            columns.row(&[&feature, &uses]);
        }
        output::print(format_args!("consent  {consent}\n{columns}"))
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}
