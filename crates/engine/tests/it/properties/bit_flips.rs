//! Every single bit of a licence's text flipped, one at a time.

use keyward_core::claims::Claims;
use keyward_core::crypto::KeySet;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::record::SignedRecord;
use keyward_core::time::Timestamp;
use keyward_engine::issue::{self, Lk2Request};

use crate::world::{KEY_A, KEY_D, NOW, WORLD, generator, secret};

/// The texts that differ in one bit; a flip that leaves no UTF-8 leaves no text to read.
pub(super) fn flips(text: &str) -> impl Iterator<Item = String> {
    (0..text.len() * 8).filter_map(|bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    })
}

fn assert_every_flip_is_refused<'a>(texts: impl IntoIterator<Item = &'a str>) {
    for text in texts {
        assert!(Claims::verified(text, &WORLD.keys).is_ok(), "{text}");
        for flipped in flips(text) {
            let read = Claims::verified(&flipped, &WORLD.keys);
            assert!(read.is_err(), "{text} was accepted as {flipped}: {read:?}");
        }
    }
}

#[test]
fn of_tier() {
    let tiers = ["free", "pro", "elite", "lifetime", "team_5"];
    let at = |n: i64| Timestamp::from_seconds(NOW.seconds() + n);
    let keys: Vec<String> = (0..)
        .zip(tiers)
        .map(|(n, tier)| issue::tier(tier, "QF", &secret(), at(n), 0).expect("a key"))
        .collect();
    assert_every_flip_is_refused(keys.iter().map(String::as_str));
}

#[test]
fn of_lk2() {
    let companies = [None, Some("Acme Corporation"), Some("Ünïcode 😀 GmbH & Co. KG")];
    let keys: Vec<String> = companies
        .into_iter()
        .map(|company| {
            let request = Lk2Request {
                tier: "PRO-10".to_owned(),
                max_devices: 10,
                company: company.map(str::to_owned),
                expires: None,
                unique_id: None,
            };
            request.issue(&secret(), NOW).expect("a key").0
        })
        .collect();
    assert_every_flip_is_refused(keys.iter().map(String::as_str));
}

#[test]
fn of_lk3_in_all_four_strengths() {
    let keys: Vec<_> = WORLD.of(Scheme::Lk3).map(|license| license.text.as_str()).collect();
    assert_eq!(keys.len(), 4);
    assert_every_flip_is_refused(keys);
}

/// Spelling is free in a record: what is still accepted says the same, by the same signed text.
#[test]
fn of_record() {
    let read = |text: &str| {
        let record = SignedRecord::parse(text, None)?.verify(&KEY_A.keys())?;
        record.signed_text().map(|signed| (record, signed))
    };
    for license in WORLD.of(Scheme::Record) {
        let genuine = read(&license.text).expect("a record");
        for flipped in flips(&license.text) {
            if let Ok(same) = read(&flipped) {
                assert_eq!(same, genuine, "{flipped}");
            }
            if let Ok(claims) = Claims::verified(&flipped, &WORLD.keys) {
                assert_eq!(claims, license.claims, "{flipped}");
            }
        }
        // The case of a hexadecimal digit is such a freedom, so the comparison above is made.
        assert!(flips(&license.text).any(|flipped| read(&flipped).is_ok()));
    }
}

/// Spelling is free in a file: what is still accepted says the same, by the same signed text.
#[test]
fn of_file() {
    let read = |text: &str| {
        let file = LicenseFile::parse(text)?;
        file.verify(&KEY_D.keys()).map(|payload| (payload, file.signed_text()))
    };
    for license in WORLD.of(Scheme::File) {
        let genuine = read(&license.text).expect("a file");
        for flipped in flips(&license.text) {
            if let Ok(same) = read(&flipped) {
                assert_eq!(same, genuine, "{flipped}");
            }
            if let Ok(claims) = Claims::verified(&flipped, &WORLD.keys) {
                assert_eq!(claims, license.claims, "{flipped}");
            }
        }
    }
}

/// The check of a first-version key has 16 bits: a flip is accepted only where its tag truly is the same.
#[test]
fn of_lk1() {
    let (secret, mut rng) = (secret(), generator(0x1b17));
    let keys = KeySet::of_secret(secret.clone());
    let mut accepted = 0;
    for serial in 0..200 {
        let key = issue::lk1("PRO-10", &secret, &mut rng, serial).expect("a key");
        for flipped in flips(&key).filter(|flipped| Claims::verified(flipped, &keys).is_ok()) {
            let (signed, check) = flipped.split_at(flipped.len() - 5);
            let tag = secret.tag(&[signed.as_bytes()]);
            assert_eq!(check, format!("-{:02X}{:02X}", tag[0], tag[1]), "{key} was accepted as {flipped}");
            accepted += 1;
        }
    }
    // Of some fifty thousand flips, one in 65,536 may collide.
    assert!(accepted <= 5, "{accepted} flips were accepted");
}
