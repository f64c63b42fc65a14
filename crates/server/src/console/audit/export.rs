//! The filtered entries as a file.

use std::borrow::Cow;

use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use keyward_core::audit::Entry;
use keyward_engine::audit::entry_json;
use keyward_engine::token::Permission;

use super::Wanted;
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
    entries.iter().map(|entry| format!("{}\n", entry_json(entry))).collect()
}

/// RFC 4180.
fn csv(entries: &[Entry]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let fits = "memory takes every record, and all have as many fields";
    writer.write_record(COLUMNS).expect(fits);
    for entry in entries {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let (actor, resource) = (id(entry.actor_id), id(entry.resource_id));
        let (at, own) = (super::instant(entry.at), entry.id.to_string());
        let cells: [&str; COLUMNS.len()] = [
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
        writer.write_record(cells.map(no_formula).iter().map(|cell| cell.as_bytes())).expect(fits);
    }
    String::from_utf8(writer.into_inner().expect(fits)).expect("it is made of texts")
}

/// What a spreadsheet would take for a formula is made a text: callers choose what stands in the log.
fn no_formula(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use keyward_core::audit::Entry;
    use keyward_core::time::Timestamp;

    use super::csv;

    #[test]
    fn cells_are_texts() {
        let entry = |user_agent: &str| Entry {
            id: uuid::Uuid::nil(),
            account: None,
            at: Timestamp::from_micros(0),
            event: "a.b".to_owned(),
            outcome: "done".to_owned(),
            actor_kind: "anonymous".to_owned(),
            actor_id: None,
            resource_type: "license".to_owned(),
            resource_id: None,
            front: "pool".to_owned(),
            request_id: None,
            detail: "{}".to_owned(),
            address: None,
            user_agent: Some(user_agent.to_owned()),
            personal_salt: None,
            personal_digest: None,
        };
        for (text, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("-1,2", "\"'-1,2\""),
            ("", ""),
        ] {
            let own = uuid::Uuid::nil();
            let row =
                format!("1970-01-01 00:00:00,a.b,done,anonymous,,license,,pool,,{{}},,{wanted},{own}\r\n");
            let text = csv(&[entry(text)]);
            assert_eq!(text.split_once("\r\n").map(|(_, rows)| rows), Some(&*row));
        }
    }
}
