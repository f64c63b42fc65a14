//! A: signed records.

use keyward_core::claims::Claims;
use keyward_core::crypto::KeySet;
use keyward_core::scheme::record::{Profile, Record, SignedRecord, Times};
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, DeviceContext};
use keyward_engine::keyring;
use serde_json::{Value, json};

use crate::{Inputs, Outcome, agreed, decided, malformed, refusal};

pub(crate) fn run(op: &str, inputs: &Inputs<'_>) -> Outcome {
    match op {
        "a_sign" => sign(inputs),
        "a_verify" => verify(inputs),
        _ => panic!("unknown operation {op}"),
    }
}

fn profile(inputs: &Inputs<'_>) -> Profile {
    [Profile::Epoch, Profile::Text, Profile::TextSorted]
        .into_iter()
        .find(|profile| inputs.text("profile") == Ok(profile.as_str()))
        .expect("a known profile")
}

fn sign(inputs: &Inputs<'_>) -> Outcome {
    let fields = inputs.value("fields");
    let text = |name: &str| fields[name].as_str().ok_or_else(malformed);
    let number = |name: &str| fields[name].as_i64().ok_or_else(malformed);
    let time = |name| Timestamp::parse_record_text(text(name)?).ok_or_else(malformed);
    let profile = profile(inputs);
    let times = match profile {
        Profile::Epoch => Times::Epoch { issued_at: number("issued_at")?, exp: number("exp")? },
        Profile::Text | Profile::TextSorted => Times::Text {
            issued_at: time("issued_at")?,
            exp: if text("exp")? == "Never" { None } else { Some(time("exp")?) },
        },
    };
    let record = Record {
        profile,
        client_id: text("client_id")?.to_owned(),
        license_type: text("license_type")?.to_owned(),
        times,
    };
    let signed_text = record.signed_text().map_err(refusal)?;
    agreed(inputs.private_pems("private_key").map(|pem| {
        let key = keyring::read_key(pem).map_err(|error| error.to_string())?;
        let signature = key.sign(signed_text.as_bytes());
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(json!({ "signed_text": signed_text, "signature": signature }))
    }))
}

fn verify(inputs: &Inputs<'_>) -> Outcome {
    agreed(inputs.public_keys("public_key").into_iter().map(|key| {
        let signed =
            SignedRecord::parse(inputs.text("licence_json")?, Some(profile(inputs))).map_err(refusal)?;
        let record = signed.verify(&KeySet::of_public(key)).map_err(refusal)?;
        let revoked = inputs.optional_text("record_status") == Some("revoked");
        let context = DeviceContext { revoked, ..Default::default() };
        let verdict = verdict::device(&Claims::from(record.clone()), &context, inputs.now()?);
        decided(&verdict, || value(&record))
    }))
}

fn value(record: &Record) -> Value {
    let (issued_at, exp) = match record.times {
        Times::Epoch { issued_at, exp } => (json!(issued_at), json!(exp)),
        Times::Text { issued_at, exp } => (
            json!(issued_at.to_record_text()),
            json!(exp.map_or(Some("Never".to_owned()), Timestamp::to_record_text)),
        ),
    };
    json!({
        "client_id": record.client_id,
        "license_type": record.license_type,
        "issued_at": issued_at,
        "exp": exp,
        "perpetual": record.is_perpetual(),
        "expires_at": record.expires().and_then(|t| t.to_python().map(|text| text + "Z")),
    })
}
