//! What the routes of the tiered keys take and answer, for `/openapi.json`.

use serde_json::json;

use super::shape;
use crate::layers::Refused;
use crate::openapi::{Group, get, post, schema};

pub(crate) fn described() -> Group {
    let verify = |path, id, summary| {
        post(path, id, summary)
            .takes("TierQuestion", json!({ "license": "QF-PRO-0123456789ABCDEF-1735689600" }))
            .gives(200, "The key is valid.", "TierLicense")
            .refuses(&[401, 429])
    };
    Group {
        name: "Tiers",
        about: "System C: signed keys with a tier. Both questions count together against one limit of requests.",
        refusal: ("application/json", schema("TierRefusal")),
        operations: vec![
            verify("/api/verify", "tierVerify", "Says whether a key is valid, and what it includes"),
            verify("/api/validate", "tierValidate", "The same, at the address of the older front end"),
            get("/api/health", "tierHealth", "Says whether the server works; never limited")
                .gives(200, "It works.", "TierHealth")
                .gives(503, "The database cannot be reached.", "TierHealth"),
        ],
        schemas: json!({
            "TierQuestion": {
                "type": "object",
                "required": ["license"],
                "properties": {
                    "license": { "type": "string", "description": "The key." },
                    "origin": { "description": "Where the question comes from, for the log; anything but a text is left out." },
                },
            },
            "TierLicense": {
                "type": "object",
                "required": ["valid", "tier", "expiresAt", "userId", "features"],
                "properties": {
                    "valid": { "const": true },
                    "tier": { "type": "string" },
                    "expiresAt": { "type": ["integer", "null"], "description": "Unix milliseconds." },
                    "userId": { "type": ["string", "null"] },
                    "features": { "type": "array", "items": { "type": "string" } },
                    "offlineLease": { "type": "integer", "description": "Seconds a device may run on this answer." },
                },
            },
            "TierHealth": {
                "type": "object",
                "required": ["status", "timestamp"],
                "properties": {
                    "status": { "enum": ["ok", "unavailable"] },
                    "timestamp": { "type": "integer", "description": "Unix milliseconds." },
                },
            },
            "TierRefusal": {
                "type": "object",
                "required": ["valid", "error"],
                "properties": {
                    "valid": { "const": false },
                    "error": { "enum": [
                        shape::MISSING, shape::BAD_SIGNATURE, shape::NOT_FOUND, shape::EXPIRED, shape::TOO_MANY, shape::FAILED,
                        Refused::BodyTooLarge.sentence(), Refused::BodyTimedOut.sentence(),
                    ] },
                },
            },
        }),
    }
}
