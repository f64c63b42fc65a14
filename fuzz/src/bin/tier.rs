//! System C's keys: what was read can be sealed, and verifies as the same with the tier in upper case.
#![no_main]

use keyward_core::scheme::tier::{PREFIX, Tier, TierKey};
use keyward_fuzz::{keys, secret};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(key) = TierKey::with_any_prefix(text) else { return };
    let read = key.unverified();
    if let Ok(verified) = key.verify(keys()) {
        assert_eq!(verified, read);
    }
    let sealed = read.seal(PREFIX, secret()).expect("what was read can be sealed");
    let upper = Tier { tier: read.tier.to_ascii_uppercase(), ..read };
    assert_eq!(TierKey::parse(&sealed, PREFIX).and_then(|key| key.verify(keys())), Ok(upper));
});
