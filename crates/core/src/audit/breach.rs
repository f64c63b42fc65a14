//! The first place where the chain is broken, and what the rows after it say about the cause.
//!
//! Every cause breaks the chain at one place, but only what comes later tells them apart: an entry that was put in is
//! followed by the one that belongs there, one that was moved leaves a hole elsewhere. So the rows after the place are
//! looked at, and no more than a few digests are kept.

use uuid::Uuid;

use super::verifier::Walked;
use super::{Entry, Finding, FindingKind, Head, StoredEntry};

/// How far from its place a row's own number is searched for, so that hostile rows cost little.
const MAX_SHIFT: i64 = 1 << 12;

#[derive(Debug)]
pub(super) struct Breach {
    /// The place whose entry is not there, and the digest of the one before.
    want: i64,
    after: [u8; 32],
    /// The row that came instead.
    odd: Row,
    cause: Cause,
    /// The digest of the latest row, and whether it is still `odd`'s.
    latest: Vec<u8>,
    at_odd: bool,
    /// Whether the next row follows `odd`.
    followed: bool,
    /// Whether some later row follows `odd` that does not stand behind it or a copy of it.
    moved: bool,
    belonging: Belonging,
}

/// What is kept of a row.
#[derive(Clone, Debug)]
struct Row {
    seq: i64,
    id: Uuid,
    digest: Vec<u8>,
}

/// What the row alone says.
#[derive(Debug)]
enum Cause {
    /// It stands beyond the place.
    Gap,
    /// It stands at a place that already has its entry.
    Extra,
    /// It is the entry of this place under another number.
    Renumbered,
    /// It follows the entry before, and its digest is not its own.
    Contents,
    /// It is sound but for `previous`.
    Previous,
    /// It is sound in itself, and follows something other than the entry before, which this is.
    Relinked(Option<Uuid>),
    /// It fits behind the entry before this one as well as that one does.
    Rival(Row),
    /// It was sealed at this place.
    Shifted(i64),
    /// It fits nowhere.
    Stray,
}

/// The entry that belongs at the place.
#[derive(Debug)]
enum Belonging {
    NotSeen,
    /// It was the latest row.
    Latest(Row),
    /// It was seen. Whether the chain went on behind it, so that only what stands before it is too much.
    Seen {
        row: Row,
        continues: bool,
    },
    /// What it says stands in another row, with that one's link.
    Contents,
}

impl Row {
    fn of(row: &StoredEntry) -> Self {
        Self { seq: row.seq, id: row.entry.id, digest: row.digest.clone() }
    }
}

fn fits(entry: &Entry, seq: i64, previous: &[u8], digest: &[u8]) -> bool {
    entry.digest_at(seq, previous) == digest
}

impl Cause {
    fn of(walked: &Walked, row: &StoredEntry) -> Self {
        let (entry, digest) = (&row.entry, &row.digest);
        let Head { seq, digest: after, .. } = walked.head;
        let want = seq + 1;
        if row.seq != want && row.previous == after && fits(entry, want, &after, digest) {
            return Self::Renumbered;
        }
        if let Some((id, before)) = walked.last
            && row.seq <= want
            && row.previous == before.digest
            && fits(entry, seq, &before.digest, digest)
        {
            return Self::Rival(Row { seq, id, digest: after.to_vec() });
        }
        if row.seq > want {
            Self::Gap
        } else if row.seq < want {
            Self::Extra
        } else if row.previous == after {
            Self::Contents
        } else if fits(entry, want, &after, digest) {
            Self::Previous
        } else if fits(entry, want, &row.previous, digest) {
            Self::Relinked(walked.last.map(|(id, _)| id))
        } else {
            let mut shifts = (want + 1)..=want.saturating_add(MAX_SHIFT);
            shifts.find(|seq| fits(entry, *seq, &row.previous, digest)).map_or(Self::Stray, Self::Shifted)
        }
    }
}

impl Breach {
    /// Opened by the row that is not the next of the chain.
    pub(super) fn at(walked: &Walked, row: &StoredEntry) -> Self {
        Self {
            want: walked.head.seq + 1,
            after: walked.head.digest,
            odd: Row::of(row),
            cause: Cause::of(walked, row),
            latest: row.digest.clone(),
            at_odd: true,
            followed: false,
            moved: false,
            belonging: Belonging::NotSeen,
        }
    }

