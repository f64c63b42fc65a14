//! What passes between a device without a network and its vendor: `parse(format(x)) == x` however a mail breaks it, no
//! flipped bit is accepted, and nothing panics.

use std::sync::LazyLock;

use keyward_core::crypto::pure::Pure;
use keyward_core::crypto::{KeySet, Provider};
use keyward_core::recovery::{RecoveryCode, SignedRecoveryCode};
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::seat::{Receipt, Request, Seat, SignedSeat};
use keyward_core::time::Timestamp;
use keyward_engine::crypto::AwsLc;
use keyward_engine::keyring::SigningKey;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::bit_flips::flips;
use super::{cases, made_up};
use crate::world::{NOW, WORLD, generator};

/// The key of a device.
static DEVICE: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_ed25519(&mut generator(77)));

const PROVIDERS: [&dyn Provider; 2] = [&Pure, &AwsLc];

fn device_key() -> [u8; 32] {
    DEVICE.public().ed25519_bytes().expect("an Ed25519 key")
}

fn signed(key: &SigningKey, covered: &[u8]) -> [u8; 64] {
    key.sign(covered).try_into().expect("64 bytes")
}

fn request_text(request: &Request) -> String {
    request.to_text(signed(&DEVICE, &request.covered()))
}

fn receipt_text(receipt: &Receipt) -> String {
    receipt.to_text(signed(&DEVICE, &receipt.covered()))
}

fn seat_text(seat: &Seat) -> String {
    let id = WORLD.ed25519.public().id();
    seat.to_text(id, signed(&WORLD.ed25519, &seat.covered(id)))
}

fn recovery_text(code: RecoveryCode) -> String {
    let id = WORLD.ed25519.public().id();
    code.to_text(id, signed(&WORLD.ed25519, &code.covered("acme", "device", id)))
}

/// As a mail programme breaks it.
fn mailed(text: &str) -> String {
    let lines: Vec<String> =
        text.chars().collect::<Vec<_>>().chunks(31).map(|line| line.iter().collect()).collect();
    format!("\n  {}\u{a0}\r\n", lines.join("\r\n\t"))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_request(request in made_up::request(device_key())) {
        let text = request_text(&request);
        for provider in PROVIDERS {
            prop_assert_eq!(Request::verified(&text, provider), Ok(request.clone()));
            prop_assert_eq!(Request::verified(&mailed(&text), provider), Ok(request.clone()));
        }
    }

    #[test]
    fn a_seat(seat in made_up::seat()) {
        let text = seat_text(&seat);
        prop_assert_eq!(Seat::verified(&mailed(&text), &WORLD.keys), Ok(seat.clone()));
        let read = SignedSeat::parse(&text).expect("a seat");
        prop_assert_eq!((read.key_id(), read.unverified()), (WORLD.ed25519.public().id(), &seat));
        prop_assert!(Seat::verified(&text, &KeySet::of_public(DEVICE.public().clone())).is_err());
    }

    #[test]
    fn a_receipt(receipt in made_up::receipt()) {
        let signed = Receipt::parse(&mailed(&receipt_text(&receipt))).expect("a receipt");
        prop_assert_eq!(signed.unverified(), &receipt);
        for provider in PROVIDERS {
            prop_assert_eq!(signed.verify(&device_key(), provider), Ok(receipt.clone()));
            let other = WORLD.ed25519.public().ed25519_bytes().expect("an Ed25519 key");
            prop_assert_eq!(signed.verify(&other, provider), Err(Refusal::BadSignature));
        }
    }

    #[test]
    fn a_recovery_code(number: u32, seconds in 0..=253_402_300_799i64) {
        let code = RecoveryCode { number, at: Timestamp::from_seconds(seconds) };
        let text = recovery_text(code);
        prop_assert_eq!(text.len(), 112);
        prop_assert_eq!(RecoveryCode::verified(&mailed(&text), "acme", "device", &WORLD.keys), Ok(code));
        // Neither another product nor another device, nor the same letters split elsewhere.
        for (product, device) in [("acme", "devicf"), ("acne", "device"), ("acmed", "evice")] {
            let read = RecoveryCode::verified(&text, product, device, &WORLD.keys);
            prop_assert_eq!(read, Err(Refusal::BadSignature));
        }
    }

    /// One text is never taken for another kind, nor anything else for one of them.
    #[test]
    fn any_text_gets_an_answer(
        beginning in select(&["", "KQ-1-", "KA-1-", "KX-1-", "KR-1-", "KQ-2-", "KA-"][..]),
        rest in prop_oneof![made_up::text(), "[A-Za-z0-9_-]{0,400}"],
    ) {
        let text = beginning.to_owned() + &rest;
        prop_assert!(Request::verified(&text, &Pure).is_err());
        prop_assert!(Seat::verified(&text, &WORLD.keys).is_err());
        prop_assert!(Receipt::parse(&text).and_then(|read| read.verify(&device_key(), &Pure)).is_err());
        prop_assert!(RecoveryCode::verified(&text, "acme", "device", &WORLD.keys).is_err());
    }
}

