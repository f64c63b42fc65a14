//! `keyward license file`: the newest form once more.

use std::path::PathBuf;

use clap::Args;
use keyward_engine::license::Named;
use serde_json::json;

use super::change::target;
use super::{Which, explain, summary};
use crate::commands::form_file;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output;

#[derive(Args)]
pub(crate) struct File {
    #[command(flatten)]
    which: Which,
    /// The file to write, `-` for standard output
    #[arg(long, value_name = "FILE", visible_alias = "out")]
    to: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl File {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        self.database.change(None, async |opened: &Opened| {
            let path = target(opened, &named, self.to.as_deref()).await?;
            let found = opened.engine.find(&named).await.map_err(|error| explain(&named, error))?;
            let form = opened.engine.reveal(&opened.caller, &Named::Id(found.license.id)).await?;
            form_file::write(path.as_deref(), &form)?;
            let file = path.map(|path| path.display().to_string());
            if json {
                return output::json(&json!({
                    "form": form.as_str(), "file": file, "license": summary::json(opened, &found),
                }));
            }
            match file {
                Some(file) => output::print(format_args!(
                    "{}: wrote {}; it ends {}\n",
                    output::printable(&summary::called(&found)),
                    output::printable(&file),
                    summary::expires(&found)
                )),
                None => output::print(format_args!("{}\n", form.as_str())),
            }
        })
    }
}
