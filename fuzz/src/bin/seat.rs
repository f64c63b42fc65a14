//! The vendor's answer, as a stranger may write it: any form, and any message inside.
#![no_main]

use keyward_core::seat::SignedSeat;
use keyward_fuzz::{base64url, keys};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let inside = format!("KA-1-{}", base64url(&[&[0; 4], bytes, &[0; 64]].concat()));
    for text in [std::str::from_utf8(bytes).unwrap_or_default(), &inside] {
        let Ok(signed) = SignedSeat::parse(text) else { continue };
        let (id, seat) = (signed.key_id(), signed.unverified().clone());
        // What was read can be written, and reads as the same.
        let again = SignedSeat::parse(&seat.to_text(id, [0; 64])).expect("what was read can be written");
        assert_eq!((again.key_id(), again.unverified()), (id, &seat));
        assert!(again.verify(keys()).is_err());
        if let Ok(verified) = signed.verify(keys()) {
            assert_eq!(verified, seat);
        }
    }
});
