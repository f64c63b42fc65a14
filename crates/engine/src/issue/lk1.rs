//! First-version keys (system E), for installations that cannot read newer ones.

use keyward_core::crypto::SharedSecret;
use keyward_core::scheme::lk1::Lk1;
use rand_core::Rng;

use super::IssueError;

/// A key of a tier with a new random part; keys with different `serial` are different.
///
/// # Errors
/// When a reader could not tell the tier from the random part.
pub fn lk1(tier: &str, secret: &SharedSecret, rng: &mut impl Rng, serial: u32) -> Result<String, IssueError> {
    let random = Lk1::random_part(rng, serial);
    Ok(Lk1 { tier: tier.to_owned(), random }.seal(secret)?)
}
