//! Public key files.
#![no_main]

use keyward_core::crypto::{PublicKey, pure::Pure};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(key) = PublicKey::from_pem(text, &Pure) {
        keyward_fuzz::is_sound(&key);
    }
});
