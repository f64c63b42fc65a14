//! The filtered entries as a file.

use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use keyward_core::audit::Entry;
use keyward_engine::token::Permission;
use serde_json::json;

use super::Wanted;
use crate::console::visitor::Visitor;
use crate::web::Fields;

const COLUMNS: &str = "at,event,outcome,actor_kind,actor_id,resource_type,resource_id,front,request_id,detail,address,user_agent,id";

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
    let (kind, name, text) = match fields.get("as") {
        "jsonl" => {
            ("application/jsonl; charset=utf-8", "attachment; filename=\"audit.jsonl\"", lines(&entries))
        }
        _ => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\"", csv(&entries)),
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, name),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

/// As `keyward audit export` writes them, without their places in the chain.
fn lines(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let object = json!({
            "id": entry.id.to_string(),
            "at": entry.at,
            "event": entry.event,
            "outcome": entry.outcome,
            "actorKind": entry.actor_kind,
            "actorId": entry.actor_id.map(|id| id.to_string()),
            "resourceType": entry.resource_type,
            "resourceId": entry.resource_id.map(|id| id.to_string()),
            "front": entry.front,
            "requestId": entry.request_id,
            "detail": entry.detail,
            "address": entry.address,
            "userAgent": entry.user_agent,
        });
        format!("{object}\n")
    };
    entries.iter().map(line).collect()
}

/// RFC 4180.
fn csv(entries: &[Entry]) -> String {
    let mut text = format!("{COLUMNS}\r\n");
    for entry in entries {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let (actor, resource) = (id(entry.actor_id), id(entry.resource_id));
        let (at, own) = (super::instant(entry.at), entry.id.to_string());
        let cells: [&str; 13] = [
            &at,
            &entry.event,
            &entry.outcome,
            &entry.actor_kind,
            &actor,
            &entry.resource_type,
            &resource,
            &entry.front,
            entry.request_id.as_deref().unwrap_or_default(),
            &entry.detail,
            entry.address.as_deref().unwrap_or_default(),
            entry.user_agent.as_deref().unwrap_or_default(),
            &own,
        ];
        text.push_str(&cells.map(cell).join(","));
        text.push_str("\r\n");
    }
    text
}

/// What a spreadsheet would take for a formula is made a text: callers choose what stands in the log.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_texts() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("-1,2", "\"'-1,2\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }
}
