//! A device without a network: the request, the vendor's answer, the receipt.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::application::Application;
use super::status::show;
use crate::failure::Failure;
use crate::input;
use crate::output;

/// Ask for a seat without a network: print a request to carry to the vendor
#[derive(Args)]
pub(crate) struct Request {
    /// The licence key
    #[arg(value_name = "KEY")]
    key: String,
    /// What the vendor shows this device as
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    #[command(flatten)]
    carried: Carried,
    #[command(flatten)]
    application: Application,
}

impl Request {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let key = input::license(&self.key)??;
        let text = self.application.open()?.request(&key, self.name.as_deref())?;
        self.carried.write("request", &text, "the vendor answers it with `keyward activate-offline`", json)
    }
}

/// Take in the vendor's answer to a request
#[derive(Args)]
pub(crate) struct Complete {
    /// The answer: as text, a file, or `-` for standard input
    #[arg(value_name = "ANSWER")]
    answer: String,
    #[command(flatten)]
    application: Application,
}

impl Complete {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let answer = input::license(&self.answer)??;
        show(&self.application.open()?.complete(&answer)?, json)
    }
}

/// Give the seat back: print a receipt to carry to the vendor
#[derive(Args)]
pub(crate) struct Release {
    #[command(flatten)]
    carried: Carried,
    #[command(flatten)]
    application: Application,
}

impl Release {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let text = self.application.open()?.release()?;
        self.carried.write("receipt", &text, "the vendor frees the seat with `keyward release-offline`", json)
    }
}

/// How a text is carried.
#[derive(Args)]
struct Carried {
    /// Print a QR code too
    #[arg(long)]
    qr: bool,
    /// Write it into a file instead
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Carried {
    fn write(&self, what: &str, text: &str, then: &str, json: bool) -> Result<(), Failure> {
        if let Some(path) = &self.out {
            std::fs::write(path, format!("{text}\n")).map_err(|error| Failure::file(path, &error))?;
        }
        if json {
            return output::json(&json!({ what: text }));
        }
        match &self.out {
            Some(path) => output::tell(format_args!("{} holds the {what}; {then}", path.display())),
            None => output::print(format_args!("{text}\n"))?,
        }
        if self.qr {
            output::print(format_args!("{}\n", crate::qr::code(text)?))?;
        }
        Ok(())
    }
}
