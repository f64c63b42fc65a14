//! `keyward backup`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use keyward_engine::audit::Verified;
use keyward_engine::backup::Backup as Made;
use serde_json::{Value, json};

use crate::bulk;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Backup {
    /// The new file, which only you can read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Backup {
    /// Says whether all of it is good.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        self.database.must_exist()?;
        let file = NewFile::at(&self.file)?;
        self.database.change(None, async |opened: &Opened| {
            let mut bar = None;
            let progress = |done, total| bar.get_or_insert_with(|| bulk::progress(total)).set_position(done);
            let made = opened.engine.backup(&opened.caller, file.part(), progress).await;
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
            let made = made?;
            file.name()?.stays();
            self.say(&made, json)?;
            Ok(made.log.report.is_sound())
        })
    }

    fn say(&self, made: &Made, json: bool) -> Result<(), Failure> {
        if json {
            return output::json(&json!({
                "file": self.file.display().to_string(), "kind": kind(made), "schema": made.schema,
                "masterKey": made.master_key, "rows": made.rows, "log": log_object(&made.log),
            }));
        }
        let mut table = Table::default();
        table.row("file", self.file.display());
        table
            .row("kind", if made.archive.is_some() { "archive of lines" } else { "database file of SQLite" });
        rows(&mut table, &made.rows);
        log(&mut table, &made.log);
        table.row("checked", "what was written was read again");
        table
            .row("master key", format_args!("{} is needed to restore it, and is not in it", made.master_key));
        output::print(table)
    }
}

/// How a program names the kind of a backup.
pub(super) const fn kind(made: &Made) -> &'static str {
    if made.archive.is_some() { "archive" } else { "sqlite" }
}

/// How much there is.
pub(super) fn rows(table: &mut Table, rows: &BTreeMap<String, u64>) {
    let of = |name: &str| rows.get(name).copied().unwrap_or_default();
    table.row("rows", rows.values().sum::<u64>());
    for (name, said) in [("licenses", "licences"), ("machines", "devices"), ("users", "people")] {
        table.row(said, of(name));
    }
}

/// What the check of the audit log said.
pub(super) fn log(table: &mut Table, log: &Verified) {
    let report = &log.report;
    match report.findings.first() {
        None => table.row("audit log", format_args!("sound, {} entries followed", report.head.count)),
        Some(finding) => {
            table.row("audit log", format_args!("BROKEN at entry {}: {}", finding.seq, finding.detail));
            table.row("help", finding.kind.remedy());
        }
    }
}

/// The same for a program.
pub(super) fn log_object(log: &Verified) -> Value {
    let first = log.report.findings.first();
    json!({
        "sound": log.report.is_sound(), "entries": log.report.head.count, "unsealed": log.unsealed,
        "broken": first.map(|finding| json!({ "seq": finding.seq, "detail": finding.detail })),
    })
}
