//! Recovery codes, as a stranger may write them: any form, and any bytes inside.
#![no_main]

use keyward_core::recovery::SignedRecoveryCode;
use keyward_fuzz::{base64url, keys};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let inside = format!("KR-1-{}", base64url(bytes));
    for text in [std::str::from_utf8(bytes).unwrap_or_default(), &inside] {
        let Ok(signed) = SignedRecoveryCode::parse(text) else { continue };
        let code = signed.unverified();
        let again = code.to_text(signed.key_id(), [0; 64]);
        let again = SignedRecoveryCode::parse(&again).expect("what was read can be written");
        assert_eq!((again.unverified(), again.key_id()), (code, signed.key_id()));
        assert!(again.verify("acme", "device", keys()).is_err());
        if let Ok(verified) = signed.verify("acme", "device", keys()) {
            assert_eq!(verified, code);
        }
    }
});
