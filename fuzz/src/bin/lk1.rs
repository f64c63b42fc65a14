//! System E's first keys: one in upper case, sealed again, differs in its check at most.
#![no_main]

use keyward_core::scheme::lk1::{Lk1, Lk1Key};
use keyward_fuzz::{keys, secret};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(key) = Lk1Key::parse(text) else { return };
    let read = key.unverified();
    if let Ok(verified) = key.verify(keys()) {
        assert_eq!(verified, read);
    }
    let tier = read.tier.to_ascii_uppercase();
    match read.seal(secret()) {
        Ok(sealed) => {
            let verified = Lk1Key::parse(&sealed).and_then(|key| key.verify(keys()));
            assert_eq!(verified, Ok(Lk1 { tier, random: read.random }));
        }
        // In upper case a tier may begin with a known one, and be cut elsewhere.
        Err(_) => assert_ne!(read.tier, tier),
    }
});
