//! What an import did, for people and programs.

use serde::Serialize;
use uuid::Uuid;

use super::System;

/// Rows of one kind that are named; more are only counted.
const NAMED: usize = 100;

/// A row of the old table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowName {
    /// Its place in the order of the ids, from 1.
    pub row: u64,
    /// Its id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is to be said of it, never a whole key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why a row was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// It is here, and says the same.
    AlreadyHere,
    /// It is here, and says something else: what is here stands.
    Differs,
    /// An earlier row has the same key.
    Twice,
    /// It cannot be read.
    Malformed,
    /// It belongs to another product.
    OtherProduct,
}

impl Reason {
    /// As a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::AlreadyHere => "already here",
            Self::Differs => "already here with other data, which stand",
            Self::Twice => "the same key or client as an earlier row",
            Self::Malformed => "malformed",
            Self::OtherProduct => "of another product",
        }
    }

    /// Whether it lies in the source alone, and not in what is here.
    pub(super) const fn is_in_the_source(self) -> bool {
        matches!(self, Self::Twice | Self::Malformed | Self::OtherProduct)
    }

    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyHere => "ALREADY_HERE",
            Self::Differs => "DIFFERS",
            Self::Twice => "TWICE",
            Self::Malformed => "MALFORMED",
            Self::OtherProduct => "OTHER_PRODUCT",
        }
    }
}

/// Rows that were not taken in for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
    /// The first of them; none of those that are simply here already.
    pub rows: Vec<RowName>,
}

/// Rows that were taken in, and that somebody should know something of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub sentence: &'static str,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<RowName>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// From which system.
    pub system: System,
    /// What its database is: `sqlite`, `postgres`, `folder`.
    pub kind: &'static str,
    /// Where it is, without a password.
    pub place: String,
    /// The product's code.
    pub product: String,
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// Whether a malformed row refused the whole.
    pub refused: bool,
    /// Rows read.
    pub read: u64,
    /// Licences taken in; of a dry run, that would be.
    pub imported: u64,
    /// Further forms of those licences, which newer ones took the place of or came after.
    pub forms: u64,
    /// Files that are no rows: their names end otherwise.
    pub ignored: u64,
    /// Rows not taken in, by reason.
    pub skipped: Vec<Skipped>,
    /// What else is to be known.
    pub warnings: Vec<Warning>,
    /// Customers made.
    pub users: u64,
    /// Codes of policies made.
    pub policies: Vec<String>,
    /// Seals that were checked and fit; `None` when there was nothing to check them with.
    pub seals_fit: Option<u64>,
    /// Seals that were checked and do not fit.
    pub seals_wrong: u64,
    /// Attempts to validate taken along.
    pub attempts: u64,
    /// The batch, when anything was written.
    pub batch: Option<Uuid>,
}

impl Report {
    /// Rows not taken in.
    pub fn skipped_count(&self) -> u64 {
        self.skipped.iter().map(|skipped| skipped.count).sum()
    }

    /// Rows that cannot be read.
    pub fn malformed(&self) -> u64 {
        self.skipped
            .iter()
            .filter(|skipped| skipped.reason == Reason::Malformed)
            .map(|skipped| skipped.count)
            .sum()
    }

    /// Takes back what it says of things that were taken in: the whole was refused.
    pub(super) fn nothing_was_made(&mut self) {
        (self.imported, self.forms, self.users, self.attempts) = (0, 0, 0, 0);
        (self.seals_fit, self.seals_wrong) = (None, 0);
        self.policies.clear();
    }

    pub(super) fn skip(&mut self, reason: Reason, row: impl FnOnce() -> RowName) {
        let at = match self.skipped.iter().position(|skipped| skipped.reason == reason) {
            Some(at) => at,
            None => {
                self.skipped.push(Skipped { reason, count: 0, rows: Vec::new() });
                self.skipped.len() - 1
            }
        };
        let skipped = &mut self.skipped[at];
        skipped.count += 1;
        if reason != Reason::AlreadyHere && skipped.rows.len() < NAMED {
            skipped.rows.push(row());
        }
    }

    pub(super) fn warn(&mut self, sentence: &'static str, row: impl FnOnce() -> RowName) {
        let at = match self.warnings.iter().position(|warning| warning.sentence == sentence) {
            Some(at) => at,
            None => {
                self.warnings.push(Warning { sentence, count: 0, rows: Vec::new() });
                self.warnings.len() - 1
            }
        };
        let warning = &mut self.warnings[at];
        warning.count += 1;
        if warning.rows.len() < NAMED {
            warning.rows.push(row());
        }
    }
}
