//! Changes of a single field.

use keyward_core::audit::FindingKind::{self, EntriesReordered, EntryAltered, PersonalAltered};
use keyward_core::audit::StoredEntry;
use rand::RngExt as _;
use rand::rngs::StdRng;

use super::chain::uuid;

/// What is changed, how, and what must be said of it.
pub(super) type Change = (&'static str, fn(&mut StoredEntry, &mut StdRng), FindingKind);

pub(super) const CHANGES: &[Change] = &[
    ("previous", |row, rng| flip(&mut row.previous, rng), EntryAltered),
    ("previous, shorter", |row, _| row.previous.truncate(31), EntryAltered),
    ("digest", |row, rng| flip(&mut row.digest, rng), EntryAltered),
    ("digest, longer", |row, _| row.digest.push(0), EntryAltered),
    ("id", |row, rng| row.entry.id = uuid(rng), EntryAltered),
    ("account", |row, rng| toggle(&mut row.entry.account, uuid(rng)), EntryAltered),
    ("at", |row, _| row.entry.at = row.entry.at.plus_micros(1), EntryAltered),
    ("event", |row, _| row.entry.event = "license.reinstate".to_owned(), EntryAltered),
    ("outcome", |row, _| row.entry.outcome.push(' '), EntryAltered),
    ("actor_kind", |row, _| row.entry.actor_kind.clear(), EntryAltered),
    ("actor_id", |row, rng| toggle(&mut row.entry.actor_id, uuid(rng)), EntryAltered),
    ("resource_type", |row, _| row.entry.resource_type.push('s'), EntryAltered),
    ("resource_id", |row, rng| row.entry.resource_id = Some(uuid(rng)), EntryAltered),
    ("front", |row, _| row.entry.front.push('.'), EntryAltered),
    ("request_id", |row, _| alter(&mut row.entry.request_id), EntryAltered),
    ("request_id, there or not", |row, _| toggle(&mut row.entry.request_id, String::new()), EntryAltered),
    ("detail", |row, _| row.entry.detail.push(' '), EntryAltered),
    ("personal_digest", |row, _| toggle(&mut row.entry.personal_digest, vec![7; 32]), EntryAltered),
    ("address", |row, _| alter(&mut row.entry.address), PersonalAltered),
    ("address, there or not", |row, _| toggle(&mut row.entry.address, String::new()), PersonalAltered),
    ("user_agent", |row, _| alter(&mut row.entry.user_agent), PersonalAltered),
    ("user_agent, there or not", |row, _| toggle(&mut row.entry.user_agent, "x".to_owned()), PersonalAltered),
    ("personal_salt", |row, _| toggle(&mut row.entry.personal_salt, vec![7; 16]), PersonalAltered),
    ("seq, beyond the end", |row, _| row.seq += 1_000_000, EntriesReordered),
];

fn flip(bytes: &mut [u8], rng: &mut StdRng) {
    let bit = rng.random_range(0..bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

fn toggle<T>(field: &mut Option<T>, value: T) {
    *field = if field.is_some() { None } else { Some(value) };
}

/// A text that is not there becomes an empty one, any other a longer one.
fn alter(field: &mut Option<String>) {
    match field {
        Some(text) => text.push('x'),
        None => *field = Some(String::new()),
    }
}
