//! The tables of codes and schemes hold together.

use std::collections::HashSet;

use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::pool::{DURATIONS, PoolKey};
use keyward_core::scheme::{Scheme, tier};
use keyward_core::verdict::{Access, Verdict};

#[test]
fn every_code_is_upper_snake_unique_and_says_what_to_do() {
    let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(code.as_str().bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{code}");
        assert!(code.sentence().ends_with('.') && code.remedy().ends_with('.'), "{code}");
    }
    let reasons: HashSet<_> = Flaw::TABLE.iter().map(|(reason, ..)| reason).collect();
    assert_eq!(reasons.len(), Flaw::TABLE.len());
}

#[test]
fn what_is_no_licence_leaves_no_access_and_says_why() {
    for refusal in [
        Refusal::BadSignature,
        Refusal::SealNotAccepted { found: "with a signature" },
        Refusal::UnsupportedVersion("9".to_owned()),
        Refusal::TooLarge { what: "text", limit: 1 },
        Flaw::Empty.into(),
    ] {
        let verdict = Verdict::from(refusal.clone());
        assert_eq!((verdict.valid, verdict.access, verdict.code), (false, Access::None, refusal.code()));
        assert_eq!((verdict.detail, verdict.remedy), (refusal.to_string(), refusal.remedy()));
    }
}

#[test]
fn each_tier_includes_the_one_below() {
    let features = |name| tier::features(name).iter().collect::<HashSet<_>>();
    assert!(features("free").is_subset(&features("pro")));
    assert!(features("elite").is_subset(&features("lifetime")));
    assert_eq!(tier::features("gold"), tier::features("free"));
}

#[test]
fn names_are_unique() {
    assert_eq!(Scheme::ALL.iter().map(|s| s.as_str()).collect::<HashSet<_>>().len(), 7);
    assert_eq!(DURATIONS.iter().map(|d| d.short).collect::<HashSet<_>>().len(), 5);
}

/// A generator that counts: the core takes whatever it is handed.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|n| n as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        // Knuth's MMIX generator: well enough spread for keys that need only differ.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0 >> 16)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            *byte = self.try_next_u32()? as u8;
        }
        Ok(())
    }
}

#[test]
fn the_check_character_notices_one_mistake_and_two_swapped_neighbours() {
    let mut rng = Counter(7);
    for _ in 0..200 {
        let key = PoolKey::generate(&mut rng);
        assert!(key.has_check_character());
        let text = key.as_str().as_bytes();
        for place in 0..text.len() {
            for other in *b"ABCDEFGHJKMNPQRSTUVWXYZ23456789" {
                let mut typed = text.to_vec();
                typed[place] = other;
                assert_eq!(has_check(&typed), other == text[place], "{}", key.as_str());
            }
            if place > 0 && text[place] != text[place - 1] {
                let mut typed = text.to_vec();
                typed.swap(place, place - 1);
                assert!(!has_check(&typed), "{} swapped at {place}", key.as_str());
            }
        }
    }
}

fn has_check(typed: &[u8]) -> bool {
    let typed = std::str::from_utf8(typed).expect("ASCII");
    PoolKey::parse(typed).expect("the form of a key").has_check_character()
}
