//! What the routes of the installations take and answer, for `/openapi.json`.

mod schemas;

use serde_json::{Value, json};

use super::MAX_NAME;
use crate::openapi::{Group, Operation, get, post, schema};

/// Beside the console, its session opens the routes, too.
pub(crate) fn described(beside_console: bool) -> Group {
    let mut operations = Vec::new();
    for operation in requests() {
        // Whoever asks may be unknown, or may not do it, or be locked out; and the console's own installation may be missing.
        let operation = operation.refuses(&[401, 403, 404, 429, 503]);
        operations.push(operation.also_below("/api", "BelowApi"));
        operations.push(operation);
    }
    let operations = operations.into_iter().map(|operation| operation.needs(who(beside_console)));
    let page = get("/license", "lkOverview", "The dialect's page").gives_as(
        200,
        "The page.",
        "text/html",
        json!({ "type": "string" }),
    );
    let page = if beside_console { page.leads("A browser is led to the console.") } else { page };
    Group {
        name: "Installations",
        about: "System E: everything belongs to the installation that the token is bound to. Each route is also below `/api`. \
                With the console's session, changes need its proof in `X-CSRF-Token`, too.",
        refusal: ("application/json", schema("LkRefusal")),
        operations: operations.chain([page]).collect(),
        schemas: schemas::schemas(),
    }
}

fn who(beside_console: bool) -> Value {
    if beside_console {
        json!([{ "token": [] }, { "session": [] }, { "session": [], "proof": [] }])
    } else {
        json!([{ "token": [] }])
    }
}

fn requests() -> Vec<Operation> {
    let of_license = |operation: Operation| {
        let number = json!({ "type": "integer" });
        operation.segment("id", "1", number, "The id of the licence in its installation.")
    };
    let of_device = |operation: Operation| {
        let id =
            json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": "^[^\\u0000]+$" });
        operation
            .segment("id", "front-desk", id, "The id of the device. The length counts in bytes of UTF-8.")
            .refuses(&[400])
    };
    let feature = |operation: Operation| {
        let name =
            json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": "^[^\\u0000]+$" });
        operation.option("query", "feature", name, "A feature that must be licensed.").refuses(&[400])
    };
    let device = json!({ "deviceId": "front-desk", "name": "The front desk" });
    let key = json!({ "licenseKey": "LK-1-PRO-10-ABCD1234-0000" });
    vec![
        post("/license/activate", "lkActivate", "Adds a licence by its key")
            .takes("LkKey", key.clone())
            .repeatable()
            .gives(200, "It is active.", "LkActivated"),
        feature(get("/license/status", "lkStatus", "How the installation stands")).gives(
            200,
            "Also where it is not valid; `reason` says why.",
            "LkStatus",
        ),
        get("/license/decoded", "lkDecoded", "Every licence with what its key says").gives(
            200,
            "The licences.",
            "LkDecoded",
        ),
        get("/license/decode", "lkDecode", "The payload of the active licence with most devices").gives(
            200,
            "The payload.",
            "LkPayload",
        ),
        get("/license/installation-key", "lkInstallationKey", "The installation's key")
            .about("Its reader can make keys, so it takes a token that may, and is written down.")
            .gives(200, "The key.", "LkInstallationKey"),
        get("/license/usage", "lkUsage", "Every limit with what is used").gives(
            200,
            "The limits.",
            "LkUsages",
        ),
        post("/license/usage", "lkUse", "Uses up an amount of a limit; a negative one gives back")
            .takes("LkUse", json!({ "name": "exports", "amount": 1 }))
            .repeatable()
            .gives(200, "It is counted.", "LkUsage"),
        get("/licenses", "lkLicenses", "Every licence").gives(200, "The licences.", "LkLicenses"),
        of_license(get("/licenses/{id}", "lkLicense", "One licence")).gives(200, "The licence.", "LkLicense"),
        of_license(Operation::new("patch", "/licenses/{id}", "lkChangeLicense", "Changes a licence"))
            .about("A whole licence may be sent back; what cannot be changed must then be as it is.")
            .takes("LkChange", json!({ "notes": "Paid by invoice" }))
            .gives(200, "The licence as it is now.", "LkLicense")
            .refuses(&[409]),
        of_license(Operation::new("delete", "/licenses/{id}", "lkRemoveLicense", "Removes a licence"))
            .about("Its devices move to the free tier, in the order of their activation.")
            .gives(200, "It is removed.", "LkRemoved")
            .refuses(&[400, 409]),
        get("/devices", "lkDevices", "Every device").gives(200, "The devices.", "LkDevices"),
        post("/devices", "lkAddDevice", "Takes a place that is free for a device")
            .takes("LkNewDevice", device)
            .repeatable()
            .gives(200, "It had its place already.", "LkDeviceDone")
            .gives(201, "It has its place now.", "LkDeviceDone"),
        feature(of_device(get("/devices/{id}", "lkDevice", "One device"))).gives(
            200,
            "Whether it may run, and otherwise why not.",
            "LkDevice",
        ),
        of_device(Operation::new("delete", "/devices/{id}", "lkReleaseDevice", "Releases a device"))
            .gives(200, "It is released.", "LkReleased")
            .refuses(&[409]),
        of_device(post(
            "/devices/{id}/activate-license",
            "lkActivateDevice",
            "Takes a place of this licence",
        ))
        .takes("LkDeviceKey", key)
        .repeatable()
        .gives(200, "It had its place already.", "LkDeviceDone")
        .gives(201, "It has its place now.", "LkDeviceDone"),
    ]
}
