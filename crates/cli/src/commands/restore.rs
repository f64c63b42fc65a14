//! `keyward restore`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use keyward_engine::archive::{self, Archive, ArchiveError, Loaded, Target, is_archive};
use keyward_engine::backup::{Backup, check_file};
use keyward_engine::{Caller, MasterKeySource};
use keyward_server::config::Config;
use keyward_store::{DatabaseAddress, Options, Store};
use serde_json::json;

use super::backup::{log, log_object, rows};
use crate::bulk;
use crate::clock::{self, Clock};
use crate::database::{self, DatabaseArgs};
use crate::failure::Failure;
use crate::new_file::{Named, NewFile, beside};
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Restore {
    /// What `keyward backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Restore it although its audit log is broken
    #[arg(long)]
    accept_broken_log: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Restore {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let config = self.database.load()?.config;
        let address: DatabaseAddress = config.database_url().expose().parse()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let master_key = database::master_key(&config)?;
            let restored = match (is_archive(&self.file)?, &address) {
                (false, DatabaseAddress::Sqlite(path)) => {
                    let (named, backup) = self.copy(path, &master_key).await?;
                    settle(&config, Some(&backup)).await?;
                    named.stays();
                    backup
                }
                (true, DatabaseAddress::Sqlite(path)) => {
                    let (named, backup) = self.load_beside(path, &master_key).await?;
                    settle(&config, None).await?;
                    named.stays();
                    backup
                }
                (true, DatabaseAddress::Postgres(_)) => {
                    let backup = self.load(&address, address.to_string(), &master_key).await?;
                    settle(&config, None).await?;
                    backup
                }
                (false, DatabaseAddress::Postgres(_)) => return Err(self.only_sqlite()),
            };
            say(&restored, &address, json)
        })
    }

    /// Puts a database file in its place.
    async fn copy(&self, path: &Path, master_key: &MasterKeySource) -> Result<(Named, Backup), Failure> {
        let failed = |error| Failure::file(&self.file, &error);
        if beside(&self.file, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
            return Err(Failure::argument(
                format_args!("{} is in use: a part of it is in the file beside it", self.file.display()),
                "make a backup of that database with `keyward backup`, and restore the backup",
            ));
        }
        let mut new = NewFile::at(path)?;
        new.make_directory()?;
        let mut from = File::open(&self.file).map_err(failed)?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let copied = options.open(new.part()).and_then(|mut to| {
            std::io::copy(&mut from, &mut to)?;
            to.sync_all()
        });
        copied.map_err(|error| Failure::file(new.path(), &error))?;
        let mut bar = None;
        let progress = |done, total| bar.get_or_insert_with(|| bulk::progress(total)).set_position(done);
        // The copy is checked: it is what will be used.
        let checked = check_file(new.part(), master_key, self.accept_broken_log, progress).await;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let backup = checked.map_err(|error| self.explain(error))?;
        Ok((new.name()?, backup))
    }

    /// Takes an archive into a new file.
    async fn load_beside(
        &self,
        path: &Path,
        master_key: &MasterKeySource,
    ) -> Result<(Named, Backup), Failure> {
        let mut new = NewFile::at(path)?;
        new.make_directory()?;
        let place = DatabaseAddress::Sqlite(new.part().to_owned());
        let backup =
            self.load(&place, DatabaseAddress::Sqlite(path.to_owned()).to_string(), master_key).await?;
        Ok((new.name()?, backup))
    }

    async fn load(
        &self,
        address: &DatabaseAddress,
        place: String,
        master_key: &MasterKeySource,
    ) -> Result<Backup, Failure> {
        let archive = Archive::in_clear(&self.file).and_then(|archive| {
            archive.must_be(true)?;
            // Before a table is made.
            archive.check_key(master_key)?;
            Ok(archive)
        });
        let archive = archive.map_err(|error| self.explain(error))?;
        read_through(&archive)?;
        let store = Store::open(address, Options { alone: true, ..Options::default() }).await?;
        let target = Target { store: &store, place, master_key, accept_broken_log: self.accept_broken_log };
        let loaded = load(target, archive).await?;
        let Loaded { head, database, log, .. } = loaded;
        Ok(Backup {
            schema: head.schema,
            master_key: head.master_key,
            rows: database.rows.clone(),
            log,
            archive: Some(database),
        })
    }

    fn only_sqlite(&self) -> Failure {
        Failure::argument(
            format_args!(
                "{} is a database file of SQLite, and the database is on PostgreSQL",
                self.file.display()
            ),
            "restore it as a file (--database sqlite:PATH), `keyward export` that, and `keyward import keyward` into \
             PostgreSQL",
        )
    }

    /// The copy has another name than the file that was given.
    fn explain(&self, error: keyward_engine::EngineError) -> Failure {
        match error {
            keyward_engine::EngineError::Archive(ArchiveError::Foreign { wanted, .. }) => {
                ArchiveError::Foreign { path: self.file.clone(), wanted }.into()
            }
            error => error.into(),
        }
    }
}

/// Refuses a file that is not whole, before anything is made for it.
pub(super) fn read_through(archive: &Archive) -> Result<(), Failure> {
    let bar = bulk::progress_of_bytes(archive.path());
    let checked = archive.check(|bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    Ok(checked.map(drop)?)
}

/// Takes an archive in, with a bar for whoever watches.
pub(super) async fn load(target: Target<'_>, archive: Archive) -> Result<Loaded, Failure> {
    let bar = bulk::progress_of_bytes(archive.path());
    let shown = bar.clone();
    let progress = Box::new(move |done, total| {
        shown.set_length(total);
        shown.set_position(done);
    });
    let loaded = archive::load(target, archive, &Clock(None), Box::new(clock::generator()), progress).await;
    bar.finish_and_clear();
    Ok(loaded?)
}

/// Opens the database as every command will, writes down where it came from, and seals the log.
pub(super) async fn settle(config: &Config, from_file: Option<&Backup>) -> Result<(), Failure> {
    let engine = database::start(config, Arc::new(Clock(None)), false).await?.engine;
    if let Some(backup) = from_file {
        engine.note_restored(&Caller::operator(), backup).await?;
    }
    // Whoever comes next seals what is left.
    let _ = engine.seal_audit().await;
    let _ = engine.release_sealer().await;
    Ok(())
}

fn say(restored: &Backup, address: &DatabaseAddress, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "database": address.to_string(), "kind": super::backup::kind(restored), "schema": restored.schema,
            "masterKey": restored.master_key, "rows": restored.rows, "log": log_object(&restored.log),
        }));
    }
    let mut table = Table::default();
    table.row("restored", address);
    rows(&mut table, &restored.rows);
    log(&mut table, &restored.log);
    table.row("master key", &restored.master_key);
    output::print(table)?;
    output::tell(
        "what happened after the backup is gone: keys used since work again, devices added since must be added again",
    );
    Ok(())
}
