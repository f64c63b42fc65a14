//! The device's word that it has given its seat back, as a stranger may write it: any form, and any message inside.
#![no_main]

use keyward_core::crypto::pure::Pure;
use keyward_core::seat::Receipt;
use keyward_fuzz::base64url;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let inside = format!("KX-1-{}", base64url(&[bytes, &[0; 64]].concat()));
    for text in [std::str::from_utf8(bytes).unwrap_or_default(), &inside] {
        let Ok(signed) = Receipt::parse(text) else { continue };
        let receipt = signed.unverified();
        let again = Receipt::parse(&receipt.to_text([0; 64])).expect("what was read can be written");
        assert_eq!(again.unverified(), receipt);
        assert!(again.verify(&[1; 32], &Pure).is_err());
    }
});
