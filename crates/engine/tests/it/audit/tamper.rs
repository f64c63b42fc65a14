//! What can be done to a chain, and what must be said of it.

use keyward_core::audit::FindingKind::{self, EntriesReordered, EntryAltered, EntryInserted};
use keyward_core::audit::FindingKind::{EntryMissing, HeadMismatch};
use keyward_core::audit::StoredEntry;
use rand::rngs::StdRng;
use uuid::Uuid;

use super::chain::{Chain, entry, sealed};
use super::change::Change;
use crate::world::NOW;

/// What must be found: one of some kinds, at a place, naming an entry.
#[derive(Debug)]
pub(super) struct Wanted {
    kinds: &'static [FindingKind],
    seq: i64,
    id: Option<Uuid>,
}

/// How an entry is put in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insertion {
    /// With the right link to the entry before.
    pub(super) linked: bool,
    /// With new numbers for all that follow; otherwise a number is there twice.
    pub(super) renumber: bool,
    /// Behind the one whose number it takes.
    pub(super) behind: bool,
}

impl Insertion {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|n| Self { linked: n & 1 != 0, renumber: n & 2 != 0, behind: n & 4 != 0 })
    }
}

impl Chain {
    /// The entry that stands at a place, as one that is to be found.
    fn wanted(&self, kinds: &'static [FindingKind], place: usize) -> Wanted {
        let row = &self.rows[place];
        Wanted { kinds, seq: row.seq, id: Some(row.entry.id) }
    }

    fn shift(&mut self, from: usize, by: i64) {
        self.rows[from..].iter_mut().for_each(|row| row.seq += by);
    }

    fn renumber(&mut self) {
        (1..).zip(&mut self.rows).for_each(|(seq, row)| row.seq = seq);
    }

    pub(super) fn change(
        &mut self,
        place: usize,
        (_, apply, kind): &'static Change,
        rng: &mut StdRng,
    ) -> Wanted {
        let seq = self.rows[place].seq;
        apply(&mut self.rows[place], rng);
        Wanted { seq, ..self.wanted(std::slice::from_ref(kind), place) }
    }

    /// A change that makes the entry's own digest anew, so that only its successor or the head contradicts it.
    pub(super) fn rewrite(&mut self, place: usize) -> Wanted {
        let before = self.head_before(place);
        let row = &mut self.rows[place];
        row.entry.event.push('!');
        *row = StoredEntry { serial: row.serial, ..sealed(&before, row.entry.clone()).0 };
        let last = place + 1 == self.rows.len();
        self.wanted(if last { &[HeadMismatch] } else { &[EntryAltered] }, place)
    }

    pub(super) fn delete(&mut self, place: usize, renumber: bool) -> Wanted {
        let seq = self.rows.remove(place).seq;
        if place == self.rows.len() {
            return Wanted { kinds: &[HeadMismatch], seq, id: None };
        }
        if renumber {
            self.shift(place, -1);
        }
        Wanted { kinds: &[EntryMissing], seq, id: None }
    }

    /// Puts a made-up entry in front of the one at a place; behind the last one for the length.
    pub(super) fn insert(&mut self, place: usize, how: Insertion, rng: &mut StdRng) -> Wanted {
        let mut row = sealed(&self.head_before(place), entry(rng, NOW)).0;
        if !how.linked {
            row.digest = vec![7; 32];
        }
        row.serial += if how.behind { 1 } else { -1 };
        let (seq, id) = (row.seq, Some(row.entry.id));
        if how.renumber {
            self.shift(place, 1);
        }
        self.rows.insert(place, row);
        // One that is sealed well behind the last contradicts nothing but the head.
        let behind_all = how.linked && place + 1 == self.rows.len();
        let kinds = if behind_all { &[HeadMismatch] } else { &[EntryInserted] };
        Wanted { kinds, seq, id }
    }

    /// Puts a copy of an entry in front of the one at another place, and gives all a number of their own.
    pub(super) fn duplicate(&mut self, place: usize, to: usize) -> Wanted {
        self.rows.insert(to, self.rows[place].clone());
        self.renumber();
        // Of a copy that stands next to its original, the second is the one too much.
        self.wanted(&[EntryInserted], if to == place { to + 1 } else { to })
    }

    /// A copy with the number of its original, too.
    pub(super) fn double(&mut self, place: usize) -> Wanted {
        self.rows.insert(place, self.rows[place].clone());
        self.wanted(&[EntryInserted], place)
    }

    /// Exchanges the numbers of two rows.
    pub(super) fn exchange(&mut self, one: usize, other: usize) -> Wanted {
        self.rows.swap(one, other);
        self.renumber();
        self.wanted(&[EntriesReordered], one.min(other))
    }

    /// Exchanges what two rows say, and leaves their links.
    pub(super) fn exchange_contents(&mut self, one: usize, other: usize) -> Wanted {
        let [of_one, of_other] = [one, other].map(|place| self.rows[place].entry.clone());
        (self.rows[one].entry, self.rows[other].entry) = (of_other, of_one);
        self.wanted(&[EntriesReordered], one.min(other))
    }

    /// Moves an entry to another place, and renumbers those between.
    pub(super) fn relocate(&mut self, from: usize, to: usize) -> Wanted {
        let row = self.rows.remove(from);
        self.rows.insert(to, row);
        self.renumber();
        self.wanted(&[EntriesReordered], from.min(to))
    }

    /// Writes one entry over another, number aside.
    pub(super) fn overwrite(&mut self, from: usize, to: usize) -> Wanted {
        self.rows[to] = self.rows[from].clone();
        self.renumber();
        self.wanted(&[EntryAltered], to)
    }

    /// Cuts off the end.
    pub(super) fn cut(&mut self, length: usize) -> Wanted {
        self.rows.truncate(length);
        Wanted { kinds: &[HeadMismatch], seq: length as i64 + 1, id: None }
    }

    pub(super) fn assert_found(&self, wanted: &Wanted, what: &str) {
        let report = self.report();
        let Some(first) = report.first() else { panic!("{what}: nothing was found, wanted {wanted:?}") };
        let named = wanted.kinds.contains(&first.kind) && (first.seq, first.id) == (wanted.seq, wanted.id);
        assert!(named, "{what}: {report:?}, wanted {wanted:?}");
    }
}
