//! The RSA keys inside public key files, where a fuzzer would hardly get through base64.
#![no_main]

use keyward_core::crypto::{PublicKey, pure::Pure};

libfuzzer_sys::fuzz_target!(|der: &[u8]| {
    if let Ok(key) = PublicKey::rsa(der, &Pure) {
        keyward_fuzz::is_sound(&key);
    }
});
