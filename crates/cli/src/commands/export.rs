//! `keyward export`.

use std::path::PathBuf;

use clap::Args;
use keyward_engine::archive::Written;
use serde_json::json;

use crate::bulk::{self, Target};
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::keys::PassphraseArgs;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Export {
    /// The new file, which only you can read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write no secrets and no digests of them, in clear: for reading, and for other programs. Such a file cannot be taken in
    #[arg(long, conflicts_with_all = ["passphrase_file", "passphrase_env"])]
    without_secrets: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Export {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.must_exist()?;
        let target = Target::open(Some(&self.file))?;
        let passphrase = if self.without_secrets { None } else { Some(self.passphrase.read_new()?) };
        self.database.change(None, async |opened: &Opened| {
            let passphrase = passphrase.as_ref().map(|text| text.as_str());
            let mut bar = None;
            let progress = |done, total| bar.get_or_insert_with(|| bulk::progress(total)).set_position(done);
            let exported = opened.engine.export(&opened.caller, target, passphrase, progress).await;
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
            let (written, target) = exported?;
            target.finish()?;
            self.say(&written, json)
        })
    }

    fn say(&self, written: &Written, json: bool) -> Result<(), Failure> {
        let Written { head, counts } = written;
        if json {
            return output::json(&json!({
                "file": self.file.display().to_string(), "secrets": !self.without_secrets, "schema": head.schema,
                "masterKey": head.master_key, "at": head.at, "rows": counts.rows, "content": counts.content,
                "log": counts.log,
            }));
        }
        let mut table = Table::default();
        table.row("file", self.file.display());
        let secrets = if self.without_secrets {
            "none: it can be read, and not be taken in"
        } else {
            "all, sealed under the passphrase: without it nobody opens the file"
        };
        table.row("secrets", secrets);
        super::backup::rows(&mut table, &counts.rows);
        table.row("content", &counts.content);
        table.row("log", &counts.log);
        output::print(table)
    }
}
