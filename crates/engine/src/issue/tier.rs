//! Tiered keys (system C).

use keyward_core::crypto::SharedSecret;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::tier::Tier;
use keyward_core::time::Timestamp;

use super::IssueError;

/// A key of one tier is told from the next by its second; so far ahead of now may be used.
pub const MAX_AHEAD_SECONDS: u64 = 3600;

/// The key of a tier for the second `ahead` of now: of several made at once, each takes the next.
///
/// # Errors
/// Beyond an hour ahead, or when the tier has other characters than letters, digits and `_`.
pub fn tier(
    tier: &str,
    prefix: &str,
    secret: &SharedSecret,
    now: Timestamp,
    ahead: u64,
) -> Result<String, IssueError> {
    if ahead >= MAX_AHEAD_SECONDS {
        return Err(IssueError::TooManyTierKeys);
    }
    if now.seconds() < 0 {
        return Err(Refusal::from(Flaw::BadValue { field: "time", wanted: "after 1970" }).into());
    }
    let timestamp = now.plus_seconds(ahead.cast_signed()).seconds();
    Ok(Tier { tier: tier.to_owned(), timestamp }.seal(prefix, secret)?)
}
