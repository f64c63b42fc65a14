//! Any text: it is of at most one scheme, and what is read from it says the same one.
#![no_main]

use keyward_core::claims::Claims;
use keyward_core::scheme::Scheme;
use keyward_fuzz::keys;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let scheme = Scheme::of(text);
    let verified = Claims::verified(text, keys());
    match Claims::unverified(text, keys()) {
        Ok(claims) => {
            assert_eq!(scheme, Ok(claims.scheme));
            serde_json::to_string(&claims).expect("claims can be written");
            assert!(verified.is_err() || verified == Ok(claims));
        }
        Err(_) => assert!(verified.is_err()),
    }
});
