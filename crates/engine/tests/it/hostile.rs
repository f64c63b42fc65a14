//! Bad input of every class, for every form that knows the class: each has an answer of its own, a code and, where
//! the code alone leaves several causes, a reason.

mod make;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use keyward_core::claims::Claims;
use keyward_core::code::Code;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::tier::{PREFIX, TierKey};
use keyward_core::verdict::{DeviceContext, Verdict, device};
use keyward_engine::issue;

use crate::world::{NOW, WORLD, secret};
use table::{malformed, table};

/// The classes of bad input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Also what was cut off or added within a seal: nobody can tell these apart.
    Altered,
    Oversized,
    Truncated,
    DoublyEncoded,
    WrongVersion,
    WrongProduct,
    TrailingGarbage,
}

/// The code, and the reason below it.
type Answer = (Code, Option<&'static str>);

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

impl Row {
    /// The answer that an application gets.
    fn answer(&self) -> Answer {
        let verdict = match Claims::verified(&self.text, &WORLD.keys) {
            Err(refusal) => Verdict::from(refusal),
            Ok(claims) => {
                let context = DeviceContext { product: Some(self.product), ..DeviceContext::default() };
                device(&claims, &context, NOW)
            }
        };
        assert!(!verdict.valid, "{self} was accepted");
        (verdict.code, verdict.reason)
    }
}

#[test]
fn bad_input_is_refused_with_the_answer_of_its_class() {
    let rows = table();
    let wrong = rows.iter().filter(|row| row.answer() != row.expected);
    let wrong: Vec<_> =
        wrong.map(|row| format!("{row}: expected {:?}, got {:?}", row.expected, row.answer())).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_two_classes_of_a_scheme_share_an_answer() {
    let mut answers: BTreeMap<_, BTreeSet<Class>> = BTreeMap::new();
    for row in table() {
        let (code, reason) = row.answer();
        answers.entry((row.scheme.as_str(), code.as_str(), reason)).or_default().insert(row.class);
    }
    let shared: Vec<_> = answers.iter().filter(|(_, classes)| classes.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:?}");
}

#[test]
fn every_scheme_meets_every_class_that_it_knows() {
    use Class::{Altered, DoublyEncoded, Oversized, TrailingGarbage, Truncated, WrongProduct, WrongVersion};
    for scheme in Scheme::ALL {
        let mut known = BTreeSet::from([Oversized, Truncated, DoublyEncoded, TrailingGarbage]);
        // A pool key has no seal under which anything could be altered.
        known.extend((scheme != Scheme::Pool).then_some(Altered));
        known.extend(matches!(scheme, Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3).then_some(WrongVersion));
        known.extend(matches!(scheme, Scheme::File | Scheme::Lk3).then_some(WrongProduct));
        let met: BTreeSet<_> =
            table().iter().filter(|row| row.scheme == scheme).map(|row| row.class).collect();
        assert_eq!(met, known, "{scheme}");
    }
}

/// A tier key names no product, but carries the prefix of one.
#[test]
fn a_tier_key_of_another_product_is_refused_by_its_prefix() {
    let key = issue::tier("pro", "ACME", &secret(), NOW, 0).expect("a key");
    let refusal = TierKey::parse(&key, PREFIX).err().expect("a key of another prefix");
    assert_eq!((refusal.code(), refusal.reason()), malformed("BAD_CHARACTER"));
    assert_eq!(TierKey::parse(&key, "ACME").map(|key| key.unverified().tier), Ok("PRO".to_owned()));
}
