//! Sealed values and look-up digests.

use std::collections::HashSet;

use keyward_engine::vault::{Place, VaultError};
use proptest::prelude::*;
use uuid::Uuid;

use super::vault;
use crate::properties::cases;
use crate::world::generator;

const PLACE: Place = Place { table: "licenses", column: "key_sealed", row: Uuid::from_u128(7) };

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_is_sealed_opens(plain: Vec<u8>, seed: u64) {
        let (_, vault, _) = vault(1);
        let sealed = vault.seal(PLACE, &plain, &mut generator(seed));
        let opened = vault.open_value(PLACE, &sealed).expect("it opens");
        prop_assert_eq!(opened.as_slice(), plain);
    }
}

#[test]
fn a_value_opens_at_no_other_place() {
    let (_, vault, _) = vault(1);
    let sealed = vault.seal(PLACE, b"LK-3-secret", &mut generator(2));
    for other in [
        Place { table: "tokens", ..PLACE },
        Place { column: "secret_sealed", ..PLACE },
        Place { row: Uuid::from_u128(8), ..PLACE },
        // The same letters, divided otherwise.
        Place { table: "licensesk", column: "ey_sealed", ..PLACE },
    ] {
        assert_eq!(vault.open_value(other, &sealed).expect_err("it must not"), VaultError::Value(other));
    }
}

#[test]
fn no_flipped_bit_and_no_cut_opens() {
    let (_, vault, _) = vault(1);
    let sealed = vault.seal(PLACE, b"LK-3-secret", &mut generator(2));
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(vault.open_value(PLACE, &flipped).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(vault.open_value(PLACE, &sealed[..length]).is_err(), "{length} bytes");
    }
    assert!(vault.open_value(PLACE, &[&sealed[..], &[0]].concat()).is_err());
}

#[test]
fn a_value_of_another_vault_is_told_apart() {
    let sealed = vault(1).1.seal(PLACE, b"LK-3-secret", &mut generator(2));
    let error = vault(2).1.open_value(PLACE, &sealed).expect_err("another key");
    assert_eq!((error.code(), error), ("SEALED_VALUE_FOREIGN", VaultError::OtherKey(PLACE)));
}

#[test]
fn the_same_value_is_never_sealed_alike_and_shows_nothing() {
    let ((_, vault, _), mut rng) = (vault(1), generator(3));
    let sealed: HashSet<_> = (0..100).map(|_| vault.seal(PLACE, b"LK-3-secret", &mut rng)).collect();
    assert_eq!(sealed.len(), 100);
    assert!(
        sealed
            .iter()
            .all(|sealed| !sealed.windows(6).any(|part| b"LK-3-secret".windows(6).any(|s| s == part)))
    );
}

#[test]
fn a_digest_depends_on_key_kind_and_text() {
    let (one, other) = (vault(1).1, vault(2).1);
    let digests = [
        one.digest("key", "abc"),
        one.digest("token", "abc"),
        one.digest("key", "abd"),
        one.digest("key", ""),
        one.digest("keya", "bc"),
        other.digest("key", "abc"),
    ];
    assert_eq!(HashSet::from(digests).len(), digests.len());
    assert_eq!(one.digest("key", "abc"), digests[0]);
}
