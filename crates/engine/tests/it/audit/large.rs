//! One change, made up, in a long chain with checkpoints.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::chain::Chain;
use super::change::CHANGES;
use super::tamper::Insertion;
use crate::properties::cases;
use crate::world::generator;

const LENGTH: usize = 10_500;

static CHAIN: LazyLock<Chain> = LazyLock::new(|| Chain::of(LENGTH as i64, 1_000));

/// Any place; the first, the last and those at a checkpoint more often.
fn place() -> impl Strategy<Value = usize> {
    let last = LENGTH - 1;
    prop_oneof![4 => 0..LENGTH, 1 => Just(0), 2 => Just(last), 1 => (1..=10_usize).prop_map(|n| n * 1_000 - 1)]
}

#[test]
fn the_chain_is_sound_and_all_checkpoints_fit() {
    let report = CHAIN.report();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.head, report.checkpoints), (CHAIN.head, 10));
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn a_changed_field(place in place(), change in 0..CHANGES.len(), seed: u64) {
        let mut tampered = CHAIN.clone();
        let wanted = tampered.change(place, &CHANGES[change], &mut generator(seed));
        tampered.assert_found(&wanted, CHANGES[change].0);
    }

    #[test]
    fn a_deletion(place in place(), renumber: bool) {
        let mut tampered = CHAIN.clone();
        let wanted = tampered.delete(place, renumber);
        tampered.assert_found(&wanted, "a deletion");
    }

    #[test]
    fn an_insertion(place in place(), how in 0..8_usize, seed: u64) {
        let mut tampered = CHAIN.clone();
        let how = Insertion::all().nth(how).expect("there are eight");
        let wanted = tampered.insert(place, how, &mut generator(seed));
        tampered.assert_found(&wanted, "an insertion");
    }

    #[test]
    fn an_exchange_or_a_move(one in place(), other in place(), how in 0..3) {
        prop_assume!(one != other);
        let mut tampered = CHAIN.clone();
        let wanted = match how {
            0 => tampered.exchange(one, other),
            1 => tampered.exchange_contents(one, other),
            _ => tampered.relocate(one, other),
        };
        tampered.assert_found(&wanted, "an exchange or a move");
    }

    #[test]
    fn a_copy(one in place(), other in place(), same_number: bool) {
        let mut tampered = CHAIN.clone();
        let wanted = if same_number { tampered.double(one) } else { tampered.duplicate(one, other) };
        tampered.assert_found(&wanted, "a copy");
    }

    #[test]
    fn a_tail_cut_off(length in place()) {
        let mut tampered = CHAIN.clone();
        let wanted = tampered.cut(length);
        tampered.assert_found(&wanted, "a tail cut off");
    }
}
