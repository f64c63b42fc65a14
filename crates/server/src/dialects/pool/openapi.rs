//! What the routes of the pool take and answer, for `/openapi.json`.

use serde_json::{Value, json};

use super::activate::MAX_FINGERPRINT;
use crate::config::StatsAccess;
use crate::openapi::{Group, get, post, schema};

pub(crate) fn described(stats: StatsAccess) -> Group {
    let key = json!({ "type": "string", "minLength": 1 });
    let who = match stats {
        StatsAccess::Public => json!([]),
        StatsAccess::Token => json!([{ "token": [] }]),
    };
    let numbers = get("/api/stats", "poolStatistics", "The pool in numbers")
        .needs(who)
        .gives(200, "The numbers.", "PoolStatistics")
        .refuses(&[503]);
    let numbers = if stats == StatsAccess::Token { numbers.refuses(&[401]) } else { numbers };
    Group {
        name: "Pool",
        about: "System B: keys that work once. Dates are UTC without a zone.",
        refusal: ("application/json", schema("PoolRefusal")),
        operations: vec![
            get("/api/validate/{key}", "poolValidate", "Asks about a key, and changes nothing")
                .segment("key", "A1B2C3D4E5F6", key, "The key: 12 letters and digits.")
                .gives(200, "The key may be activated.", "PoolKey")
                .refuses(&[400, 404, 429, 503]),
            get("/api/validate/", "poolValidateNothing", "A key that was left empty").refuses(&[404, 429]),
            post("/api/activate", "poolActivate", "Uses a key for a domain")
                .about(
                    "A key works once, for the same domain too. What is repeated with the same Idempotency-Key gets the \
                     first answer, unless that was a refusal.",
                )
                .takes(
                    "PoolActivation",
                    json!({ "license_key": "A1B2C3D4E5F6", "domain_fingerprint": "example.com" }),
                )
                .repeatable()
                .gives(200, "The key is activated now.", "PoolActivated")
                .refuses(&[404, 429, 503]),
            numbers,
        ],
        schemas: schemas(),
    }
}

fn schemas() -> Value {
    let date =
        json!({ "type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{6})?$" });
    let maybe_date = json!({ "type": ["string", "null"], "pattern": date["pattern"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let lease = json!({ "type": "integer", "description": "Seconds a device may run on this answer." });
    json!({
        "PoolKey": {
            "type": "object",
            "required": ["valid", "license_key", "duration_days", "duration_label", "status", "is_used", "created_date"],
            "properties": {
                "valid": { "const": true },
                "license_key": { "type": "string" },
                "duration_days": count,
                "duration_label": { "type": "string" },
                "status": { "const": "ACTIVE" },
                "is_used": { "const": false },
                "created_date": maybe_date,
            },
        },
        "PoolActivation": {
            "type": "object",
            "required": ["license_key", "domain_fingerprint"],
            "properties": {
                "license_key": {
                    "type": "string", "pattern": "^[A-Za-z0-9]{12}$",
                    "description": "The key; small letters are taken for large ones.",
                },
                "domain_fingerprint": {
                    "type": "string", "minLength": 1, "maxLength": MAX_FINGERPRINT, "pattern": "^[^\\u0000]+$",
                    "description": "What the key is bound to. The length counts in bytes of UTF-8.",
                },
            },
        },
        "PoolActivated": {
            "type": "object",
            "required": [
                "success", "license_key", "duration_days", "duration_label", "activation_date", "expiration_date",
            ],
            "properties": {
                "success": { "const": true },
                "license_key": { "type": "string" },
                "duration_days": count,
                "duration_label": { "type": "string" },
                "activation_date": maybe_date,
                "expiration_date": maybe_date,
                "offlineLease": lease,
            },
        },
        "PoolStatistics": {
            "type": "object",
            "required": [
                "total_licenses", "used_licenses", "available_licenses", "inactive_licenses", "by_duration", "by_status",
                "activations", "failed_attempts", "bypass_attempts", "activation_rate",
            ],
            "properties": {
                "total_licenses": count, "used_licenses": count, "available_licenses": count,
                "inactive_licenses": count,
                "by_duration": {
                    "type": "object",
                    "description": "By the code of the policy.",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["label", "total", "used", "available"],
                        "properties": {
                            "label": { "type": "string" }, "total": count, "used": count, "available": count,
                        },
                    },
                },
                "by_status": {
                    "type": "object",
                    "required": ["ACTIVE", "SUSPENDED", "REVOKED"],
                    "properties": { "ACTIVE": count, "SUSPENDED": count, "REVOKED": count },
                },
                "activations": {
                    "type": "object",
                    "required": ["last_24h", "last_7d", "last_30d"],
                    "properties": { "last_24h": count, "last_7d": count, "last_30d": count },
                },
                "failed_attempts": count,
                "bypass_attempts": count,
                "activation_rate": { "type": "number" },
            },
        },
        "PoolRefusal": {
            "type": "object",
            "description": "`valid` is what a question gets, `success` what an activation gets.",
            "required": ["error", "error_code"],
            "anyOf": [{ "required": ["valid"] }, { "required": ["success"] }],
            "properties": {
                "valid": { "const": false },
                "success": { "const": false },
                "error": { "type": "string", "minLength": 1 },
                "error_code": { "type": "string", "pattern": "^[A-Z_0-9]+$" },
                "hint": { "enum": ["MALFORMED", "CHECK_CHARACTER"] },
                "used_date": date,
                "status": { "enum": ["ACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"] },
                "activation_date": date,
                "expiration_date": date,
                "offlineLease": lease,
                "request_id": { "type": "string", "format": "uuid" },
            },
        },
    })
}
