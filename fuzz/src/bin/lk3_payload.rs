//! The protobuf inside our own keys: what was read can be sealed, and verifies as the same.
#![no_main]

use keyward_core::scheme::lk3::Lk3Key;
use keyward_fuzz::{base64url, keys, reads_back};

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let text = format!("LK-3-{}", base64url(&[&[0; 5], payload, &[0; 64]].concat()));
    let key = Lk3Key::parse(&text).expect("the form is right");
    assert!(key.verify(keys()).is_err());
    if let Ok(lk3) = key.payload(&[]) {
        reads_back(&lk3);
    }
});
