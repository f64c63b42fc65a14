//! The master key: its spellings, what it refuses, and its rotation.

use keyward_engine::vault::{MasterKey, Place, SealedVault, Vault, VaultError};
use proptest::prelude::*;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::vault;
use crate::properties::cases;
use crate::world::generator;

const PLACE: Place = Place { table: "signing_keys", column: "private_sealed", row: Uuid::nil() };

#[test]
fn every_spelling_is_read_and_what_is_written_is_one() {
    let bytes: [u8; 32] = std::array::from_fn(|n| 0xff - (n as u8) * 3);
    let key = MasterKey::from_bytes(Zeroizing::new(bytes));
    let hexadecimal = "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2";
    for text in [
        hexadecimal,
        "FFFCF9F6F3F0EDEAE7E4E1DEDBD8D5D2CFCCC9C6C3C0BDBAB7B4B1AEABA8A5A2",
        " \t//z59vPw7ern5OHe29jV0s/MycbDwL26t7Sxrquopa\u{49}=\r\n",
        "__z59vPw7ern5OHe29jV0s_MycbDwL26t7SxrquopaI",
        "__z59vPw7ern5OHe29jV0s_MycbDwL26t7SxrquopaI=",
    ] {
        let read = MasterKey::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.bytes(), key.bytes(), "{text}");
    }
    assert_eq!(key.to_text().as_str(), hexadecimal);
}

#[test]
fn anything_else_is_refused_without_being_repeated() {
    for (text, code) in [
        ("", "MASTER_KEY_MALFORMED"),
        ("\n", "MASTER_KEY_MALFORMED"),
        ("correct horse battery staple", "MASTER_KEY_MALFORMED"),
        ("0xfcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2", "MASTER_KEY_MALFORMED"),
        ("fffcf9f6f3f0edeae7e4e1dedbd8d5d2", "MASTER_KEY_MALFORMED"),
        ("__z59vPw7ern5OHe29jV0s_MycbDwL26t7SxrquopaIA", "MASTER_KEY_MALFORMED"),
        ("XoYgqu2wJYVZVg5AdWO9NqhKM52qXQ_ob9oeWMVeYhw=", "MASTER_KEY_PUBLIC"),
    ] {
        let error = MasterKey::parse(text).expect_err(text);
        assert_eq!(error.code(), code, "{text}");
        assert!(text.trim().is_empty() || !error.to_string().contains(text), "{error}");
    }
}

#[test]
fn an_opened_vault_is_the_one_that_was_made() {
    let (master, made, sealed) = vault(1);
    let opened = Vault::open(&master, &sealed).expect("it opens");
    assert_eq!(opened.digest("key", "x"), made.digest("key", "x"));
    let value = made.seal(PLACE, b"secret", &mut generator(2));
    assert_eq!(opened.open_value(PLACE, &value).expect("it opens").as_slice(), b"secret");
}

#[test]
fn a_wrong_master_key_is_refused_and_both_are_named() {
    let ((master, _, sealed), (other, ..)) = (vault(1), vault(2));
    let error = Vault::open(&other, &sealed).expect_err("another key");
    assert_eq!(error.code(), "MASTER_KEY_WRONG");
    let sentence = error.to_string();
    assert!(sentence.contains(&master.id()) && sentence.contains(&other.id()), "{sentence}");
    assert_eq!(master.id().len(), 8);
    assert!(!master.to_text().contains(&master.id()));
}

#[test]
fn a_damaged_vault_is_told_apart_from_a_wrong_key() {
    let ((master, _, sealed), (_, other, _)) = (vault(1), vault(2));
    // Of another vault under the same master key, as from another backup.
    let foreign = other.reseal(&master, &mut generator(3));
    let mut damaged: Vec<SealedVault> = vec![
        SealedVault { lookup: foreign.lookup.clone(), ..sealed.clone() },
        SealedVault { data: foreign.data.clone(), ..sealed.clone() },
        SealedVault { canary: foreign.canary.clone(), ..sealed.clone() },
        SealedVault { lookup: sealed.data.clone(), data: sealed.lookup.clone(), ..sealed.clone() },
        SealedVault { canary: Vec::new(), ..sealed.clone() },
    ];
    for part in 0..3 {
        let mut flipped = sealed.clone();
        [&mut flipped.lookup, &mut flipped.data, &mut flipped.canary][part][20] ^= 1;
        damaged.push(flipped);
    }
    for damaged in damaged {
        let error = Vault::open(&master, &damaged).expect_err("damaged");
        assert!(matches!(error, VaultError::Damaged(_)) && error.code() == "VAULT_DAMAGED", "{error}");
    }
}

#[test]
fn rotation_keeps_digests_and_opens_what_was_sealed_before() {
    let ((old, vault, sealed), mut rng) = (vault(1), generator(4));
    let value = vault.seal(PLACE, b"secret", &mut rng);
    let new = MasterKey::generate(&mut rng);
    let resealed = vault.reseal(&new, &mut rng);
    assert_ne!(resealed, sealed);
    let reopened = Vault::open(&new, &resealed).expect("it opens");
    assert_eq!(reopened.digest("key", "x"), vault.digest("key", "x"));
    assert_eq!(reopened.open_value(PLACE, &value).expect("it opens").as_slice(), b"secret");
    assert_eq!(Vault::open(&old, &resealed).expect_err("the old key").code(), "MASTER_KEY_WRONG");
}

#[test]
fn debug_shows_names_only() {
    let (master, vault, sealed) = vault(1);
    assert_eq!(format!("{vault:?}"), "Vault(…)");
    assert_eq!(format!("{master:?}"), format!("MasterKey({})", master.id()));
    assert_eq!(format!("{sealed:?}"), format!("SealedVault(under {})", master.id()));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_is_written_reads_back(bytes: [u8; 32]) {
        let key = MasterKey::from_bytes(Zeroizing::new(bytes));
        let read = MasterKey::parse(&key.to_text()).expect("its own text");
        prop_assert_eq!(read.bytes(), &bytes);
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(MasterKey::parse(&text).is_err());
    }
}
