//! `keyward audit verify`.

use std::path::PathBuf;

use clap::Args;
use keyward_engine::audit::Verified;
use keyward_server::checkpoint_file::{self, Kept};
use serde_json::{Value, json};

use crate::bulk;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Verify {
    /// Compare it with the checkpoints in this file, too [default: audit.checkpoint_file of the configuration]
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Verify {
    pub(super) fn run(&self, json: bool) -> Result<bool, Failure> {
        self.database.read(None, async |opened: &Opened| {
            // Before the database: what is signed meanwhile lies beyond what is read of it.
            let outside = self.outside(opened)?;
            let kept = outside.as_ref().map_or(&[][..], |(_, kept)| &kept.checkpoints);
            let count = opened.engine.audit_head().await?.seq.max(0);
            let progress = bulk::progress(count.unsigned_abs());
            let checked =
                opened.engine.verify_audit(kept, |at| progress.set_position(at.max(0).unsigned_abs())).await;
            progress.finish_and_clear();
            let checked = checked?;
            let printed = if json {
                output::json(&object(&checked, outside.as_ref()))
            } else {
                output::print(table(&checked, outside.as_ref()))
            };
            printed.map(|()| checked.report.is_sound())
        })
    }
}

/// Checkpoints outside the database, and their file.
type Outside = (PathBuf, Kept);

impl Verify {
    /// What was kept outside. A file that is named must be there; the one of the configuration comes with its first checkpoint.
    fn outside(&self, opened: &Opened) -> Result<Option<Outside>, Failure> {
        let (file, is_named) = match (&self.checkpoints, &opened.config.audit.checkpoint_file) {
            (Some(file), _) => (file, true),
            (None, Some(file)) => (file, false),
            (None, None) => return Ok(None),
        };
        let failed = |error: std::io::Error| Failure::file(file, &error);
        if is_named {
            std::fs::metadata(file).map_err(failed)?;
        }
        Ok(Some((file.clone(), checkpoint_file::read(file).map_err(failed)?)))
    }
}

fn table(checked: &Verified, outside: Option<&Outside>) -> Table {
    let report = &checked.report;
    let mut table = Table::default();
    table.row("sound", if report.is_sound() { "yes" } else { "no" });
    table.row("entries", format_args!("{} followed", report.head.count));
    table.row("end", hex(&report.head.digest));
    table.row("checkpoints", format_args!("{} fit", report.checkpoints));
    if let Some((file, kept)) = outside {
        let newest = kept.checkpoints.iter().map(|checkpoint| checkpoint.seq).max();
        let newest = newest.map(|seq| format!(", the newest at entry {seq}")).unwrap_or_default();
        let count = kept.checkpoints.len();
        table.row("outside", format_args!("{count} checkpoints in {} were compared{newest}", file.display()));
        if kept.unreadable > 0 {
            table.row("unreadable", format_args!("{} lines of that file", kept.unreadable));
        }
    }
    if report.erased > 0 {
        table.row("erased", format_args!("the person in {} entries", report.erased));
    }
    if checked.unsealed > 0 {
        let not_yet = "not sealed yet: nothing can be said of them; a server or the next command seals them";
        table.row("waiting", format_args!("{} {not_yet}", checked.unsealed));
    }
    for finding in &report.findings {
        table.row("code", finding.kind);
        let id = finding.id.map(|id| format!(" ({id})")).unwrap_or_default();
        table.row("where", format_args!("entry {}{id}", finding.seq));
        table.row("because", &finding.detail);
        table.row("help", finding.kind.remedy());
    }
    table
}

fn object(checked: &Verified, outside: Option<&Outside>) -> Value {
    let report = &checked.report;
    let findings: Value = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "code": finding.kind.as_str(), "seq": finding.seq, "id": finding.id.map(|id| id.to_string()),
                "detail": finding.detail, "remedy": finding.kind.remedy(),
            })
        })
        .collect();
    json!({
        "sound": report.is_sound(), "entries": report.head.count, "digest": hex(&report.head.digest),
        "checkpoints": report.checkpoints, "erased": report.erased, "unsealed": checked.unsealed,
        "findings": findings,
        "outside": outside.map(|(file, kept)| json!({
            "file": file.display().to_string(), "checkpoints": kept.checkpoints.len(), "unreadable": kept.unreadable,
        })),
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
