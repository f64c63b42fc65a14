//! `pool` (system B): 12 characters of `A-Z0-9`, looked up in a central pool, used once.

use rand_core::Rng;

use crate::refusal::Flaw;

/// Characters of new keys: `A-Z0-9` without the look-alikes `0 O 1 I L`.
const ALPHABET: &[u8; 31] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";
/// Length of a key.
const LENGTH: usize = 12;

/// The durations a pool key can have, in days of 86,400 s, with the labels that system B shows.
pub const DURATIONS: [Duration; 5] = [
    Duration { days: 1, label: "1 jour", short: "1d" },
    Duration { days: 5, label: "5 jours", short: "5d" },
    Duration { days: 30, label: "1 mois", short: "1m" },
    Duration { days: 180, label: "6 mois", short: "6m" },
    Duration { days: 365, label: "12 mois", short: "12m" },
];

/// How long a pool key runs from its first activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// Days of 86,400 s.
    pub days: i64,
    /// The label of system B, in French.
    pub label: &'static str,
    /// The name on the command line.
    pub short: &'static str,
}

impl Duration {
    /// The duration of so many days, when it is one of the five.
    pub fn of_days(days: i64) -> Result<Self, Flaw> {
        DURATIONS
            .into_iter()
            .find(|d| d.days == days)
            .ok_or(Flaw::BadValue { field: "duration_days", wanted: "1, 5, 30, 180 or 365" })
    }
}

/// A key of the right form, in upper case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PoolKey([u8; LENGTH]);

impl PoolKey {
    /// Reads a key; ASCII lower case is folded and nothing else is changed.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        if text.is_empty() {
            return Err(Flaw::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Flaw::BadCharacter { what: "key", wanted: "the letters A to Z and digits" });
        }
        let bytes = text.to_ascii_uppercase().into_bytes();
        bytes.try_into().map(Self).map_err(|_| Flaw::BadLength { what: "key", wanted: "12 characters" })
    }

    /// Makes a new key from the caller's generator: eleven random characters and the check character.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut key = [0; LENGTH];
        for place in &mut key[..LENGTH - 1] {
            *place = ALPHABET[uniform(rng, ALPHABET.len())];
        }
        key[LENGTH - 1] = check_character(&key[..LENGTH - 1]).expect("only characters of the alphabet");
        Self(key)
    }

    /// Whether the last character is the check character of the others. Keys made elsewhere need not have one: it is
    /// asked only after a look-up found nothing, to say "typing error".
    pub fn has_check_character(&self) -> bool {
        check_character(&self.0[..LENGTH - 1]) == Some(self.0[LENGTH - 1])
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a key is ASCII")
    }
}

impl std::fmt::Debug for PoolKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PoolKey(…{})", &self.as_str()[LENGTH - 4..])
    }
}

/// A weighted sum modulo 31. The alphabet has a prime number of characters and no two neighbouring weights are equal,
/// so any single mistyped character and any two swapped neighbours are noticed.
fn check_character(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (weight, byte) in (2..).zip(body) {
        sum += weight * ALPHABET.iter().position(|c| c == byte)?;
    }
    Some(ALPHABET[sum % ALPHABET.len()])
}

/// A number below `bound` (at most 256), each equally likely.
fn uniform(rng: &mut impl Rng, bound: usize) -> usize {
    let fair = 256 - 256 % bound;
    loop {
        let mut byte = [0];
        rng.fill_bytes(&mut byte);
        if usize::from(byte[0]) < fair {
            return usize::from(byte[0]) % bound;
        }
    }
}
