//! The table: scheme, class, input and expected answer.

use keyward_core::code::Code;
use keyward_core::refusal::MAX_TEXT;
use keyward_core::scheme::Scheme::{self, File, Lk1, Lk2, Lk3, Pool, Record, Tier};

use super::Class::{
    self, Altered, DoublyEncoded, Oversized, TrailingGarbage, Truncated, WrongProduct, WrongVersion,
};
use super::make::{altered, padded, payload_as_text, sealed_lk2, sealed_lk3, with, without_last, wrapped};
use super::{Answer, Row};
use crate::world::{PRODUCT, WORLD};

const TOO_LARGE: Answer = (Code::TooLarge, None);
const BAD_SEAL: Answer = (Code::BadSignature, None);
const OTHER_VERSION: Answer = (Code::UnsupportedVersion, None);
const OTHER_PRODUCT: Answer = (Code::ProductScopeMismatch, None);
const WRAPPED: Answer = malformed("DOUBLY_ENCODED");

pub(super) const fn malformed(reason: &'static str) -> Answer {
    (Code::Malformed, Some(reason))
}

pub(super) fn table() -> Vec<Row> {
    let [record, pool, tier, file, lk1, lk2, lk3] = Scheme::ALL.map(|scheme| WORLD.text(scheme));
    let many = |character: &str| character.repeat(MAX_TEXT);
    let cut = || malformed("TRUNCATED");
    let followed = || malformed("TRAILING_DATA");
    let stray = || malformed("BAD_CHARACTER");
    let other_lk2 = r#"{"v":3,"t":"PRO-10","d":10,"i":"2026-01-01"}"#;
    // A company of 70,000 characters, and the field 64, which a reader must know.
    let (company, critical) = ([&[0x2a, 0xf0, 0xa2, 0x04][..], &[b'c'; 70_000]].concat(), [0x80, 0x04, 1]);
    let mut table: Vec<(Scheme, Class, String, Answer)> = vec![
        (Record, Oversized, padded(record), TOO_LARGE),
        (Record, Truncated, without_last(record, 1), cut()),
        (Record, Truncated, without_last(record, 300), cut()),
        (Record, TrailingGarbage, with(record, "x"), followed()),
        (Record, TrailingGarbage, with(record, record), followed()),
        (Record, Altered, record.replacen("Pro", "Pr0", 1), BAD_SEAL),
        (Pool, Oversized, with(&many("A"), "A"), TOO_LARGE),
        (Pool, Truncated, without_last(pool, 1), malformed("BAD_LENGTH")),
        (Pool, TrailingGarbage, with(pool, "\n"), stray()),
        (Tier, Oversized, with(tier, &many("0")), TOO_LARGE),
        (Tier, Truncated, without_last(tier, 10), cut()),
        (Tier, Truncated, without_last(tier, 20), cut()),
        (Tier, TrailingGarbage, with(tier, "-x"), followed()),
        (Tier, TrailingGarbage, with(tier, "\n"), stray()),
        (Tier, Altered, tier.replacen("PRO", "ELITE", 1), BAD_SEAL),
        (Tier, Altered, without_last(tier, 1), BAD_SEAL),
        (File, Oversized, padded(file), TOO_LARGE),
        (File, Truncated, without_last(file, 1), cut()),
        (File, Truncated, without_last(file, 300), cut()),
        (File, DoublyEncoded, payload_as_text(file), malformed("WRONG_TYPE")),
        (File, TrailingGarbage, with(file, "\0"), followed()),
        (File, TrailingGarbage, with(file, ","), followed()),
        (File, Altered, file.replacen("2027-", "2037-", 1), BAD_SEAL),
        (Lk1, Oversized, lk1.replacen("LK-1-", &with("LK-1-", &many("A")), 1), TOO_LARGE),
        (Lk1, Truncated, without_last(lk1, 1), cut()),
        (Lk1, Truncated, "LK-1-PRO".to_owned(), cut()),
        (Lk1, WrongVersion, lk1.replacen("LK-1-", "LK-4-", 1), OTHER_VERSION),
        (Lk1, TrailingGarbage, with(lk1, "x"), followed()),
        (Lk1, TrailingGarbage, with(lk1, "\n"), stray()),
        (Lk1, Altered, lk1.replacen("PRO-10", "PRO-50", 1), BAD_SEAL),
        (Lk2, Oversized, lk2.replacen("LK-2-", &with("LK-2-", &many("A")), 1), TOO_LARGE),
        (Lk2, Truncated, without_last(lk2, 1), cut()),
        (Lk2, Truncated, "LK-2-H4sI".to_owned(), cut()),
        (Lk2, WrongVersion, lk2.replacen("LK-2-", "LK-20-", 1), OTHER_VERSION),
        (Lk2, WrongVersion, sealed_lk2(other_lk2), OTHER_VERSION),
        (Lk2, TrailingGarbage, with(lk2, "\n"), stray()),
        (Lk2, TrailingGarbage, with(lk2, " (copy)"), stray()),
        (Lk2, Altered, altered(lk2, 40), BAD_SEAL),
        (Lk3, Oversized, with(lk3, &many("A")), TOO_LARGE),
        (Lk3, Oversized, sealed_lk3(0, &company), TOO_LARGE),
        (Lk3, Truncated, lk3[..61].to_owned(), cut()),
        (Lk3, WrongVersion, lk3.replacen("LK-3-", "LK-0-", 1), OTHER_VERSION),
        (Lk3, WrongVersion, sealed_lk3(0b100, &[]), OTHER_VERSION),
        (Lk3, WrongVersion, sealed_lk3(0, &critical), OTHER_VERSION),
        (Lk3, TrailingGarbage, with(lk3, "\n"), followed()),
        (Lk3, TrailingGarbage, with(lk3, " (copy)"), followed()),
        (Lk3, Altered, altered(lk3, 40), BAD_SEAL),
        (Lk3, Altered, with(lk3, "AAAA"), BAD_SEAL),
    ];
    for count in 1..=20 {
        table.push((Lk2, Truncated, without_last(lk2, count), cut()));
        table.push((Lk1, Truncated, without_last(lk1, count), cut()));
    }
    for trailer in ["x", "xxxx", ".", "="] {
        table.push((Lk1, TrailingGarbage, with(lk1, trailer), followed()));
        table.push((Lk2, TrailingGarbage, with(lk2, trailer), followed()));
    }
    for trailer in [".", "=", "\nfoo", ">"] {
        table.push((Lk3, TrailingGarbage, with(lk3, trailer), followed()));
    }
    for scheme in Scheme::ALL {
        let wrapped = wrapped(WORLD.text(scheme)).into_iter();
        table.extend(wrapped.map(|text| (scheme, DoublyEncoded, text, WRAPPED)));
    }
    let row = |(scheme, class, text, expected)| Row { scheme, class, text, product: PRODUCT, expected };
    table.into_iter().map(row).chain(of_another_product()).collect()
}

/// Licences that are in order, asked about by another product.
fn of_another_product() -> impl Iterator<Item = Row> {
    let bound = WORLD.of(File).chain(WORLD.of(Lk3));
    bound.flat_map(|license| {
        ["Other Books", "versoll books", ""].map(|product| Row {
            scheme: license.scheme,
            class: WrongProduct,
            text: license.text.clone(),
            product,
            expected: OTHER_PRODUCT,
        })
    })
}
