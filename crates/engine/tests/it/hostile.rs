//! Bad input of every class for every form that knows the class: each has an answer of its own, a code and, where the
//! code alone leaves several causes, a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use keyward_core::claims::Claims;
use keyward_core::code::Code;
use keyward_core::refusal::MAX_TEXT;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk2::seal_encoded;
use keyward_core::scheme::tier::{PREFIX, TierKey};
use keyward_core::verdict::{DeviceContext, Verdict, device};
use keyward_engine::issue;

use crate::world::{NOW, PRODUCT, WORLD, secret};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Also what was cut or added to inside a seal: nobody can tell these apart.
    Altered,
    Oversized,
    Truncated,
    DoublyEncoded,
    WrongVersion,
    WrongProduct,
    TrailingGarbage,
}

use Class::{Altered, DoublyEncoded, Oversized, TrailingGarbage, Truncated, WrongProduct, WrongVersion};

/// The code and the reason below it.
type Answer = (&'static str, Option<&'static str>);

const TOO_LARGE: Answer = (Code::TooLarge.as_str(), None);
const BAD_SEAL: Answer = (Code::BadSignature.as_str(), None);
const WRAPPED: Answer = malformed("DOUBLY_ENCODED");
const OTHER_VERSION: Answer = (Code::UnsupportedVersion.as_str(), None);
const OTHER_PRODUCT: Answer = (Code::ProductScopeMismatch.as_str(), None);

const fn malformed(reason: &'static str) -> Answer {
    (Code::Malformed.as_str(), Some(reason))
}

struct Row {
    scheme: Scheme,
    class: Class,
    text: String,
    /// The product that asks.
    product: &'static str,
    expected: Answer,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:.60}", self.scheme, self.class, self.text)
    }
}

/// The answer that an application gets.
fn answer(row: &Row) -> Answer {
    let verdict = match Claims::verified(&row.text, &WORLD.keys) {
        Err(refusal) => Verdict::from(refusal),
        Ok(claims) => {
            let context = DeviceContext { product: Some(row.product), ..DeviceContext::default() };
            device(&claims, &context, NOW)
        }
    };
    assert!(!verdict.valid, "{row} was accepted");
    (verdict.code.as_str(), verdict.reason)
}

fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |scheme, class, text: String, expected| {
        rows.push(Row { scheme, class, text, product: PRODUCT, expected });
    };
    for scheme in Scheme::ALL {
        let text = WORLD.text(scheme);
        for wrapped in wrapped(text) {
            row(scheme, DoublyEncoded, wrapped, WRAPPED);
        }
    }

    let (record, file) = (WORLD.text(Scheme::Record), WORLD.text(Scheme::File));
    row(Scheme::Record, Oversized, padded(record), TOO_LARGE);
    row(Scheme::Record, Truncated, without_last(record, 1), malformed("TRUNCATED"));
    row(Scheme::Record, Truncated, without_last(record, record.len() / 2), malformed("TRUNCATED"));
    row(Scheme::Record, TrailingGarbage, format!("{record}x"), malformed("TRAILING_DATA"));
    row(Scheme::Record, TrailingGarbage, format!("{record}\n{record}"), malformed("TRAILING_DATA"));

    row(Scheme::File, Oversized, padded(file), TOO_LARGE);
    row(Scheme::File, Truncated, without_last(file, 1), malformed("TRUNCATED"));
    row(Scheme::File, Truncated, without_last(file, file.len() / 2), malformed("TRUNCATED"));
    row(Scheme::File, TrailingGarbage, format!("{file}\0"), malformed("TRAILING_DATA"));
    row(Scheme::File, TrailingGarbage, format!("{file},"), malformed("TRAILING_DATA"));

    row(Scheme::Record, Altered, record.replacen("Pro", "Pr0", 1), BAD_SEAL);
    row(Scheme::File, Altered, file.replacen("2027-", "2037-", 1), BAD_SEAL);

    let pool = WORLD.text(Scheme::Pool);
    row(Scheme::Pool, Oversized, pool.repeat(20_000), TOO_LARGE);
    row(Scheme::Pool, Truncated, without_last(pool, 1), malformed("BAD_LENGTH"));
    row(Scheme::Pool, TrailingGarbage, format!("{pool}\n"), malformed("BAD_CHARACTER"));

    let tier = WORLD.text(Scheme::Tier);
    row(Scheme::Tier, Oversized, format!("{tier}{}", "0".repeat(MAX_TEXT)), TOO_LARGE);
    row(Scheme::Tier, Truncated, without_last(tier, 10), malformed("TRUNCATED"));
    row(Scheme::Tier, Truncated, without_last(tier, 11), malformed("TRUNCATED"));
    row(Scheme::Tier, TrailingGarbage, format!("{tier}-x"), malformed("TRAILING_DATA"));
    row(Scheme::Tier, TrailingGarbage, format!("{tier}\n"), malformed("BAD_CHARACTER"));

    row(Scheme::Tier, Altered, tier.replacen("PRO", "ELITE", 1), BAD_SEAL);
    row(Scheme::Tier, Altered, without_last(tier, 1), BAD_SEAL);

    let lk1 = WORLD.text(Scheme::Lk1);
    row(
        Scheme::Lk1,
        Oversized,
        lk1.replacen("LK-1-", &format!("LK-1-{}", "A".repeat(MAX_TEXT)), 1),
        TOO_LARGE,
    );
    row(Scheme::Lk1, Truncated, without_last(lk1, 1), malformed("TRUNCATED"));
    row(Scheme::Lk1, Truncated, "LK-1-PRO".to_owned(), malformed("TRUNCATED"));
    row(Scheme::Lk1, WrongVersion, lk1.replacen("LK-1-", "LK-4-", 1), OTHER_VERSION);
    row(Scheme::Lk1, TrailingGarbage, format!("{lk1}x"), malformed("BAD_CHARACTER"));
    row(Scheme::Lk1, TrailingGarbage, format!("{lk1}\n"), malformed("BAD_CHARACTER"));

    row(Scheme::Lk1, Altered, lk1.replacen("PRO-10", "PRO-50", 1), BAD_SEAL);

    let lk2 = WORLD.text(Scheme::Lk2);
    row(
        Scheme::Lk2,
        Oversized,
        lk2.replacen("LK-2-", &format!("LK-2-{}", "A".repeat(MAX_TEXT)), 1),
        TOO_LARGE,
    );
    row(Scheme::Lk2, Truncated, without_last(lk2, 1), malformed("BAD_LENGTH"));
    row(Scheme::Lk2, Truncated, "LK-2-H4sI".to_owned(), malformed("TRUNCATED"));
    row(Scheme::Lk2, WrongVersion, lk2.replacen("LK-2-", "LK-20-", 1), OTHER_VERSION);
    row(
        Scheme::Lk2,
        WrongVersion,
        sealed_lk2(r#"{"v":3,"t":"PRO-10","d":10,"i":"2026-01-01"}"#),
        OTHER_VERSION,
    );
    row(Scheme::Lk2, TrailingGarbage, format!("{lk2}\n"), malformed("BAD_CHARACTER"));

    row(Scheme::Lk2, Altered, altered(lk2, 40), BAD_SEAL);

    let lk3 = WORLD.text(Scheme::Lk3);
    row(Scheme::Lk3, Oversized, format!("{lk3}{}", "A".repeat(MAX_TEXT)), TOO_LARGE);
    row(
        Scheme::Lk3,
        Oversized,
        sealed_lk3(0, &[&[0x2a, 0xf0, 0xa2, 0x04][..], &[b'c'; 70_000]].concat()),
        TOO_LARGE,
    );
    row(Scheme::Lk3, Truncated, lk3[..61].to_owned(), malformed("TRUNCATED"));
    row(Scheme::Lk3, WrongVersion, lk3.replacen("LK-3-", "LK-0-", 1), OTHER_VERSION);
    row(Scheme::Lk3, WrongVersion, sealed_lk3(0b100, &[]), OTHER_VERSION);
    // Field 64, which a reader must know.
    row(Scheme::Lk3, WrongVersion, sealed_lk3(0, &[0x80, 0x04, 1]), OTHER_VERSION);
    row(Scheme::Lk3, TrailingGarbage, format!("{lk3}\n"), malformed("BAD_ENCODING"));

    row(Scheme::Lk3, Altered, altered(lk3, 40), BAD_SEAL);
    row(Scheme::Lk3, Altered, format!("{lk3}AAAA"), BAD_SEAL);

    let bound = [Scheme::File, Scheme::Lk3].into_iter().flat_map(|scheme| WORLD.of(scheme));
    for licence in bound {
        let (scheme, text) = (licence.scheme, licence.text.clone());
        for product in ["Other Books", "versoll books", ""] {
            rows.push(Row {
                scheme,
                class: WrongProduct,
                text: text.clone(),
                product,
                expected: OTHER_PRODUCT,
            });
        }
    }
    rows
}

