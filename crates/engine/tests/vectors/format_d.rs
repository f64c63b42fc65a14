//! D: device-bound files and device ids.

use base64::Engine as _;
use keyward_core::calendar::add_months;
use keyward_core::claims::Claims;
use keyward_core::crypto::KeySet;
use keyward_core::device::{DeviceFacts, Interface, arch, first_mac, parse_last_seen, platform, username};
use keyward_core::json::{self, ecmascript};
use keyward_core::refusal::Flaw;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::verdict::{self, DeviceContext};
use keyward_engine::issue::FileRequest;
use keyward_engine::keyring;
use serde_json::json;

use crate::{Inputs, Outcome, agreed, at, decided, malformed, not_issued, refusal};

pub(crate) fn run(op: &str, inputs: &Inputs<'_>) -> Outcome {
    match op {
        "d_canonical" => {
            let value = json::parse(inputs.text("json_text")?, "text").map_err(refusal)?;
            Ok(json!({ "text": ecmascript::stringify(&value) }))
        }
        "d_sign" => sign(inputs),
        "d_add_months" => {
            let to =
                add_months(at(inputs.text("from")?), inputs.number("months")?).map_err(|_| malformed())?;
            Ok(json!({ "to": to.to_ecmascript() }))
        }
        "d_verify" => verify(inputs),
        "d_device_id" => Ok(device_id(&facts(inputs, inputs.text("mac")?, inputs.text("username")?)?)),
        "d_device_id_from_system" => device_id_from_system(inputs),
        "d_platform_name" => {
            Ok(json!({ "platform": platform(inputs.text("os")?), "arch": arch(inputs.text("arch")?) }))
        }
        _ => panic!("unknown operation {op}"),
    }
}

fn sign(inputs: &Inputs<'_>) -> Outcome {
    let request = FileRequest {
        product: inputs.text("product")?.to_owned(),
        license_type: inputs.text("licenseType")?.to_owned(),
        issued_to: inputs.text("issuedTo")?.to_owned(),
        device_id: inputs.text("deviceId")?.to_owned(),
        months: inputs.number("months")?,
        grace_period_days: inputs.number("gracePeriodDays")?,
    };
    agreed(inputs.private_pems("private_key").map(|pem| {
        let key = keyring::read_key(pem).map_err(|error| error.to_string())?;
        let file = request.issue(&key, at(inputs.text("issuedAt")?)).map_err(|error| not_issued(&error))?;
        let signature =
            base64::engine::general_purpose::STANDARD.encode(key.sign(file.signed_text().as_bytes()));
        Ok(json!({ "signed_text": file.signed_text(), "signature": signature, "file_text": file.to_text() }))
    }))
}

fn verify(inputs: &Inputs<'_>) -> Outcome {
    let text = match inputs.optional_text("file_b64") {
        None => inputs.text("file_text")?.to_owned(),
        Some(encoded) => {
            let bytes =
                base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64 of the vectors");
            String::from_utf8(bytes).map_err(|_| refusal(Flaw::NotText))?
        }
    };
    agreed(inputs.public_keys("public_key").into_iter().map(|key| {
        let file = LicenseFile::parse(&text).map_err(refusal)?;
        let payload = file.verify(&KeySet::of_public(key)).map_err(refusal)?;
        let context = DeviceContext {
            device: Some(inputs.text("device_id")?),
            last_seen: inputs.optional_text("last_seen_text").and_then(parse_last_seen),
            ..Default::default()
        };
        let verdict = verdict::device(&Claims::from(payload.clone()), &context, inputs.now()?);
        decided(&verdict, || {
            json!({
                "status": verdict.status().as_str(),
                "days_left": verdict.days_left,
                "product": payload.product,
                "license_type": payload.license_type,
                "issued_to": payload.issued_to,
                "expires_at": payload.expires_at.to_ecmascript(),
                "grace_period_end": payload.grace_period_end().to_ecmascript(),
            })
        })
    }))
}

fn facts(inputs: &Inputs<'_>, mac: &str, username: &str) -> Result<DeviceFacts, String> {
    Ok(DeviceFacts {
        platform: inputs.text("platform")?.to_owned(),
        arch: inputs.text("arch")?.to_owned(),
        hostname: inputs.text("hostname")?.to_owned(),
        mac: mac.to_owned(),
        username: username.to_owned(),
        salt: inputs.text("salt")?.to_owned(),
    })
}

fn device_id(facts: &DeviceFacts) -> serde_json::Value {
    json!({ "material": facts.material(), "device_id": facts.device_id() })
}

fn device_id_from_system(inputs: &Inputs<'_>) -> Outcome {
    let interfaces = inputs.value("network_interfaces").as_array().expect("a list").iter();
    let addresses = interfaces.flat_map(|interface| interface["addresses"].as_array().expect("a list"));
    let addresses: Vec<Interface> = addresses
        .map(|address| Interface {
            mac: address["mac"].as_str().unwrap_or_default().to_owned(),
            internal: address["internal"].as_bool().unwrap_or(false),
        })
        .collect();
    let env = |name: &str| inputs.value("env")[name].as_str().map(str::to_owned);
    let username = username(env("USER"), env("USERNAME"));
    Ok(device_id(&facts(inputs, first_mac(&addresses), &username)?))
}
