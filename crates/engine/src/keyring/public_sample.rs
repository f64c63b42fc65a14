//! Secrets that are printed in public documents of the older systems: whoever uses one shares it with everybody.

use keyward_core::crypto::SharedSecret;

use crate::crypto::AwsLc;

/// Sample secrets of systems B, C and E.
const SAMPLES: [&str; 5] = [
    "XoYgqu2wJYVZVg5AdWO9NqhKM52qXQ_ob9oeWMVeYhw=",
    "LMBM3oz6azq8lXQKxulptpzEyyHnat6eyBGCeJJE54Oq1f37O/NgcZKNBBaqr2BN",
    "your-secret-key-here",
    "installation-key",
    "HMAC_SECRET",
];

/// Whether a prepared secret is one of them.
pub(crate) fn is(secret: &SharedSecret) -> bool {
    let tag = |secret: &SharedSecret| secret.tag(&[b"keyward/public sample"]);
    SAMPLES.iter().any(|sample| tag(&SharedSecret::new(sample, &AwsLc)) == tag(secret))
}

/// Whether a secret is one of them.
pub fn contains(secret: &str) -> bool {
    SAMPLES.contains(&secret)
}
