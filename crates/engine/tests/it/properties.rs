//! What holds for every value, not for chosen ones: nothing is lost in writing and reading, what is issued can be
//! read, no flipped bit is accepted, nothing panics, and the first reason to refuse wins.

mod bit_flips;
mod bomb;
mod device_order;
mod issued_is_read;
mod made_up;
mod no_panic;
mod round_trip;
mod round_trip_lk;
mod seats;

use proptest::test_runner::{Config, RngSeed};

/// The same cases in every run; `PROPTEST_RNG_SEED` and a larger number find more.
pub(crate) fn cases(cases: u32) -> Config {
    let seed = match Config::default().rng_seed {
        RngSeed::Random => RngSeed::Fixed(0x4b45_5957_4152_4400),
        given @ RngSeed::Fixed(_) => given,
    };
    Config { cases, rng_seed: seed, failure_persistence: None, ..Config::default() }
}
