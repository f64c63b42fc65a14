//! What a page is, apart from what chance and the version of the browser make of it.

use serde::{Deserialize, Serialize};

const STYLE: &str = include_str!("../../../../src/console/assets/style.css");

/// The digests of a page.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest {
    words: String,
    markup: String,
    style: String,
}

impl Digest {
    pub(super) fn of(words: &str, markup: &str) -> Self {
        let words: Vec<&str> =
            words.split_whitespace().map(|word| if is_chance(word) { "…" } else { word }).collect();
        Self { words: digest(&words.join(" ")), markup: digest(markup), style: digest(STYLE) }
    }
}

/// Whether a word is a key, an id, or the end of one.
fn is_chance(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let is_hex = word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    let is_mixed = word.len() >= 8 && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    let is_date = word.len() == 10 && word.chars().all(|c| c.is_ascii_digit() || c == '-');
    word.starts_with(['…', '•']) || (is_hex && !is_date) || is_mixed
}

/// FNV-1a: nobody has to be kept from making another page of the same digest.
fn digest(text: &str) -> String {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
}

#[test]
fn keys_and_ids_make_no_difference_and_words_and_dates_do() {
    let of = |words: &str| Digest::of(words, "");
    let page =
        "Licence …ChgA of 01a3185c-5000-7770-a411-8a0c3f18e69f, key 17cb49f7: ends 2027-12-31 00:00:00";
    let other =
        "Licence …AbCd of 01a3185c-5000-7d7c-891a-7c17b4ae4061, key 12345678: ends 2027-12-31 00:00:00";
    assert_eq!(of(page), of(other));
    assert_eq!(of("LK-3-AzkR3AKEAGjGFx"), of("LK-3-ABfLSfcKEAGjGFxQAHd"));
    for (old, new) in [("ends", "is over"), ("2027-12-31", "2027-12-30"), ("Licence", "License")] {
        assert_ne!(of(page), of(&page.replace(old, new)));
    }
}
