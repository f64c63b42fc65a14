//! The master key: `keyward keys rotate-master`, `export-master` and `import-master`.

use std::path::{Path, PathBuf};

use clap::Args;
use keyward_engine::keys::exported_master;
use keyward_engine::vault::{self, MasterKey};
use serde_json::json;

use crate::clock;
use crate::database::{self, DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::keys::{self, PassphraseArgs};
use crate::output;

#[derive(Args)]
pub(crate) struct RotateMaster {
    /// Write the new key to this new file. Needed when the present one comes from KEYWARD_MASTER_KEY; otherwise the new
    /// key takes the place of the file, and the old one is kept beside it, because backups may need it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct ExportMaster {
    /// Write to this new file, which only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct ImportMaster {
    /// The file that `keys export-master` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write the key to this new file, which only you can read [default: where the configuration has it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl RotateMaster {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let place = database::master_key_file(&opened.config);
            let new = MasterKey::generate(&mut clock::generator());
            let (written, moves) = match (&self.out, &place) {
                (Some(out), _) => (out.clone(), None),
                (None, Some(file)) => {
                    let kept = file.with_added_extension(opened.engine.master_id());
                    (file.with_added_extension("new"), Some((file, kept)))
                }
                (None, None) => {
                    return Err(Failure::argument(
                        "the present master key comes from KEYWARD_MASTER_KEY",
                        "say with --out to which file the new one is written",
                    ));
                }
            };
            // On the disk before anything is sealed under it.
            vault::create(&written, &new)?;
            if let Err(error) = opened.engine.rotate_master(&opened.caller, &new).await {
                // Nothing was sealed under it; a file that is left behind only confuses.
                let _ = std::fs::remove_file(&written);
                return Err(error.into());
            }
            let (file, kept) = match moves {
                Some((file, kept)) => (exchange(&written, file, &kept)?, Some(kept)),
                None => (written, None),
            };
            say(&file, kept.as_deref(), &new.id(), json)
        })
    }
}

/// The old key keeps a name of its own, the new one gets the old one's.
fn exchange(new: &Path, file: &Path, kept: &Path) -> Result<PathBuf, Failure> {
    let moved = std::fs::rename(file, kept).and_then(|()| std::fs::rename(new, file));
    moved.map_err(|error| {
        let where_it_is = format!("the master key of the database is now in {}", new.display());
        Failure::file(file, &error).and(format_args!("{where_it_is}: move it there yourself"))
    })?;
    Ok(file.to_owned())
}

fn say(file: &Path, kept: Option<&Path>, id: &str, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "masterKey": id, "file": file.display().to_string(),
            "previous": kept.map(|kept| kept.display().to_string()),
        }));
    }
    output::print(format_args!(
        "the database is sealed under the new master key {id}, in {}\n",
        file.display()
    ))?;
    match kept {
        Some(kept) => output::tell(format_args!(
            "the old one is in {}: keep it as long as there are backups from before; other nodes need the new one before \
             their next start",
            kept.display()
        )),
        None => {
            output::tell(
                "every server must be started with it the next time; the old one opens only backups",
            );
        }
    }
    Ok(())
}

impl ExportMaster {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let passphrase = self.passphrase.read_new()?;
        self.database.change(None, async |opened: &Opened| {
            let master = match (&opened.config.secrets.master_key, database::master_key_file(&opened.config))
            {
                (None, Some(file)) => vault::load(&file)?,
                (Some(text), _) => MasterKey::parse(text.expose())?,
                (None, None) => unreachable!("a master key comes from a variable or a file"),
            };
            let text = opened.engine.export_master(&opened.caller, &master, &passphrase).await?;
            super::hand_over(&text, self.out.as_deref(), json)
        })
    }
}

impl ImportMaster {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let config = self.database.load()?.config;
        let Some(place) = self.out.clone().or_else(|| database::master_key_file(&config)) else {
            return Err(Failure::argument(
                "KEYWARD_MASTER_KEY gives a master key already",
                "say with --out to which file this one is written",
            ));
        };
        let text = keys::read_file(&self.file)?;
        let key = exported_master(&self.passphrase.read_known()?, &text)?;
        if self.out.is_none() && config.keys.master_key_file.is_none() {
            database::make_directory(&config.server.data)?;
        }
        vault::create(&place, &key)?;
        if json {
            return output::json(&json!({ "masterKey": key.id(), "file": place.display().to_string() }));
        }
        output::print(format_args!("the master key {} is in {}\n", key.id(), place.display()))
    }
}
