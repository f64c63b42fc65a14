//! The filtered entries as a file.

use axum::http::Uri;
use axum::response::Response;
use keyward_core::audit::Entry;
use keyward_engine::audit::entry_json;
use keyward_engine::token::Permission;

use super::Wanted;
use crate::console::csv_file::{attachment, csv};
use crate::console::visitor::Visitor;
use crate::web::Fields;

const COLUMNS: [&str; 13] = [
    "at",
    "event",
    "outcome",
    "actor_kind",
    "actor_id",
    "resource_type",
    "resource_id",
    "front",
    "request_id",
    "detail",
    "address",
    "user_agent",
    "id",
];

/// `GET /console/audit/export`.
pub(in crate::console) async fn export(visitor: Visitor, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::AuditRead) {
        return no;
    }
    let fields = Fields::of_query(uri.query());
    let (search, _) = Wanted::of(&fields).search();
    let entries = match visitor.app.engine().export_audit(&search).await {
        Ok(entries) => entries,
        Err(error) => return visitor.failed(&error),
    };
    match fields.get("as") {
        "jsonl" => attachment("audit.jsonl", "application/jsonl; charset=utf-8", lines(&entries)),
        _ => attachment("audit.csv", "text/csv; charset=utf-8", csv(COLUMNS, entries.into_iter().map(row))),
    }
}

/// As `keyward audit export` writes them, without their places in the chain.
fn lines(entries: &[Entry]) -> String {
    entries.iter().map(|entry| format!("{}\n", entry_json(entry))).collect()
}

fn row(entry: Entry) -> [String; COLUMNS.len()] {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        super::instant(entry.at),
        entry.event,
        entry.outcome,
        entry.actor_kind,
        id(entry.actor_id),
        entry.resource_type,
        id(entry.resource_id),
        entry.front,
        entry.request_id.unwrap_or_default(),
        entry.detail,
        entry.address.unwrap_or_default(),
        entry.user_agent.unwrap_or_default(),
        entry.id.to_string(),
    ]
}
