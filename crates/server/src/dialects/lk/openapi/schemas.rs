//! The schemas of what installations send and get.

use serde_json::{Value, json};

use crate::dialects::lk::MAX_NAME;
use crate::openapi::schema;

/// An object whose fields are all there.
fn whole(fields: Value) -> Value {
    let names: Vec<&String> = fields.as_object().into_iter().flat_map(serde_json::Map::keys).collect();
    let mut schema = json!({ "type": "object", "required": names });
    schema["properties"] = fields;
    schema
}

pub(super) fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let maybe_text = json!({ "type": ["string", "null"] });
    let time = json!({ "type": "string", "format": "date-time" });
    let maybe_time = json!({ "type": ["string", "null"], "format": "date-time" });
    let flag = json!({ "type": "boolean" });
    let number = json!({ "type": "integer" });
    let maybe_number = json!({ "type": ["integer", "null"] });
    let list = |name| json!({ "type": "array", "items": schema(name) });
    let name = json!({ "type": ["string", "null"], "maxLength": MAX_NAME, "pattern": "^[^\\u0000]*$" });
    let key = json!({ "type": "string", "pattern": r"^\s*LK-[123]-[!-~]+\s*$" });
    let maybe_key = json!({ "type": ["string", "null"], "pattern": r"^\s*(LK-[123]-[!-~]+\s*)?$" });
    let as_it_is = json!({ "description": "As it is; it cannot be changed." });
    let ignored = json!({ "description": "Not looked at: the server writes it down." });
    let device = json!({
        "deviceId": text, "name": maybe_text, "licenseId": maybe_number, "tier": text, "pool": maybe_text,
        "isAllowed": flag, "code": text, "reason": maybe_text, "activatedAt": time, "lastSeenAt": time,
    });
    let with = |message: bool| {
        let mut fields = device.clone();
        if message {
            fields["message"] = text.clone();
        }
        let mut device = whole(fields);
        device["properties"]["offlineLease"] =
            json!({ "type": "integer", "description": "Seconds it may run on this answer." });
        device
    };
    let (device, device_done) = (with(false), with(true));
    let payload_date = json!({ "type": ["string", "null"], "format": "date" });
    json!({
        "LkKey": { "type": "object", "required": ["licenseKey"], "properties": { "licenseKey": key } },
        "LkTotals": whole(json!({
            "totalMaxDevices": number, "currentDevices": number, "activeLicenseCount": number,
            "availableDevices": number,
        })),
        "LkActivated": whole(json!({
            "message": text,
            "addedLicense": whole(json!({
                "id": number, "tier": text, "maxDevices": number, "expiresAt": maybe_time, "companyName": maybe_text,
            })),
            "totalStatus": schema("LkTotals"),
        })),
        "LkStatus": whole(json!({
            "tier": text, "maxDevices": number, "currentDevices": number, "isValid": flag, "isInGracePeriod": flag,
            "gracePeriodEndsAt": maybe_time, "reason": maybe_text, "activeLicenseCount": number, "code": text,
            "availableDevices": number,
        })),
        "LkDecoded": whole(json!({
            "hasLicense": flag, "totalMaxDevices": number, "currentDevices": number, "activeLicenseCount": number,
            "licenses": list("LkDecodedLicense"), "limits": list("LkUsage"),
        })),
        "LkDecodedLicense": whole(json!({
            "id": number, "version": { "enum": [1, 2, 3] }, "tier": text, "maxDevices": number,
            "currentDevices": number, "companyName": maybe_text, "expiresAt": maybe_time, "issuedAt": time,
            "isPerpetual": flag, "isExpired": flag, "isActive": flag, "code": text,
            "features": { "type": "array", "items": text },
            "pools": { "type": "array", "items": whole(json!({
                "name": text, "maxDevices": number, "currentDevices": number, "expiresAt": maybe_time,
            })) },
            "limits": list("LkUsage"),
        })),
        "LkPayload": whole(json!({
            "v": { "enum": [1, 2, 3] }, "t": text, "d": number, "c": maybe_text, "e": payload_date, "i": payload_date,
        })),
        "LkInstallationKey": whole(json!({ "installationKey": text, "generatedAt": maybe_time })),
        "LkUsage": whole(json!({ "name": text, "used": number, "limit": maybe_number, "remaining": maybe_number })),
        "LkUsages": list("LkUsage"),
        "LkUse": whole(json!({
            "name": { "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": "^[^\\u0000]+$" },
            "amount": { "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX },
        })),
        "LkLicense": whole(json!({
            "id": number, "key": text, "keyHash": text, "tier": text, "maxDevices": number,
            "currentDeviceCount": number, "companyName": maybe_text, "isActive": flag, "expiresAt": maybe_time,
            "activatedAt": maybe_time, "createdAt": time, "lastValidatedAt": maybe_time, "notes": maybe_text,
            "code": text,
        })),
        "LkLicenses": list("LkLicense"),
        "LkChange": {
            "type": "object",
            "properties": {
                "notes": { "type": ["string", "null"], "maxLength": 10_000, "pattern": "^[^\\u0000]*$" },
                "companyName": { "type": ["string", "null"], "maxLength": 1_000, "pattern": "^[^\\u0000]*$" },
                "isActive": flag,
                "id": as_it_is, "key": as_it_is, "keyHash": as_it_is, "tier": as_it_is, "maxDevices": as_it_is,
                "expiresAt": as_it_is,
                "currentDeviceCount": ignored, "activatedAt": ignored, "createdAt": ignored, "lastValidatedAt": ignored,
                "code": ignored,
            },
            "additionalProperties": false,
        },
        "LkRemoved": whole(json!({ "message": text, "totalStatus": schema("LkTotals") })),
        "LkDevice": device,
        "LkDevices": list("LkDevice"),
        "LkDeviceDone": device_done,
        "LkReleased": whole(json!({ "message": text, "deviceId": text })),
        "LkNewDevice": {
            "type": "object",
            "required": ["deviceId"],
            "properties": {
                "deviceId": { "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": "^[^\\u0000]+$" },
                "licenseKey": maybe_key, "name": name, "pool": name,
            },
        },
        "LkDeviceKey": {
            "type": "object",
            "required": ["licenseKey"],
            "properties": { "licenseKey": key, "name": name, "pool": name },
        },
        "LkRefusal": {
            "type": "object",
            "required": ["error", "code"],
            "properties": {
                "error": { "type": "string", "minLength": 1, "description": "Why, for people." },
                "code": { "type": "string", "pattern": "^[A-Z_0-9]+$" },
                "remedy": { "type": "string", "minLength": 1, "description": "What to do about it." },
                "requestId": { "type": "string", "format": "uuid" },
            },
        },
    })
}
