//! The vectors of system E, activated over HTTP: what a decoder says of a key, the server says of it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::tenant::{Tenant, instant};
use crate::site::Site;

/// The cases of `testdata/vectors`, or of the directory in `VECTORS_DIR`, that verify a key.
fn cases() -> Vec<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directory = root.join(std::env::var_os("VECTORS_DIR").unwrap_or_else(|| "testdata/vectors".into()));
    let text = std::fs::read_to_string(directory.join("format_e.json")).expect("the vectors can be read");
    let file: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let cases = file["cases"].as_array().expect("there are cases");
    cases.iter().filter(|case| case["op"] == "e_verify").cloned().collect()
}

/// Why the answer is not the expected one.
async fn check(customer: &Tenant<'_>, case: &Value) -> Result<(), String> {
    let (key, expected) = (case["inputs"]["license_key"].as_str().expect("a key"), &case["expected"]);
    let answer = customer.activate(key).await;
    let body = answer.json();
    let value = &expected["value"];
    if expected["ok"] == false {
        let kind = body["code"].as_str().unwrap_or_default().to_lowercase();
        let also = expected["also_accept"].as_array();
        let fits =
            expected["error"] == *kind || also.is_some_and(|also| also.iter().any(|one| *one == *kind));
        return if answer.status == 400 && fits { Ok(()) } else { Err(format!("{body} is not {expected}")) };
    }
    let known = value["tier"]
        .as_str()
        .is_some_and(|tier| customer.site.engine.policy_named("lk", &tier.to_lowercase()).is_ok());
    if !known {
        let fits = answer.status == 400 && body["code"] == "NOT_FOUND";
        return if fits { Ok(()) } else { Err(format!("{body}: there is no policy for that tier")) };
    }
    let added = &body["addedLicense"];
    let company = value["company"].as_str().filter(|company| !company.is_empty());
    let expires = value["expires"].as_str().map(|day| format!("{day}T00:00:00Z"));
    let wanted = json!({
        "id": added["id"], "tier": value["tier"], "maxDevices": value["max_devices"],
        "companyName": company, "expiresAt": expires,
    });
    if answer.status != 200 || *added != wanted {
        return Err(format!("{body} is not {wanted}"));
    }
    let license = &customer.read("/license/decoded").await["licenses"][0];
    if license["version"] != value["version"] {
        return Err(format!("{license} is not of version {}", value["version"]));
    }
    match value["issued"].as_str() {
        Some(day) if license["issuedAt"] != format!("{day}T00:00:00Z") => {
            Err(format!("{license} was issued on {day}"))
        }
        _ => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_is_activated_or_refused_as_the_vectors_say() {
    let (mut failures, mut asked) = (Vec::new(), 0);
    for case in cases() {
        let (inputs, name) = (&case["inputs"], case["name"].as_str().expect("a name"));
        let key = inputs["license_key"].as_str().expect("a key");
        // The door takes off the white space that people paste, asks for a key where there is none, and knows a third version.
        if key != key.trim() || key.is_empty() || key.starts_with("LK-3-") {
            continue;
        }
        asked += 1;
        let site = Site::new().await;
        let customer =
            Tenant::with_secret(&site, "theia", inputs["secret"].as_str().expect("a secret")).await;
        site.clock.set(instant(inputs["now"].as_str().expect("a time")));
        if let Err(why) = check(&customer, &case).await {
            failures.push(format!("{name}: {why}"));
        }
    }
    assert!(asked > 60, "{asked} cases are too few");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