fn one<S: Strategy>(strategy: S) -> S::Value {
    strategy.new_tree(&mut TestRunner::deterministic()).expect("a value").current()
}

#[test]
fn no_flipped_bit_is_accepted() {
    let request = request_text(&one(made_up::request(device_key())));
    let seat = seat_text(&one(made_up::seat()));
    let receipt = receipt_text(&one(made_up::receipt()));
    let code = recovery_text(RecoveryCode { number: 1, at: NOW });
    let key = device_key();
    for flipped in flips(&request) {
        assert!(Request::verified(&flipped, &AwsLc).is_err(), "{flipped}");
    }
    for flipped in flips(&seat) {
        assert!(Seat::verified(&flipped, &WORLD.keys).is_err(), "{flipped}");
    }
    for flipped in flips(&receipt) {
        assert!(Receipt::parse(&flipped).and_then(|read| read.verify(&key, &AwsLc)).is_err(), "{flipped}");
    }
    for flipped in flips(&code) {
        assert!(RecoveryCode::verified(&flipped, "acme", "device", &WORLD.keys).is_err(), "{flipped}");
    }
}

#[test]
fn what_is_wrong_has_its_own_reason() {
    let seat = seat_text(&one(made_up::seat()));
    let refused = |text: &str| Seat::verified(text, &WORLD.keys).expect_err("refused");
    assert_eq!(refused(""), Flaw::Empty.into());
    assert_eq!(refused(" \n "), Flaw::Empty.into());
    assert_eq!(refused("LK-3-AAAA"), Flaw::UnknownForm.into());
    assert_eq!(refused("KA-1-AAAA"), Flaw::Truncated { what: "answer" }.into());
    assert_eq!(refused(&format!("{seat}=")), Flaw::TrailingData { what: "answer" }.into());
    assert_eq!(refused(&seat.replace("KA-1-", "KA-01-")).reason(), Some("BAD_CHARACTER"));
    assert!(matches!(refused(&seat.replace("KA-1-", "KA-2-")), Refusal::UnsupportedVersion(_)));
    assert!(matches!(refused(&"A".repeat(200_000)), Refusal::TooLarge { .. }));
    assert!(matches!(Seat::verified(&seat, &KeySet::default()), Err(Refusal::SealNotAccepted { .. })));
    let code = recovery_text(RecoveryCode { number: 1, at: NOW });
    let longer = SignedRecoveryCode::parse(&format!("{code}AAAA"));
    assert_eq!(longer, Err(Flaw::TrailingData { what: "recovery code" }.into()));
    let shorter = SignedRecoveryCode::parse(&code[..code.len() - 4]);
    assert_eq!(shorter, Err(Flaw::Truncated { what: "recovery code" }.into()));
}

/// Fields that must be there, have their length and lie in the calendar.
#[test]
fn what_no_writer_of_ours_writes_is_refused() {
    let genuine = one(made_up::request(device_key()));
    let text = |change: &dyn Fn(&mut Request)| {
        let mut request = genuine.clone();
        change(&mut request);
        Request::verified(&request_text(&request), &Pure).expect_err("refused")
    };
    assert_eq!(text(&|request| request.product.clear()), Flaw::MissingField { field: "product" }.into());
    assert_eq!(text(&|request| request.key.clear()), Flaw::MissingField { field: "key" }.into());
    assert_eq!(text(&|request| request.device_id.clear()), Flaw::MissingField { field: "device_id" }.into());
    let far = text(&|request| request.made_at = Timestamp::from_micros(i64::MAX));
    assert_eq!(far.reason(), Some("BAD_VALUE"));
    let large = text(&|request| request.key = "x".repeat(70_000));
    assert!(matches!(large, Refusal::TooLarge { .. }), "{large}");
    // Signed by another key than the one that it names.
    assert_eq!(text(&|request| request.device_key[0] ^= 1), Refusal::BadSignature);
}
