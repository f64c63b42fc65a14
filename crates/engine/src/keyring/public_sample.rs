//! Secrets that are printed in public documents of the older systems: whoever uses one shares it with everybody.

/// Sample secrets of systems B, C and E.
const SAMPLES: [&str; 5] = [
    "XoYgqu2wJYVZVg5AdWO9NqhKM52qXQ_ob9oeWMVeYhw=",
    "LMBM3oz6azq8lXQKxulptpzEyyHnat6eyBGCeJJE54Oq1f37O/NgcZKNBBaqr2BN",
    "your-secret-key-here",
    "installation-key",
    "HMAC_SECRET",
];

/// Whether a secret is one of them.
pub fn contains(secret: &str) -> bool {
    SAMPLES.contains(&secret)
}
