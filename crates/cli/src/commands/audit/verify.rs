//! `keyward audit verify`.

use clap::Args;
use keyward_engine::audit::Verified;
use serde_json::{Value, json};

use crate::bulk;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Verify {
    pub(super) fn run(&self, json: bool) -> Result<bool, Failure> {
        self.database.read(None, async |opened: &Opened| {
            let count = opened.engine.audit_head().await?.seq.max(0);
            let progress = bulk::progress(count.unsigned_abs());
            let checked =
                opened.engine.verify_audit(|at| progress.set_position(at.max(0).unsigned_abs())).await;
            progress.finish_and_clear();
            let checked = checked?;
            let printed = if json { output::json(&object(&checked)) } else { output::print(table(&checked)) };
            printed.map(|()| checked.report.is_sound())
        })
    }
}

fn table(checked: &Verified) -> Table {
    let report = &checked.report;
    let mut table = Table::default();
    table.row("sound", if report.is_sound() { "yes" } else { "no" });
    table.row("entries", format_args!("{} followed", report.head.count));
    table.row("end", hex(&report.head.digest));
    table.row("checkpoints", format_args!("{} fit", report.checkpoints));
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

fn object(checked: &Verified) -> Value {
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
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
