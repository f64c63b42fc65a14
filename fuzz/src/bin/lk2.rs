//! System E's second keys, as a stranger may write them: any form, any gzip.
#![no_main]

use keyward_core::scheme::lk2::Lk2Key;
use keyward_fuzz::keys;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(key) = Lk2Key::parse(text) else { return };
    let read = key.unverified();
    if let Ok(verified) = key.verify(keys()) {
        assert_eq!(read, Ok(verified));
    }
});