    /// Looks at a later row.
    pub(super) fn look(&mut self, row: &StoredEntry) {
        self.look_behind(&row.previous);
        if matches!(self.belonging, Belonging::NotSeen) {
            if row.previous == self.after && fits(&row.entry, self.want, &self.after, &row.digest) {
                self.belonging = Belonging::Latest(Row::of(row));
            } else if matches!(self.cause, Cause::Contents)
                && fits(&row.entry, self.want, &self.after, &self.odd.digest)
            {
                self.belonging = Belonging::Contents;
            }
        }
        self.latest.clone_from(&row.digest);
    }

    /// Learns what follows the latest row: a row, or the end of the chain.
    fn look_behind(&mut self, previous: &[u8]) {
        let follows_odd = previous == self.odd.digest;
        if self.at_odd {
            (self.followed, self.at_odd) = (follows_odd, false);
        } else if follows_odd && self.latest != self.odd.digest {
            self.moved = true;
        }
        if let Belonging::Latest(row) = &self.belonging {
            let continues = previous == row.digest;
            self.belonging = Belonging::Seen { row: row.clone(), continues };
        }
    }

    /// Decides, now that the last row was seen.
    pub(super) fn finding(mut self, head: &Head) -> Finding {
        self.look_behind(&head.digest);
        let (want, Row { seq, id, digest }) = (self.want, self.odd);
        let altered = |seq, id, what: &str| (FindingKind::EntryAltered, seq, Some(id), what.to_owned());
        let inserted = |seq, id| {
            let what = "it was never sealed there; the entries around it follow each other without it";
            (FindingKind::EntryInserted, seq, Some(id), what.to_owned())
        };
        let reordered = |seq, id, what: String| (FindingKind::EntriesReordered, seq, Some(id), what);
        let from_elsewhere =
            || reordered(seq, id, "it was sealed at another place and moved here".to_owned());
        let at_end = (head.seq, head.digest) == (want - 1, self.after);
        let (kind, seq, id, what) = match (self.cause, self.belonging) {
            // All that was sealed came before.
            _ if at_end => inserted(seq, id),
            (Cause::Renumbered, _) => reordered(want, id, format!("it was moved away, to number {seq}")),
            (Cause::Gap, Belonging::Seen { row, .. }) => {
                reordered(want, row.id, format!("it was moved away, to number {}", row.seq))
            }
            (Cause::Gap, _) => {
                let what = format!("it was removed; the next entry is {seq}");
                (FindingKind::EntryMissing, want, None, what)
            }
            (Cause::Rival(rival), _) if self.followed && rival.digest != digest => {
                inserted(rival.seq, rival.id)
            }
            (Cause::Rival(_), _) if self.followed || seq < want => inserted(seq, id),
            (Cause::Extra | Cause::Shifted(_) | Cause::Stray, _) if self.moved => from_elsewhere(),
            (Cause::Extra, _) => inserted(seq, id),
            (Cause::Previous, _) => altered(want, id, "the digest of the entry before it was altered in it"),
            (_, Belonging::Seen { continues: true, .. }) => inserted(seq, id),
            (_, Belonging::Seen { row, .. }) => {
                reordered(want, id, format!("the entry that belongs here has number {}", row.seq))
            }
            (_, Belonging::Contents) => {
                reordered(want, id, "what belongs here stands in a later entry".to_owned())
            }
            (Cause::Relinked(Some(prior)), _) if self.followed => altered(
                want - 1,
                prior,
                "it was rewritten together with its digest, which the next entry contradicts",
            ),
            (Cause::Shifted(from), _) if self.followed => {
                let what =
                    format!("it was removed, with all before number {from}, and what follows renumbered");
                (FindingKind::EntryMissing, want, None, what)
            }
            _ => altered(want, id, "it is not what its digest was made of"),
        };
        Finding { kind, seq, id, detail: format!("entry {seq}: {what}") }
    }
}
