//! Whatever is given, an answer comes back, and the readers agree with each other.

use keyward_core::claims::Claims;
use keyward_core::crypto::{KeySet, Provider, PublicKey, pure::Pure};
use keyward_core::json;
use keyward_core::scheme::Scheme;
use keyward_engine::crypto::AwsLc;
use keyward_engine::keyring;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseError;

use super::cases;
use crate::world::{KEY_A, WORLD};

/// Asks every reader of licences, and compares what they say. Gives the claims where the seal holds.
fn read(text: &str) -> Result<Option<Claims>, TestCaseError> {
    let (scheme, verified) = (Scheme::of(text), Claims::verified(text, &WORLD.keys));
    let unverified = Claims::unverified(text, &WORLD.keys);
    match (scheme, &verified) {
        (Err(refusal), _) => prop_assert_eq!(verified.as_ref(), Err(&refusal)),
        (Ok(scheme), Ok(claims)) => {
            prop_assert_eq!(claims.scheme, scheme);
            prop_assert_eq!(unverified.as_ref(), Ok(claims));
        }
        (Ok(_), Err(refusal)) => prop_assert!(!refusal.to_string().is_empty()),
    }
    prop_assert_eq!(json::parse(text, "text").ok(), serde_json::from_str(text).ok());
    // Without keys nothing with a seal is accepted.
    let strange = Claims::verified(text, &KeySet::default());
    prop_assert!(strange.is_err() || strange.is_ok_and(|claims| claims.scheme == Scheme::Pool));
    Ok(verified.ok())
}

/// One change to a text, wherever it falls.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Swap(Index, Index),
    CutOff(Index),
}

fn change() -> impl Strategy<Value = Change> {
    const PIECES: [&str; 11] =
        ["-", "LK-3-", "QF-", "\"", "}", "{\"payload\":{}}", "\\ud800", "\\u0000", "é", "=", "1e999"];
    let piece =
        prop_oneof![select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()), vec(any::<u8>(), 1..4),];
    let place = any::<Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (place(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (place(), 1..40usize).prop_map(|(at, most)| Change::Remove(at, most)),
        (place(), 1..40usize).prop_map(|(at, most)| Change::Repeat(at, most)),
        (place(), place()).prop_map(|(a, b)| Change::Swap(a, b)),
        place().prop_map(Change::CutOff),
    ]
}

fn changed(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        if bytes.is_empty() {
            bytes.push(b'{');
        }
        let length = bytes.len();
        let range = |at: &Index, most: usize| {
            let start = at.index(length);
            start..(start + most).min(length)
        };
        match change {
            Change::Set(at, byte) => bytes[at.index(length)] = *byte,
            Change::Insert(at, piece) => {
                bytes.splice(range(at, 0), piece.iter().copied());
            }
            Change::Remove(at, most) => {
                bytes.drain(range(at, *most));
            }
            Change::Repeat(at, most) => {
                let part = bytes[range(at, *most)].to_vec();
                bytes.splice(range(at, 0), part);
            }
            Change::Swap(a, b) => bytes.swap(a.index(length), b.index(length)),
            Change::CutOff(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}

fn any_bytes() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A beginning that leads into one of the readers, and anything after it.
fn any_text() -> impl Strategy<Value = String> {
    const BEGINNINGS: [&str; 10] =
        ["", "LK-1-", "LK-2-", "LK-3-", "LK-", "QF-PRO-", "{\"payload\":", "{\"client_id\":", "\"", "%4C%4B"];
    (select(&BEGINNINGS[..]), super::made_up::text())
        .prop_map(|(beginning, rest)| beginning.to_owned() + &rest)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn of_any_text(text in prop_oneof![any_text(), any_bytes()]) {
        // Nobody guesses a seal; only a pool key has none.
        let claims = read(&text)?;
        prop_assert!(claims.is_none_or(|claims| claims.scheme == Scheme::Pool), "{}", text);
    }

    #[test]
    fn of_changed_licences(of: Index, changes in vec(change(), 1..4)) {
        let genuine = of.get(&WORLD.licenses);
        let text = String::from_utf8_lossy(&changed(&genuine.text, &changes)).into_owned();
        if let Some(claims) = read(&text)?.filter(|claims| claims.scheme != Scheme::Pool) {
            prop_assert_eq!(&claims, &genuine.claims, "{}", text);
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn of_changed_key_files(private: bool, changes in vec(change(), 0..3)) {
        let genuine = if private { &KEY_A.private_pem } else { &KEY_A.public_pem };
        let text = String::from_utf8_lossy(&changed(genuine, &changes)).into_owned();
        let public = [&Pure as &dyn Provider, &AwsLc].map(|provider| PublicKey::from_pem(&text, provider));
        let [pure, fast] = public.map(|key| key.map(|key| (key.id(), key.bits())));
        prop_assert_eq!(&pure, &fast, "the providers disagree");
        if changes.is_empty() {
            prop_assert_eq!(fast.is_ok(), !private);
            prop_assert_eq!(keyring::read_key(&text).is_ok(), private);
        }
        if let Ok(key) = keyring::read_key(&text) {
            let signature = key.sign(b"message");
            prop_assert!(key.public().verify(b"message", &signature));
        }
    }

    #[test]
    fn of_any_key_file(text in any_bytes()) {
        prop_assert!(PublicKey::from_pem(&text, &AwsLc).is_err());
        prop_assert!(keyring::read_key(&text).is_err());
        prop_assert!(keyring::read_public(&text).is_err());
    }
}
