//! E: `LK-` keys of both versions.

use keyward_core::claims::Claims;
use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk1::{self, Lk1, Lk1Key};
use keyward_core::scheme::lk2::{self, Lk2Key};
use keyward_core::time::date_text;
use keyward_core::verdict::{self, DeviceContext};
use serde_json::json;

use crate::{Inputs, Outcome, decided, refusal};

pub(crate) fn run(op: &str, inputs: &Inputs<'_>) -> Outcome {
    let secret = || Ok::<_, String>(SharedSecret::new(inputs.text("secret")?, inputs.provider));
    match op {
        "e_v1_sign" => {
            let key =
                Lk1 { tier: inputs.text("tier")?.to_owned(), random: inputs.text("random")?.to_owned() };
            Ok(json!({ "license_key": key.seal(&secret()?).map_err(refusal)? }))
        }
        "e_v2_signature" => {
            let (signature, key) = lk2::seal_encoded(inputs.text("encoded")?, &secret()?);
            Ok(json!({ "signature": signature, "license_key": key }))
        }
        "e_verify" => verify(inputs, &KeySet::of_secret(secret()?)),
        "e_key_hash" => Ok(json!({ "key_hash": lk2::key_hash(inputs.text("license_key")?, &secret()?) })),
        _ => panic!("unknown operation {op}"),
    }
}

/// A reader of system E: the first two versions.
fn verify(inputs: &Inputs<'_>, keys: &KeySet) -> Outcome {
    let text = inputs.text("license_key")?;
    match Scheme::of(text).map_err(refusal)? {
        Scheme::Lk1 => {
            let key = Lk1Key::parse(text).and_then(|key| key.verify(keys)).map_err(refusal)?;
            Ok(json!({
                "version": 1,
                "tier": key.tier,
                "random": key.random,
                "max_devices": lk1::max_devices(&key.tier),
            }))
        }
        Scheme::Lk2 => {
            let key = Lk2Key::parse(text).and_then(|key| key.verify(keys)).map_err(refusal)?;
            let verdict =
                verdict::device(&Claims::from(key.clone()), &DeviceContext::default(), inputs.now()?);
            decided(&verdict, || {
                json!({
                    "version": 2,
                    "tier": key.tier,
                    "max_devices": key.max_devices,
                    "company": key.company,
                    "expires": key.expires.map(date_text),
                    "issued": date_text(key.issued),
                    "unique_id": key.unique_id,
                    "perpetual": key.expires.is_none(),
                })
            })
        }
        Scheme::Lk3 => Err(refusal(Refusal::UnsupportedVersion("3".to_owned()))),
        _ => Err(refusal(Flaw::UnknownForm)),
    }
}
