//! What a device without a network asks for, as a stranger may write it: any form, and any message inside.
#![no_main]

use keyward_core::crypto::pure::Pure;
use keyward_core::seat::Request;
use keyward_fuzz::base64url;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let inside = format!("KQ-1-{}", base64url(bytes));
    let texts = [std::str::from_utf8(bytes).unwrap_or_default(), &inside];
    for text in texts {
        let Ok(request) = Request::verified(text, &Pure) else { continue };
        assert!(Request::verified(&request.to_text([0; 64]), &Pure).is_err());
    }
});
