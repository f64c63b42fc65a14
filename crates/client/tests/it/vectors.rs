//! System D's vectors through the licence manager, with files on disk.

use std::path::PathBuf;

use keyward_client::{Code, LicenseManager, Timestamp};
use serde_json::{Value, json};

use crate::world::{Desk, World};

#[test]
fn the_vectors_of_system_d() {
    let vectors = std::env::var_os("VECTORS_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(vectors.join("format_d.json")).expect("the vectors");
    let vectors: Value = serde_json::from_str(&text).expect("they are JSON");
    let cases = vectors["cases"].as_array().expect("a list");
    let mut seen = 0;
    for case in cases.iter().filter(|case| case["op"] == "d_verify" && case["optional"] != json!(true)) {
        let found = answer(case, &vectors["keys"]);
        let expected = &case["expected"];
        if expected["ok"] == json!(true) {
            assert_eq!(found, expected["value"], "{}", case["name"]);
        } else {
            let also = expected["also_accept"].as_array().cloned().unwrap_or_default();
            let right = found == expected["error"] || also.contains(&found);
            assert!(right, "{}: {found} instead of {expected}", case["name"]);
        }
        seen += 1;
    }
    assert!(seen > 50, "{seen} cases");
}

fn answer(case: &Value, keys: &Value) -> Value {
    let inputs = &case["inputs"];
    let text = |name: &str| inputs[name].as_str();
    let world = World::new();
    std::fs::create_dir_all(world.data()).expect("a directory");
    let bytes = match text("file_b64") {
        Some(encoded) => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64")
        }
        None => text("file_text").expect("a file").as_bytes().to_vec(),
    };
    let product = serde_json::from_slice::<Value>(&bytes)
        .ok()
        .and_then(|file| file["payload"]["product"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "Versoll Books".to_owned());
    std::fs::write(world.file("license.key"), &bytes).expect("it is written");
    if let Some(seen) = text("last_seen_text") {
        std::fs::write(world.file(".last_seen"), seen).expect("it is written");
    }
    let now = Timestamp::parse_rfc3339(text("now").expect("a time")).expect("RFC 3339");
    let key = keys[text("public_key").expect("a key")]["public_spki"].as_str().expect("a PEM text");
    let manager = LicenseManager::builder(&product)
        .public_key(key)
        .expect("a public key")
        .data_directory(world.data())
        .machine(Desk::new("desk"))
        .device_id(text("device_id").expect("an id"))
        .clock(At(now))
        .file_times(false)
        .open()
        .expect("it opens");
    let status = manager.status();
    let verdict = status.verdict();
    if !verdict.valid {
        assert!(!status.can_write(), "{}", case["name"]);
        return json!(kind(verdict.code));
    }
    let claims = status.claims().expect("what it says");
    json!({
        "status": status.status().as_str(),
        "days_left": status.days_left(),
        "product": claims.product,
        "license_type": claims.tier,
        "issued_to": claims.holder,
        "expires_at": verdict.expiry.and_then(Timestamp::to_ecmascript),
        "grace_period_end": verdict.grace_until.and_then(Timestamp::to_ecmascript),
    })
}

struct At(Timestamp);

impl keyward_client::clock::Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn kind(code: Code) -> String {
    code.as_str().to_ascii_lowercase()
}
