//! System A's records: read, written and read again they are the same.
#![no_main]

use keyward_core::json;
use keyward_core::scheme::record::{Profile, Record, SignedRecord};
use keyward_fuzz::keys;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for profile in [None, Some(Profile::Epoch), Some(Profile::Text), Some(Profile::TextSorted)] {
        let Ok(signed) = SignedRecord::parse(text, profile) else { continue };
        let written = signed.to_json().expect("what was read can be written");
        assert_eq!(SignedRecord::parse(&written, profile).as_ref(), Ok(&signed));
        assert_eq!(hexadecimal(text).len(), signed.signature.len() * 2);
        if let Ok(verified) = signed.verify(keys()) {
            assert_eq!(Record { profile: signed.record.profile, ..verified }, signed.record);
        }
    }
});

fn hexadecimal(text: &str) -> String {
    let record = json::parse(text, "record").expect("it was read just now");
    let signature = record.as_object().and_then(|fields| fields.get("signature"));
    signature.and_then(json::Value::as_str).expect("it was read just now").to_owned()
}
