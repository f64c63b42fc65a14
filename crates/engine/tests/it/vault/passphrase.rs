//! Keys under a passphrase.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use keyward_engine::keyring::{SigningKey, read_key};
use keyward_engine::vault::passphrase::{PassphraseError, open, seal};
use proptest::prelude::*;

use crate::properties::cases;
use crate::world::generator;

const PASSPHRASE: &str = "drei Bäume im Wind";
const BEGIN: &str = "-----BEGIN KEYWARD SEALED KEY-----\n";
const END: &str = "-----END KEYWARD SEALED KEY-----\n";

fn sealed() -> String {
    seal(PASSPHRASE, "master", &[7; 32], &mut generator(1)).expect("it is sealed")
}

/// The text with its bytes changed.
fn with(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let inner = text.strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END)).expect("a PEM block");
    let mut bytes = BASE64_STANDARD.decode(inner.replace('\n', "")).expect("base64");
    change(&mut bytes);
    format!("{BEGIN}{}\n{END}", BASE64_STANDARD.encode(bytes))
}

#[test]
fn what_is_sealed_opens_with_its_kind() {
    let opened = open(PASSPHRASE, &sealed()).expect("it opens");
    assert_eq!((opened.kind.as_str(), opened.bytes.as_slice()), ("master", &[7; 32][..]));
    assert_eq!(format!("{opened:?}"), "Opened(master)");
    let padded = sealed().replace('\n', "\r\n  ");
    assert!(open(PASSPHRASE, &format!("kept in the safe\n{padded}")).is_ok(), "it may be copied loosely");
}

#[test]
fn a_signing_key_goes_there_and_back() {
    let key = SigningKey::generate_ed25519(&mut generator(2));
    let text = seal(PASSPHRASE, "signing", key.to_pem().as_bytes(), &mut generator(3)).expect("it is sealed");
    let opened = open(PASSPHRASE, &text).expect("it opens");
    let pem = std::str::from_utf8(&opened.bytes).expect("a text");
    assert_eq!(read_key(pem).expect("a key").public().id(), key.public().id());
}

#[test]
fn a_wrong_passphrase_and_an_altered_text_do_not_open() {
    let text = sealed();
    for wrong in ["", "drei Baeume im Wind", "drei Bäume im Wind "] {
        assert_eq!(open(wrong, &text).expect_err("wrong"), PassphraseError::Wrong);
    }
    let last = |bytes: &mut Vec<u8>| *bytes.last_mut().expect("a byte") ^= 1;
    let kind = |bytes: &mut Vec<u8>| bytes[30] ^= 1;
    let salt = |bytes: &mut Vec<u8>| bytes[13] ^= 1;
    for altered in [with(&text, last), with(&text, kind), with(&text, salt)] {
        assert_eq!(open(PASSPHRASE, &altered).expect_err("altered"), PassphraseError::Wrong);
    }
}

#[test]
fn a_short_passphrase_is_refused() {
    let error = seal("neun Buch", "master", &[7; 32], &mut generator(1)).expect_err("nine characters");
    assert_eq!((error.code(), error), ("PASSPHRASE_TOO_SHORT", PassphraseError::TooShort(9)));
}

#[test]
fn a_hostile_file_gets_neither_memory_nor_time() {
    for place in [1, 5, 9] {
        let costly = with(&sealed(), |bytes| bytes[place] = 0xff);
        assert_eq!(open(PASSPHRASE, &costly).expect_err("costly"), PassphraseError::TooCostly);
    }
    let memory_for_lanes = with(&sealed(), |bytes| bytes[1..5].copy_from_slice(&[0, 0, 0, 8]));
    assert_eq!(open(PASSPHRASE, &memory_for_lanes).expect_err("too little"), PassphraseError::Malformed);
    let newer = with(&sealed(), |bytes| bytes[0] = 2);
    assert_eq!(open(PASSPHRASE, &newer).expect_err("a newer form"), PassphraseError::Malformed);
    for length in [0, 1, 12, 28, 30, 35] {
        let cut = with(&sealed(), |bytes| bytes.truncate(length));
        let error = open(PASSPHRASE, &cut).expect_err("cut short");
        assert!(matches!(error.code(), "SEALED_KEY_MALFORMED"), "{length}: {error}");
    }
    assert_eq!(open(PASSPHRASE, "not a key").expect_err("no PEM").code(), "SEALED_KEY_MALFORMED");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_block_panics_or_opens(bytes: Vec<u8>, form: bool) {
        let bytes = if form { [vec![1, 0, 0, 0], bytes].concat() } else { bytes };
        let text = format!("{BEGIN}{}\n{END}", BASE64_STANDARD.encode(bytes));
        prop_assert!(open(PASSPHRASE, &text).is_err());
    }

    #[test]
    fn no_text_panics_or_opens(text: String) {
        prop_assert!(open(PASSPHRASE, &text).is_err());
    }
}
