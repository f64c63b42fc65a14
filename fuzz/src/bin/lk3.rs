//! Our own keys, as a stranger may write them: any form, any seal.
#![no_main]

use keyward_core::crypto::KeySet;
use keyward_core::scheme::lk3::Lk3Key;
use keyward_fuzz::{keys, reads_back};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(key) = Lk3Key::parse(text) else { return };
    let read = key.payload(&keys().secrets);
    assert_eq!(key.payload(&[]).is_ok(), read.is_ok() && !key.is_encrypted());
    assert!(key.verify(&KeySet::default()).is_err());
    if let Ok(verified) = key.verify(keys()) {
        assert_eq!(read.as_ref(), Ok(&verified));
    }
    if let Ok(lk3) = read {
        reads_back(&lk3);
    }
});
