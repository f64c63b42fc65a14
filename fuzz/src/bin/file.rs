//! System D's files: layout is free, so writing is compared with writing, and signed text with signed text.
#![no_main]

use keyward_core::scheme::file::LicenseFile;
use keyward_fuzz::keys;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(file) = LicenseFile::parse(text) else { return };
    let written = file.to_text();
    let again = LicenseFile::parse(&written).expect("what was read can be written");
    assert_eq!(again.to_text(), written);
    assert_eq!(again.signed_text(), file.signed_text());
    assert_eq!(again.unverified(), file.unverified());
    if let Ok(payload) = file.verify(keys()) {
        assert_eq!(file.unverified(), Ok(payload));
    }
    if let Ok(payload) = file.unverified() {
        match LicenseFile::new(payload.clone(), Vec::new()) {
            Ok(made) => assert_eq!(made.unverified(), Ok(payload)),
            Err(_) => assert_eq!(payload.expires_at.date(), None, "only the years 1 to 9999 can be written"),
        }
    }
});
