//! Every change at every place of a short chain without a checkpoint: the entries and the head show what was done.

use keyward_core::audit::{FindingKind, Head};

use super::chain::Chain;
use super::change::CHANGES;
use super::tamper::{Insertion, Wanted};
use crate::world::generator;

/// Something done to two places.
type Tamper = fn(&mut Chain, usize, usize) -> Wanted;

const LENGTH: usize = 9;

fn chain() -> Chain {
    Chain::of(LENGTH as i64, 1_000)
}

#[test]
fn an_untouched_chain_is_sound() {
    let chain = chain();
    let report = chain.report();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.head, chain.head);
    assert!(Chain::of(0, 1).report().is_sound());
}

#[test]
fn erased_personal_data_verifies() {
    let mut chain = chain();
    let before = chain.report().erased;
    let place = chain.rows.iter().position(|row| row.entry.personal_salt.is_some()).expect("some are");
    chain.rows[place].entry.erase_personal();
    let report = chain.report();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.erased, before + 1);
}

#[test]
fn a_changed_field_is_named() {
    let (chain, mut rng) = (chain(), generator(1));
    for place in 0..LENGTH {
        for change in CHANGES {
            let mut tampered = chain.clone();
            let wanted = tampered.change(place, change, &mut rng);
            tampered.assert_found(&wanted, &format!("{} of {place}", change.0));
        }
    }
}

#[test]
fn any_other_number_names_the_row_at_its_new_place_or_its_old() {
    let chain = chain();
    for place in 0..LENGTH {
        let was = chain.rows[place].seq;
        let numbers = (-2..=LENGTH as i64 + 3).chain([i64::MIN, i64::MAX]);
        for number in numbers.filter(|number| *number != was) {
            let mut tampered = chain.clone();
            tampered.rows[place].seq = number;
            let report = tampered.report();
            let first = report.first().unwrap_or_else(|| panic!("{was} as {number} was not noticed"));
            assert_eq!(first.kind, FindingKind::EntriesReordered, "{was} as {number}: {report:?}");
            assert_eq!(first.id, Some(chain.rows[place].entry.id), "{was} as {number}: {report:?}");
            assert!([was, number].contains(&first.seq), "{was} as {number}: {report:?}");
        }
    }
}

#[test]
fn a_changed_head_is_named() {
    let chain = chain();
    let Head { seq, digest, count } = chain.head;
    for (head, place) in [
        (Head { seq: seq + 1, ..chain.head }, seq + 1),
        (Head { seq: seq - 3, ..chain.head }, seq - 2),
        (Head { count: count - 1, ..chain.head }, seq),
        (Head { digest: digest.map(|byte| byte ^ 1), ..chain.head }, seq),
        (Head::genesis(), 1),
        (Head { seq: i64::MAX, ..chain.head }, seq + 1),
        (Head { seq: i64::MIN, ..chain.head }, i64::MIN + 1),
    ] {
        let report = Chain { head, ..chain.clone() }.report();
        let first = report.first().map(|first| (first.kind, first.seq));
        assert_eq!(first, Some((FindingKind::HeadMismatch, place)), "{head:?}");
    }
}

#[test]
fn a_rewritten_entry_is_named_though_its_own_digest_fits() {
    for place in 0..LENGTH {
        let mut tampered = chain();
        let wanted = tampered.rewrite(place);
        tampered.assert_found(&wanted, &format!("{place} rewritten"));
    }
}

#[test]
fn a_missing_entry_is_named() {
    for place in 0..LENGTH {
        for renumber in [false, true] {
            let mut tampered = chain();
            let wanted = tampered.delete(place, renumber);
            tampered.assert_found(&wanted, &format!("{place} removed, renumber: {renumber}"));
        }
        let mut tampered = chain();
        let wanted = tampered.cut(place);
        tampered.assert_found(&wanted, &format!("cut to {place}"));
    }
}

#[test]
fn an_inserted_entry_is_named() {
    let mut rng = generator(2);
    for place in 0..=LENGTH {
        for how in Insertion::all() {
            let mut tampered = chain();
            let wanted = tampered.insert(place, how, &mut rng);
            tampered.assert_found(&wanted, &format!("{how:?} at {place}"));
        }
    }
}

#[test]
fn a_copy_is_named() {
    for one in 0..LENGTH {
        let mut tampered = chain();
        let wanted = tampered.double(one);
        tampered.assert_found(&wanted, &format!("{one} doubled"));
        for other in 0..=LENGTH {
            let mut tampered = chain();
            let wanted = tampered.duplicate(one, other);
            tampered.assert_found(&wanted, &format!("a copy of {one} at {other}"));
        }
    }
}

#[test]
fn what_was_exchanged_moved_or_overwritten_is_named() {
    let tamper: [(&str, Tamper); 4] = [
        ("exchanged", Chain::exchange),
        ("exchanged in contents", Chain::exchange_contents),
        ("moved", Chain::relocate),
        ("written over", Chain::overwrite),
    ];
    for (what, apply) in tamper {
        for one in 0..LENGTH {
            for other in (0..LENGTH).filter(|other| *other != one) {
                let mut tampered = chain();
                let wanted = apply(&mut tampered, one, other);
                tampered.assert_found(&wanted, &format!("{one} and {other} {what}"));
            }
        }
    }
}
