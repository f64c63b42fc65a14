//! What an import did, as a table for people and as one object for programs.

use keyward_engine::import::{Report, RowName, System};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{self, Columns, Table};

pub(super) fn print(report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&object(report));
    }
    let mut table = Table::default();
    table.row("from", format_args!("system {}, {}", report.system.as_str(), report.place));
    table.row("into", format_args!("product {}", report.product));
    table.row("rows read", report.read);
    table.row(if report.dry_run { "would be imported" } else { "imported" }, report.imported);
    if report.forms > 0 {
        table.row("further forms", report.forms);
    }
    if report.ignored > 0 {
        table.row("other files", format_args!("{}, not looked at", report.ignored));
    }
    for skipped in &report.skipped {
        table.row("skipped", format_args!("{}: {}", skipped.count, skipped.reason.sentence()));
    }
    if report.users > 0 {
        table.row(if report.dry_run { "customers to be made" } else { "customers made" }, report.users);
    }
    if !report.policies.is_empty() {
        let made = if report.dry_run { "policies to be made" } else { "policies made" };
        table.row(made, report.policies.join(", "));
    }
    if let Some(fit) = report.seals_fit {
        table.row("seals checked", format_args!("{fit} fit, {} do not", report.seals_wrong));
    }
    let unchecked = match report.system {
        System::A => Some("none: the key that made them was not taken in"),
        System::C | System::E => Some("none: the secret that made them was not given"),
        System::B | System::D => None,
    };
    table.optional("seals checked", unchecked.filter(|_| report.seals_fit.is_none() && report.imported > 0));
    if report.attempts > 0 {
        table.row("attempts taken along", report.attempts);
    }
    output::print(table)?;
    for skipped in report.skipped.iter().filter(|skipped| !skipped.rows.is_empty()) {
        let named = format!("\nskipped, {}", skipped.reason.sentence());
        rows(&named, skipped.count, &skipped.rows)?;
    }
    for warning in &report.warnings {
        rows(&format!("\nto be known: {}", warning.sentence), warning.count, &warning.rows)?;
    }
    let end = match (report.refused, report.dry_run, report.imported + report.forms) {
        (true, ..) => {
            "\nRefused: nothing was imported. Correct these rows, or leave them out with --skip-bad.\n"
        }
        (_, true, _) => "\nThis was a dry run: nothing was written.\n",
        (.., 0) => "\nNothing was to be done.\n",
        _ => return Ok(()),
    };
    output::print(end)
}

fn rows(title: &str, count: u64, rows: &[RowName]) -> Result<(), Failure> {
    if rows.iter().all(|row| row.note.is_none()) {
        let named: Vec<String> = rows.iter().map(called).collect();
        let more = if count > rows.len() as u64 { ", …" } else { "" };
        return output::print(format_args!("{title}:\n{count} rows: {}{more}\n", named.join(", ")));
    }
    let mut list = Columns::new(&["ROW", "ID", "BECAUSE"]);
    for row in rows {
        list.row(&[&row.row, &output::or_dash(row.id.as_ref()), &output::or_dash(row.note.as_ref())]);
    }
    let more = count - rows.len() as u64;
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    output::print(format_args!("{title}:\n{list}{more}"))
}

/// By its id, where it has one, else by its place.
fn called(row: &RowName) -> String {
    row.id.as_deref().map_or_else(|| format!("number {}", row.row), output::printable)
}

fn object(report: &Report) -> Value {
    let skipped: Vec<Value> = report
        .skipped
        .iter()
        .map(|skipped| json!({ "reason": skipped.reason.as_str(), "count": skipped.count, "rows": skipped.rows }))
        .collect();
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|warning| json!({ "warning": warning.sentence, "count": warning.count, "rows": warning.rows }))
        .collect();
    json!({
        "system": report.system.as_str(),
        "from": { "kind": report.kind, "place": report.place },
        "product": report.product,
        "dryRun": report.dry_run,
        "refused": report.refused,
        "read": report.read,
        "imported": report.imported,
        "forms": report.forms,
        "ignored": report.ignored,
        "skippedCount": report.skipped_count(),
        "skipped": skipped,
        "warnings": warnings,
        "usersMade": report.users,
        "policiesMade": report.policies,
        "seals": report.seals_fit.map(|fit| json!({ "fit": fit, "wrong": report.seals_wrong })),
        "attempts": report.attempts,
        "batch": report.batch,
    })
}
