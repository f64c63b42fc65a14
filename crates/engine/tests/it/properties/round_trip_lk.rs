//! `parse(format(x)) == x` for the three versions of `LK-` keys.

use keyward_core::crypto::KeySet;
use keyward_core::scheme::lk1::{Lk1, Lk1Key};
use keyward_core::scheme::lk2::Lk2Key;
use keyward_core::scheme::lk3::{Lk3Key, Seal};
use keyward_engine::keyring::SigningKey;
use proptest::prelude::*;

use super::{cases, made_up};
use crate::world::{WORLD, generator, secret};

const TIERS: [&str; 7] = ["PRO-10", "PRO-20", "PRO-50", "PRO-100", "ENTERPRISE", "GOLD", "TEAM-7"];

fn keys() -> KeySet {
    KeySet::of_secret(secret())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn lk1(tier in proptest::sample::select(&TIERS[..]), serial: u32, seed: u64) {
        let lk1 = Lk1 { tier: tier.to_owned(), random: Lk1::random_part(&mut generator(seed), serial) };
        let text = lk1.seal(&secret()).expect("a key");
        prop_assert_eq!(Lk1Key::parse(&text).and_then(|key| key.verify(&keys())), Ok(lk1));
    }

    /// Where a reader could not tell tier and random part apart again, no key is made.
    #[test]
    fn lk1_of_any_parts(tier in "[A-Z0-9-]{1,8}", random in "[A-Za-z0-9-]{1,8}") {
        let lk1 = Lk1 { tier, random };
        if let Ok(text) = lk1.seal(&secret()) {
            prop_assert_eq!(Lk1Key::parse(&text).and_then(|key| key.verify(&keys())), Ok(lk1));
        } else {
            let middle = format!("{}-{}", lk1.tier, lk1.random);
            prop_assert!(lk1.tier.contains('-') || middle.matches('-').count() > 1, "{:?}", lk1);
        }
    }

    #[test]
    fn lk2(lk2 in made_up::lk2()) {
        let text = lk2.seal(&secret()).expect("a key");
        let seal = &text[text.len() - 8..];
        prop_assert!(!seal.contains('-'));
        let mut read = Lk2Key::parse(&text).and_then(|key| key.verify(&keys())).expect("a key");
        if read.unique_id != lk2.unique_id {
            // The writer varied it, to keep hyphens out of the seal.
            let varied = read.unique_id.take().expect("an id is never taken away");
            let counted = lk2.unique_id.as_ref().map_or(Some(varied.as_str()), |id| {
                varied.strip_prefix(id.as_str())?.strip_prefix('.')
            });
            prop_assert!(counted.is_some_and(|n| n.parse::<u32>().is_ok_and(|n| n > 0)), "{}", varied);
            read.unique_id.clone_from(&lk2.unique_id);
        }
        prop_assert_eq!(read, lk2);
    }

    #[test]
    fn lk3_signed(lk3 in made_up::lk3(), id: [u8; 16], serial: Option<u64>, nonce: Option<[u8; 12]>) {
        let mut lk3 = lk3;
        (lk3.license_id, lk3.serial) = (Some(uuid::Uuid::from_bytes(id)), serial);
        let (secret, signing): (_, &SigningKey) = (secret(), &WORLD.ed25519);
        let encryption = nonce.map(|nonce| (&secret, nonce));
        let sign = |message: &[u8]| signing.sign(message).try_into().expect("64 bytes");
        let text = lk3.sign(signing.public().id(), encryption, sign).expect("a key");
        let key = Lk3Key::parse(&text).expect("a key");
        prop_assert_eq!((key.seal(), key.is_encrypted()), (Seal::Signature, nonce.is_some()));
        prop_assert_eq!(key.verify(&WORLD.keys), Ok(lk3));
    }

    #[test]
    fn lk3_under_a_secret(lk3 in made_up::lk3(), serial: Option<u64>, nonce: Option<[u8; 12]>) {
        let mut lk3 = lk3;
        lk3.serial = serial;
        let text = lk3.mac(&secret(), nonce).expect("a key");
        let key = Lk3Key::parse(&text).expect("a key");
        prop_assert_eq!((key.seal(), key.is_encrypted()), (Seal::Mac, nonce.is_some()));
        prop_assert_eq!(key.verify(&keys()), Ok(lk3));
    }
}
