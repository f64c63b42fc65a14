//! System B's keys: twelve characters, and nothing changed but the case.
#![no_main]

use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(key) = PoolKey::parse(text) else { return };
    key.has_check_character();
    assert_eq!(key.as_str(), text.to_ascii_uppercase());
    assert!(PoolKey::parse(key.as_str()) == Ok(key));
    assert_eq!(Scheme::of(text), Ok(Scheme::Pool));
});