/// A licence as it comes out of other programs' hands.
fn wrapped(text: &str) -> [String; 4] {
    [
        serde_json::to_string(text).expect("a text can be written as JSON"),
        text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ]
}

/// The same JSON, with more white space than any licence has bytes.
fn padded(json: &str) -> String {
    json.replacen('{', &format!("{{{}", " ".repeat(MAX_TEXT)), 1)
}

fn without_last(text: &str, count: usize) -> String {
    text.chars().take(text.chars().count() - count).collect()
}

/// Another letter at one place of a key.
fn altered(key: &str, place: usize) -> String {
    let (before, rest) = key.split_at(place);
    format!("{before}{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..])
}

fn sealed_lk2(payload: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(payload.as_bytes()).and_then(|()| encoder.finish());
    seal_encoded(&URL_SAFE_NO_PAD.encode(packed.expect("memory can be written")), &secret()).1
}

/// A correctly signed key of any header and payload.
fn sealed_lk3(flags: u8, payload: &[u8]) -> String {
    let key = &WORLD.ed25519;
    let body = [&[flags][..], &key.public().id().0, payload].concat();
    let signature = key.sign(&[b"keyward/lk3", &body[..]].concat());
    format!("LK-3-{}", URL_SAFE_NO_PAD.encode([body, signature].concat()))
}

#[test]
fn bad_input_is_refused_with_the_answer_of_its_class() {
    let wrong: Vec<String> = table()
        .iter()
        .filter(|row| answer(row) != row.expected)
        .map(|row| format!("{row}: expected {:?}, got {:?}", row.expected, answer(row)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_two_classes_of_a_scheme_share_an_answer() {
    let mut seen: BTreeMap<(&str, Answer), BTreeSet<Class>> = BTreeMap::new();
    let mut classes: BTreeMap<&str, BTreeSet<Class>> = BTreeMap::new();
    for row in table() {
        seen.entry((row.scheme.as_str(), answer(&row))).or_default().insert(row.class);
        classes.entry(row.scheme.as_str()).or_default().insert(row.class);
    }
    let shared: Vec<_> = seen.iter().filter(|(_, classes)| classes.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:#?}");
    for scheme in Scheme::ALL {
        let wanted = [Altered, DoublyEncoded, Oversized, TrailingGarbage, Truncated].into_iter();
        // A pool key has no seal, so that nothing can be altered under it.
        let wanted = wanted.filter(|class| !(scheme == Scheme::Pool && *class == Altered));
        let versions = matches!(scheme, Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3).then_some(WrongVersion);
        let products = matches!(scheme, Scheme::File | Scheme::Lk3).then_some(WrongProduct);
        let wanted: BTreeSet<_> = wanted.chain(versions).chain(products).collect();
        assert_eq!(classes[scheme.as_str()], wanted, "{scheme}");
    }
}

/// A form without a product in its claims has the product's own prefix.
#[test]
fn a_tier_key_of_another_product_is_refused_by_its_prefix() {
    let key = issue::tier("pro", "ACME", &secret(), NOW, 0).expect("a key");
    let refusal = TierKey::parse(&key, PREFIX).err().expect("a key of another prefix");
    assert_eq!((refusal.code().as_str(), refusal.reason()), malformed("BAD_CHARACTER"));
    assert_eq!(TierKey::parse(&key, "ACME").map(|key| key.unverified().tier), Ok("PRO".to_owned()));
}
