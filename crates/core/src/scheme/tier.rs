//! `tier` (system C): `QF-{TIER}-{16 hex}-{unix seconds}`, the hex the start of an HMAC-SHA256 of the rest.

use crate::crypto::{KeySet, SharedSecret, same};
use crate::refusal::{Flaw, Refusal, check_size};

/// The prefix of system C; a product may have another.
pub const PREFIX: &str = "QF";

/// The tiers of system C with their features, in the order in which they are answered.
pub const TIERS: [(&str, &[&str]); 4] = [
    ("free", ALL_FEATURES.split_at(4).0),
    (
        "pro",
        &[
            "basic_dashboard",
            "manual_trading",
            "basic_analytics",
            "community_read",
            "ai_agents_3",
            "advanced_analytics",
            "strategy_marketplace",
            "copy_trading",
            "priority_support",
        ],
    ),
    ("elite", ALL_FEATURES.split_at(14).0),
    ("lifetime", &ALL_FEATURES),
];

const ALL_FEATURES: [&str; 19] = [
    "basic_dashboard",
    "manual_trading",
    "basic_analytics",
    "community_read",
    "ai_agents_unlimited",
    "advanced_analytics",
    "strategy_marketplace",
    "copy_trading",
    "priority_support",
    "market_intelligence",
    "custom_strategies",
    "api_access",
    "whale_tracking",
    "premium_community",
    "lifetime_updates",
    "vip_support",
    "beta_access",
    "custom_integrations",
    "white_label",
];

/// The features of a tier before an operator edits them; an unknown tier has those of `free`.
pub fn features(tier: &str) -> &'static [&'static str] {
    TIERS.iter().find(|(name, _)| *name == tier).map_or(TIERS[0].1, |(_, features)| features)
}

/// What a key says: the tier and the second in which it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The tier as signed; writers use upper case.
    pub tier: String,
    /// Seconds since 1970.
    pub timestamp: i64,
}

/// A key of the right form whose seal has not been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct TierKey<'a> {
    prefix: &'a str,
    tier: &'a str,
    seal: &'a str,
    timestamp: &'a str,
    seconds: i64,
}

impl<'a> TierKey<'a> {
    /// Reads a key with the product's prefix: four parts, the tier of `A-Za-z0-9_`, 1 to 19 digits that fit 64 bits.
    pub fn parse(text: &'a str, prefix: &str) -> Result<Self, Refusal> {
        let key = Self::with_any_prefix(text)?;
        if key.prefix == prefix {
            Ok(key)
        } else {
            Err(Flaw::BadCharacter { what: "prefix of the key", wanted: "the product's own letters" }.into())
        }
    }

    /// Reads a key of any prefix; the seal covers it.
    pub fn with_any_prefix(text: &'a str) -> Result<Self, Refusal> {
        check_size(text.as_bytes())?;
        let mut parts = text.split('-');
        let mut part = || parts.next().ok_or(Flaw::Truncated { what: "key" });
        let (prefix, tier, seal, timestamp) = (part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(Flaw::TrailingData { what: "key" }.into());
        }
        if tier.is_empty() || !tier.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(Flaw::BadCharacter { what: "tier", wanted: "letters, digits and `_`" }.into());
        }
        if timestamp.is_empty() {
            return Err(Flaw::Truncated { what: "key" }.into());
        }
        let seconds = (timestamp.len() <= 19 && timestamp.bytes().all(|b| b.is_ascii_digit()))
            .then(|| timestamp.parse().ok())
            .flatten()
            .ok_or(Flaw::BadCharacter { what: "time at the end of the key", wanted: "up to 19 digits" })?;
        Ok(Self { prefix, tier, seal, timestamp, seconds })
    }

    /// Checks the seal under the secrets at hand.
    pub fn verify(&self, keys: &KeySet) -> Result<Tier, Refusal> {
        keys.must_have_secret()?;
        let fits = |secret| {
            same(self.seal.as_bytes(), seal(secret, self.prefix, self.tier, self.timestamp).as_bytes())
        };
        if keys.secrets.iter().any(fits) {
            Ok(Tier { tier: self.tier.to_owned(), timestamp: self.seconds })
        } else {
            Err(Refusal::BadSignature)
        }
    }

    /// What the key says, unchecked.
    pub fn unverified(&self) -> Tier {
        Tier { tier: self.tier.to_owned(), timestamp: self.seconds }
    }
}

impl Tier {
    /// The key: the tier in upper case, sealed under the secret.
    ///
    /// # Errors
    /// When the tier has other characters than `A-Za-z0-9_`, the time is negative, or the prefix is not 1 to 16 of `A-Z`
    /// and `0-9`, or is `LK`: such a key would not be recognised.
    pub fn seal(&self, prefix: &str, secret: &SharedSecret) -> Result<String, Refusal> {
        seal_as_written(&self.tier, &self.timestamp.to_string(), prefix, secret)
    }
}

/// The key of a tier for a time as it is written, leading zeros included.
///
/// # Errors
/// As [`Tier::seal`], and when the time has other characters than 1 to 19 digits.
pub fn seal_as_written(
    tier: &str,
    timestamp: &str,
    prefix: &str,
    secret: &SharedSecret,
) -> Result<String, Refusal> {
    if !is_prefix(prefix) {
        let wanted = "1 to 16 of A-Z and 0-9, and not LK";
        return Err(Flaw::BadValue { field: "prefix", wanted }.into());
    }
    let tier = tier.to_ascii_uppercase();
    let seal = seal(secret, prefix, &tier, timestamp);
    let key = format!("{prefix}-{tier}-{seal}-{timestamp}");
    TierKey::parse(&key, prefix)?;
    Ok(key)
}

/// Whether a text looks like a key with some product's prefix.
pub(super) fn resembles(text: &str) -> bool {
    TierKey::with_any_prefix(text).is_ok_and(|key| is_prefix(key.prefix) && key.seal.len() == 16)
}

fn is_prefix(text: &str) -> bool {
    let right = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (1..=16).contains(&text.len()) && right && text != "LK"
}

fn seal(secret: &SharedSecret, prefix: &str, tier: &str, timestamp: &str) -> String {
    let tag = secret.tag(&[prefix.as_bytes(), b"-", tier.as_bytes(), b"-", timestamp.as_bytes()]);
    hex::encode(&tag[..8])
}
