//! A row that can be read, before anybody looked whether it is here; rows are read on all cores.

use keyward_store::old::{OldRow, OldValue};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::entry::{Entry, Reads};
use super::read::Flaw;
use super::report::RowName;
use crate::Engine;

pub(super) struct Candidate {
    pub(super) row: RowName,
    pub(super) entry: Entry,
    /// The digest of its key.
    pub(super) key: Option<[u8; 32]>,
    /// The digest of its form.
    pub(super) form: Option<[u8; 32]>,
    /// The digest of what it is for.
    subject: Option<[u8; 32]>,
    /// Its customer.
    pub(super) user: Option<Uuid>,
    /// The licence that is here already, of which it is another form.
    pub(super) joins: Option<Uuid>,
}

/// Why a row is none.
pub(super) enum Unfit {
    OtherProduct,
    Flawed(Flaw),
}

impl Candidate {
    pub(super) fn new(engine: &Engine, row: RowName, entry: Entry) -> Self {
        let key = entry.key.as_deref().map(|key| engine.digest(key));
        let form = entry.form.as_ref().map(|form| engine.digest(&form.spelling));
        let subject = entry.subject.as_deref().map(|subject| Sha256::digest(subject.as_bytes()).into());
        Self { row, entry, key, form, subject, user: None, joins: None }
    }

    pub(super) fn read(
        engine: &Engine,
        reads: &dyn Reads,
        row: &OldRow,
        order: &'static str,
    ) -> Result<Self, (RowName, Unfit)> {
        let name = named(row, order);
        if !reads.is_of_product(row) {
            return Err((name, Unfit::OtherProduct));
        }
        match reads.entry(row) {
            Ok(entry) => Ok(Self::new(engine, name, entry)),
            Err(flaw) => Err((name, Unfit::Flawed(flaw))),
        }
    }

    /// What no two rows have in common.
    pub(super) fn digests(&self) -> impl Iterator<Item = [u8; 32]> + use<> {
        [self.key, self.form, self.subject].into_iter().flatten()
    }
}

/// A row as people find it.
pub(super) fn named(row: &OldRow, order: &'static str) -> RowName {
    let id = match row.fields().get(order) {
        OldValue::Int(id) => Some(id.to_string()),
        OldValue::Text(id) => Some(id.chars().take(64).collect()),
        _ => None,
    };
    RowName { row: row.number, id, note: None }
}
