//! `lk1` (system E, first version): `LK-1-{TIER}-{random}-{CHECK}`, the check four hex digits of an HMAC-SHA256.
//!
//! The check has 16 bits: it catches typing errors, it does not keep anybody out.

use rand_core::Rng;

use super::lk_body;
use crate::crypto::{KeySet, SharedSecret, same};
use crate::refusal::{Flaw, Refusal};

/// The tiers of system E and their devices, longest name first where one begins with another.
pub const TIERS: [(&str, u64); 5] =
    [("PRO-100", 100), ("PRO-10", 10), ("PRO-20", 20), ("PRO-50", 50), ("ENTERPRISE", 999)];

/// The devices of a tier; `None` when it is not one of system E's.
pub fn max_devices(tier: &str) -> Option<u64> {
    TIERS.iter().find(|(name, _)| *name == tier).map(|(_, devices)| *devices)
}

/// Whether a key can say this tier so that its readers tell it from the random part.
pub fn can_say(tier: &str) -> bool {
    let key = format!("{}-x", tier.to_ascii_uppercase());
    tier.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && split(&key) == Some((&key[..tier.len()], "x"))
}

/// Length of the random part of new keys.
const RANDOM_LENGTH: usize = 16;

/// What a key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lk1 {
    /// The tier; may contain `-`.
    pub tier: String,
    /// The random part; may contain `-`.
    pub random: String,
}

/// A key of the right form whose check has not been compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Lk1Key<'a> {
    signed: &'a str,
    check: &'a str,
    lk1: Lk1,
}

impl<'a> Lk1Key<'a> {
    /// Reads a key.
    ///
    /// # Errors
    /// `UNSUPPORTED_VERSION` for another `LK-` version, `TOO_LARGE`, else `MALFORMED` with the reason.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        let body = lk_body(text, "1")?;
        if !body.bytes().all(|b| b.is_ascii_graphic()) {
            let wanted = "letters, digits, `-` and `_`, without spaces";
            return Err(Flaw::BadCharacter { what: "key", wanted }.into());
        }
        let (middle, check) = body.rsplit_once('-').ok_or(Flaw::Truncated { what: "key" })?;
        let digits = check.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')).count();
        match (digits, check.len()) {
            (4, 4) => {}
            (4.., _) => return Err(Flaw::TrailingData { what: "key" }.into()),
            (_, 4) if check.bytes().all(|b| b.is_ascii_hexdigit()) => {
                let wanted = "four digits of 0-9 and A-F";
                return Err(Flaw::BadCharacter { what: "check at the end of the key", wanted }.into());
            }
            _ => return Err(Flaw::Truncated { what: "key" }.into()),
        }
        let (tier, random) = split(middle).ok_or(Flaw::Truncated { what: "key" })?;
        let lk1 = Lk1 { tier: tier.to_owned(), random: random.to_owned() };
        Ok(Self { signed: &text[..text.len() - 5], check, lk1 })
    }

    /// Compares the check under the secrets at hand.
    pub fn verify(&self, keys: &KeySet) -> Result<Lk1, Refusal> {
        keys.must_have_secret()?;
        let fits = |secret| same(self.check.as_bytes(), check(secret, self.signed).as_bytes());
        if keys.secrets.iter().any(fits) { Ok(self.lk1.clone()) } else { Err(Refusal::BadSignature) }
    }

    /// What the key says, unchecked.
    pub fn unverified(&self) -> Lk1 {
        self.lk1.clone()
    }
}

impl Lk1 {
    /// The key: the tier in upper case, with its check.
    ///
    /// # Errors
    /// When tier and random part could not be told apart again by a reader, or have characters that a key cannot.
    pub fn seal(&self, secret: &SharedSecret) -> Result<String, Refusal> {
        let tier = self.tier.to_ascii_uppercase();
        let signed = format!("LK-1-{tier}-{}", self.random);
        let key = format!("{signed}-{}", check(secret, &signed));
        let wanted = "letters and digits, with `-` only as in PRO-10";
        match Lk1Key::parse(&key) {
            Ok(read) if read.lk1.tier == tier => Ok(key),
            _ => Err(Flaw::BadValue { field: "tier", wanted }.into()),
        }
    }

    /// A random part of 16 letters and digits; of `count` asked for one after the other from one generator with
    /// rising `serial`, no two are equal.
    pub fn random_part(rng: &mut impl Rng, serial: u32) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let digit = |n: u32| char::from(ALPHABET[n as usize % 62]);
        // Ten random characters, then the serial number in six (62⁶ is more than 2³²).
        let random = (0..RANDOM_LENGTH - 6).map(|_| digit(rng.next_u32() >> 8)).collect::<String>();
        let counted = (0..6).rev().map(|place| digit(serial / 62u32.pow(place))).collect::<String>();
        random + &counted
    }
}

/// Tier and random part: known tiers first, longest first; otherwise the first part, with the second when that is all
/// digits and something follows.
fn split(middle: &str) -> Option<(&str, &str)> {
    for (tier, _) in TIERS {
        if let Some(random) = middle.strip_prefix(tier).and_then(|rest| rest.strip_prefix('-')) {
            return (!random.is_empty()).then_some((tier, random));
        }
    }
    let (first, rest) = middle.split_once('-')?;
    let cut = match rest.split_once('-') {
        Some((digits, after))
            if !digits.is_empty() && !after.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            first.len() + 1 + digits.len()
        }
        _ => first.len(),
    };
    let (tier, random) = (&middle[..cut], &middle[cut + 1..]);
    (!tier.is_empty() && !random.is_empty()).then_some((tier, random))
}

fn check(secret: &SharedSecret, signed: &str) -> String {
    hex::encode_upper(&secret.tag(&[signed.as_bytes()])[..2])
}

#[cfg(test)]
mod tests {
    use super::{can_say, split};

    #[test]
    fn a_key_says_tiers_that_are_read_again() {
        for good in ["PRO-10", "gold", "gold-5", "x"] {
            assert!(can_say(good), "{good}");
        }
        for bad in ["", "gold-extra", "gold-5-6", "-gold", "gold-", "pro-10-x", "g ld", "göld"] {
            assert!(!can_say(bad), "{bad}");
        }
    }

    #[test]
    fn known_tiers_come_first() {
        assert_eq!(split("PRO-100-ab"), Some(("PRO-100", "ab")));
        assert_eq!(split("PRO-10-0-ab"), Some(("PRO-10", "0-ab")));
        assert_eq!(split("GOLD-5-ab"), Some(("GOLD-5", "ab")));
        assert_eq!(split("GOLD-5"), Some(("GOLD", "5")));
        assert_eq!(split("PRO-10"), Some(("PRO", "10")));
        assert_eq!(split("GOLD-ab-5"), Some(("GOLD", "ab-5")));
        for wrong in ["GOLD", "-ab", "GOLD-", "PRO-10-", ""] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
