//! `keyward import keyward`: everything that another Keyward exported.

use std::path::PathBuf;

use clap::Args;
use keyward_engine::archive::{Archive, Loaded, Target};
use keyward_store::{DatabaseAddress, Options, Store};
use serde_json::json;

use super::super::backup::{log, log_object, rows};
use super::super::restore::{load, read_through, settle};
use crate::database::{self, DatabaseArgs};
use crate::failure::Failure;
use crate::keys::PassphraseArgs;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Keyward {
    /// What `keyward export` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Keyward {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let config = self.database.load()?.config;
        let address: DatabaseAddress = config.database_url().expose().parse()?;
        // Before anything is made.
        let archive = Archive::open(&self.file, || self.passphrase.read_known())?;
        archive.must_be(false)?;
        archive.must_have_secrets()?;
        read_through(&archive)?;
        let key_file = database::master_key_file(&config);
        if key_file.is_some() && config.keys.master_key_file.is_none() {
            database::make_directory(&config.server.data)?;
        }
        let new_key = key_file.filter(|file| !file.exists());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let master_key = database::master_key(&config)?;
            let store = Store::open(&address, Options { alone: true, ..Options::default() }).await?;
            let place = address.to_string();
            let target = Target { store: &store, place, master_key: &master_key, accept_broken_log: true };
            let loaded = load(target, archive).await?;
            drop(store);
            settle(&config, None).await?;
            if let Some(file) = new_key.filter(|file| file.exists()) {
                let file = file.display();
                output::tell(format_args!("made its master key {file}: keep a copy of the key elsewhere"));
            }
            self.say(&loaded, &address, json)
        })
    }

    fn say(&self, loaded: &Loaded, address: &DatabaseAddress, json: bool) -> Result<(), Failure> {
        let Loaded { head, file, database, master_key, log: checked } = loaded;
        if json {
            return output::json(&json!({
                "database": address.to_string(),
                "from": { "file": self.file.display().to_string(), "database": head.database, "at": head.at,
                    "schema": head.schema, "masterKey": head.master_key },
                "masterKey": master_key, "rows": database.rows,
                "content": { "file": file.content, "database": database.content },
                "log": { "file": file.log, "database": database.log, "check": log_object(checked) },
            }));
        }
        let mut table = Table::default();
        table.row("from", format_args!("a database on {}, as it was at {}", head.database, head.at));
        table.row("into", address);
        rows(&mut table, &database.rows);
        table.row("content", format_args!("{}  says the file", file.content));
        table.row("", format_args!("{}  has the database", database.content));
        table.row("log", format_args!("{}  says the file", file.log));
        table.row("", format_args!("{}  has the database", database.log));
        log(&mut table, checked);
        table.row("master key", format_args!("{master_key}; before, it was {}", head.master_key));
        output::print(table)
    }
}
