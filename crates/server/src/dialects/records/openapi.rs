//! What the routes of the signed records take and answer, for `/openapi.json`.

use serde_json::{Value, json};

use crate::openapi::{Group, Operation, get, post, schema};

/// How the older records write an instant.
const DATE: &str = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$";

/// What programs call, and the pages.
pub(crate) fn described() -> [Group; 2] {
    let text = || json!({ "type": "string" });
    let questions = Group {
        name: "Records",
        about: "System A: records with a signature.",
        refusal: ("application/json", schema("RecordRefusal")),
        operations: vec![
            post("/validate_license", "recordValidate", "Says whether a signed record is valid")
                .about("Any signature that was ever issued for the client counts; the stored end decides.")
                .takes(
                    "RecordQuestion",
                    json!({ "client_id": "example.com", "signature": "0123456789abcdef" }),
                )
                .gives(200, "The verdict: yes or no.", "RecordVerdict")
                .gives(400, "The body is no JSON, or a field is missing.", "RecordMistake")
                .refuses(&[429, 503]),
            get("/public_key", "recordPublicKey", "The public key that records are verified with, as PEM")
                .gives_as(200, "The key that signs now.", "text/plain", text())
                .refuses(&[503]),
        ],
        schemas: schemas(),
    };
    let pages = Group {
        name: "Records in a browser",
        about: "The form and the table of signed records: plain pages, and forms that are answered with pages.",
        refusal: ("text/html", text()),
        operations: pages(),
        schemas: json!({}),
    };
    [questions, pages]
}

fn pages() -> Vec<Operation> {
    let html = |operation: Operation, about| {
        operation.gives_as(200, about, "text/html", json!({ "type": "string" }))
    };
    let who = || json!([{ "token": [] }, { "recordsSession": [] }, { "session": [] }]);
    let of = |operation: Operation| {
        operation
            .segment("serial", "1", json!({ "type": "string", "minLength": 1 }), "The number of the licence.")
            .needs(who())
            .refuses(&[401, 403, 404, 429, 503])
    };
    let list =
        get("/records", "recordList", "The form and the table; who is not signed in gets a form to sign in")
            .option("query", "q", json!({ "type": "string" }), "What is searched for.")
            .option("query", "before", json!({ "type": "string" }), "Only licences with a lower number.")
            .refuses(&[401, 403, 429, 503]);
    let download =
        of(get("/records/{serial}/record.json", "recordFile", "A record with its signature, as a file"));
    vec![
        html(list, "The page."),
        post("/records", "recordIssue", "Issues a record")
            .takes_form(
                "RecordForm",
                json!({ "client_id": "example.com", "license_type": "Pro", "duration": "365" }),
            )
            .needs(who())
            .leads("To the new record.")
            .refuses(&[401, 403, 409, 422, 429, 503]),
        get("/records/style.css", "recordStyle", "The style sheet of the pages").gives_as(
            200,
            "The style sheet.",
            "text/css",
            json!({ "type": "string" }),
        ),
        get("/records/sign-in", "recordSignInPage", "For whoever signed in and goes back")
            .leads("To the records."),
        post("/records/sign-in", "recordSignIn", "Opens a session with a token")
            .takes_form("RecordSignIn", json!({ "token": "kw_example" }))
            .leads("To the page that was asked for, with the session's cookie.")
            .refuses(&[401, 403, 422, 429, 503]),
        post("/records/sign-out", "recordSignOut", "Ends the session")
            .may_take_form("RecordProof", json!({ "csrf": "" }))
            .needs(who())
            .leads("To the records.")
            .refuses(&[401, 403, 429, 503]),
        html(of(get("/records/{serial}", "recordShow", "One licence with its record")), "The page."),
        download.gives(200, "The record and its signature.", "RecordFile"),
        of(post("/records/{serial}/revoke", "recordRevoke", "Revokes a licence"))
            .may_take_form("RecordProof", json!({ "csrf": "" }))
            .leads("To the licence.")
            .refuses(&[409]),
        of(post("/records/{serial}/reactivate", "recordReactivate", "Adds days, and issues a new record"))
            .takes_form("RecordDays", json!({ "days": "30" }))
            .leads("To the licence.")
            .refuses(&[409, 422]),
    ]
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let said = json!({ "type": "string", "minLength": 1 });
    let csrf =
        json!({ "type": "string", "description": "The proof of the session; none with a bearer token." });
    json!({
        "RecordQuestion": {
            "type": "object",
            "required": ["client_id", "signature"],
            "properties": {
                "client_id": { "type": "string", "minLength": 1 },
                "signature": {
                    "type": "string", "minLength": 1,
                    "description": "Hexadecimal. What is none is no signature of ours, and answered as such.",
                },
            },
        },
        "RecordVerdict": {
            "type": "object",
            "required": ["status", "message"],
            "properties": {
                "status": { "enum": ["success", "error"] },
                "message": { "enum": [
                    "License is valid.", "License not found.", "Signature mismatch.", "License is revoked.",
                    "License has expired.",
                ] },
            },
        },
        "RecordMistake": {
            "type": "object",
            "required": ["error"],
            "properties": { "error": { "enum": ["Missing client_id or signature", "Invalid JSON format"] } },
        },
        "RecordRefusal": {
            "type": "object",
            "required": ["status", "message", "error", "code", "request_id"],
            "properties": {
                "status": { "const": "error" }, "message": said, "error": said,
                "code": { "type": "string", "pattern": "^[A-Z_0-9]+$" },
                "request_id": { "type": "string", "format": "uuid" },
            },
        },
        "RecordFile": {
            "type": "object",
            "description": "As it was issued: what is signed is the four other fields, as Python's `json.dumps` writes them.",
            "required": ["client_id", "license_type", "issued_at", "exp", "signature"],
            "properties": {
                "client_id": said,
                "license_type": text,
                "issued_at": {
                    "type": ["integer", "string"], "pattern": DATE,
                    "description": "Seconds since 1970; older records have a date in UTC.",
                },
                "exp": {
                    "type": ["integer", "string"], "pattern": format!("^Never$|{DATE}"),
                    "description": "The last second in which it is valid, in the same way; `Never` where it has no end.",
                },
                "signature": { "type": "string", "pattern": "^([0-9A-Fa-f]{2})+$" },
            },
        },
        "RecordForm": {
            "type": "object",
            "required": ["client_id", "license_type"],
            "properties": {
                "client_id": { "type": "string", "minLength": 1, "maxLength": 2000 },
                "license_type": {
                    "type": "string", "minLength": 1, "description": "The name or the code of one of the policies.",
                },
                "duration": {
                    "type": "string", "description": "Whole days, 1 or more; without meaning for what never ends.",
                },
                "csrf": csrf,
            },
        },
        "RecordSignIn": {
            "type": "object",
            "required": ["token"],
            "properties": {
                "token": { "type": "string", "minLength": 1 },
                "next": { "type": "string", "description": "The page to go on to." },
            },
        },
        "RecordProof": { "type": "object", "properties": { "csrf": csrf } },
        "RecordDays": {
            "type": "object",
            "properties": {
                "days": { "type": "string", "description": "Whole days, 1 or more." },
                "duration": { "type": "string", "description": "The same by its older name." },
                "seen": { "type": "string", "description": "The end that the page showed." },
                "csrf": csrf,
            },
        },
    })
}
