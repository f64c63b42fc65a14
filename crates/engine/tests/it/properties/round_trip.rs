//! `parse(format(x)) == x` for `record`, `pool`, `tier` and `file`.

use keyward_core::crypto::KeySet;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::scheme::record::SignedRecord;
use keyward_core::scheme::tier::{Tier, TierKey};
use proptest::prelude::*;

use super::{cases, made_up};
use crate::world::{KEY_A, KEY_D, generator, secret};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn record(record in made_up::record()) {
        let signature = KEY_A.signing.sign(record.signed_text().expect("a text").as_bytes());
        let signed = SignedRecord::new(record.clone(), signature);
        let text = signed.to_json().expect("a text");
        prop_assert_eq!(SignedRecord::parse(&text, Some(record.profile)), Ok(signed));
        for profile in [None, Some(record.profile)] {
            let read = SignedRecord::parse(&text, profile).and_then(|read| read.verify(&KEY_A.keys()));
            prop_assert_eq!(read.as_ref(), Ok(&record), "{}", text);
        }
    }

    #[test]
    fn pool(seed: u64) {
        let key = PoolKey::generate(&mut generator(seed));
        prop_assert!(key.has_check_character());
        prop_assert_eq!(PoolKey::parse(key.as_str()), Ok(key.clone()));
        prop_assert_eq!(PoolKey::parse(&key.as_str().to_ascii_lowercase()), Ok(key));
    }

    #[test]
    fn pool_of_the_old_alphabet(text in "[A-Z0-9]{12}") {
        let key = PoolKey::parse(&text).expect("a key");
        prop_assert_eq!(key.as_str(), text);
    }

    #[test]
    fn tier(prefix in "[A-Z0-9]{1,16}", tier in "[A-Z0-9_]{1,20}", timestamp in 0..=i64::MAX) {
        let (tier, secret) = (Tier { tier, timestamp }, secret());
        let text = tier.seal(&prefix, &secret).expect("a key");
        let read = TierKey::parse(&text, &prefix).and_then(|key| key.verify(&KeySet::of_secret(secret)));
        prop_assert_eq!(read, Ok(tier));
    }

    #[test]
    fn file(payload in made_up::payload()) {
        let signature = KEY_D.signing.sign(payload.signed_text().expect("a text").as_bytes());
        let file = LicenseFile::new(payload.clone(), signature).expect("a file");
        let text = file.to_text();
        let read = LicenseFile::parse(&text).expect("a file");
        prop_assert_eq!(read.verify(&KEY_D.keys()), Ok(payload));
        prop_assert_eq!(read, file);
    }
}
