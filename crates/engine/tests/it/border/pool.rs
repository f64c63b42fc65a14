//! B: keys against Python's regular expression, dates against its `datetime`.

use keyward_core::calendar::add_days;
use keyward_core::scheme::pool::{DURATIONS, PoolKey};
use keyward_core::time::Timestamp;
use keyward_engine::issue::PoolKeys;
use rand::RngExt as _;
use serde_json::{Value, json};

use super::tool::python;
use crate::world::generator;

#[test]
fn keys_made_here_have_the_form_that_python_wants() {
    let (mut pool, mut rng) = (PoolKeys::default(), generator(0xb));
    let mut keys: Vec<String> =
        (0..2_000).map(|_| pool.next(&mut rng).expect("a key").as_str().to_owned()).collect();
    // The pattern does tell keys from other texts.
    keys.push("ABC123XYZ78".to_owned());
    let answer = &python("b.py", &[json!({ "op": "verify", "keys": keys })])[0];
    let mut wanted = vec![true; 2_000];
    wanted.push(false);
    assert_eq!(*answer, json!(wanted));
}

#[test]
fn keys_of_the_old_alphabet_made_by_python_are_read_here() {
    let answer = &python("b.py", &[json!({ "op": "make", "seed": 20_260_101, "count": 2_000 })])[0];
    let keys = answer.as_array().expect("a list of keys");
    assert_eq!(keys.len(), 2_000);
    for key in keys.iter().map(|key| key.as_str().expect("a key is a text")) {
        assert_eq!(PoolKey::parse(key).expect("any key of the old alphabet").as_str(), key);
    }
}

#[test]
fn activation_and_expiry_are_written_as_python_writes_them() {
    let mut rng = generator(0xb0b);
    let last = 253_402_300_799;
    let instants = [0, 1_709_164_800_000_000, last * 1_000_000 + 999_999, 1_767_225_600_000_100]
        .into_iter()
        .chain(
            (0..120).map(|n| rng.random_range(0..last) * 1_000_000 + n % 2 * rng.random_range(0..1_000_000)),
        )
        .map(Timestamp::from_micros);
    let cases: Vec<_> = instants.flat_map(|at| DURATIONS.map(|duration| (at, duration.days))).collect();
    let expire =
        |(at, days): &(Timestamp, i64)| json!({ "op": "expire", "micros": at.micros(), "days": days });
    let requests: Vec<Value> = cases.iter().map(expire).collect();
    for ((at, days), answer) in cases.into_iter().zip(python("b.py", &requests)) {
        let ours = json!({
            "activation_date": at.to_python(),
            "expiration_date": add_days(at, days).ok().and_then(Timestamp::to_python),
        });
        assert_eq!(answer, ours, "{at} + {days} days");
    }
}
