//! Walks along the stored chain once, in constant memory, and says what does not stand as it was sealed.

use std::collections::VecDeque;

use uuid::Uuid;

use super::breach::Breach;
use super::{Checkpoint, Entry, Finding, FindingKind, Head, Report};
use crate::crypto::PublicKey;

/// A sealed entry as it is read back. What it says of its link is not believed, so it may be of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The row's number, given at insertion. The chain does not cover it.
    pub serial: i64,
    /// [`super::Link::seq`] as stored.
    pub seq: i64,
    /// [`super::Link::previous`] as stored.
    pub previous: Vec<u8>,
    /// [`super::Link::digest`] as stored.
    pub digest: Vec<u8>,
    /// The entry.
    pub entry: Entry,
}

/// Takes the sealed entries in the order of `seq` (of `serial` where two have the same), and the checkpoints in between
/// or ahead of them. It keeps the checkpoints that were handed in ahead, and nothing else that grows.
#[derive(Debug)]
pub struct Verifier {
    walked: Walked,
    breach: Option<Breach>,
    ahead: VecDeque<Checkpoint>,
    /// Up to here the chain is what a checkpoint says.
    covered: i64,
    findings: Vec<Finding>,
    erased: i64,
    checkpoints: i64,
}

/// The sound part of the chain so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    pub(super) head: Head,
    /// The entry at `head`, and the end of the chain before it.
    pub(super) last: Option<(Uuid, Head)>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// At the beginning of the chain.
    pub const fn new() -> Self {
        Self {
            walked: Walked { head: Head::genesis(), last: None },
            breach: None,
            ahead: VecDeque::new(),
            covered: 0,
            findings: Vec::new(),
            erased: 0,
            checkpoints: 0,
        }
    }

    /// Takes the next entry.
    pub fn entry(&mut self, row: &StoredEntry) {
        if let Some(breach) = &mut self.breach {
            breach.look(row);
            return;
        }
        let head = self.walked.head;
        let (link, next) = head.seal(&row.entry);
        if row.seq != link.seq || row.previous != link.previous || row.digest != link.digest {
            self.breach = Some(Breach::at(&self.walked, row));
            return;
        }
        self.walked = Walked { head: next, last: Some((row.entry.id, head)) };
        self.erased += i64::from(row.entry.is_erased());
        if !row.entry.personal_fits() {
            let detail = format!(
                "the address or user agent of entry {} is not what was sealed, and was not erased as a whole",
                row.seq
            );
            self.note(FindingKind::PersonalAltered, row.seq, Some(row.entry.id), detail);
        }
        self.compare_checkpoints();
    }

    /// Takes a checkpoint with its public key, or `None` when there is no such key. It must come before the entries beyond
    /// what it covers; several may come ahead, all of them at the very beginning.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint, key: Option<&PublicKey>) {
        let seq = checkpoint.seq;
        if !key.is_some_and(|key| checkpoint.is_signed_by(key)) {
            self.unsigned(seq, key.is_some());
        } else if self.breach.is_none() {
            let place = self.ahead.partition_point(|other| other.seq <= seq);
            self.ahead.insert(place, checkpoint.clone());
            self.compare_checkpoints();
        }
    }

    /// Takes a checkpoint that was kept elsewhere and covers entries beyond the stored head, with its public key or `None`: such
    /// a database is an older copy of the one that signed it.
    pub fn beyond(&mut self, checkpoint: &Checkpoint, key: Option<&PublicKey>, head: &Head) {
        let seq = checkpoint.seq;
        if key.is_some_and(|key| checkpoint.is_signed_by(key)) {
            let detail = format!(
                "the chain ends at entry {}, and a checkpoint outside the database, signed at {}, covers {seq}",
                head.seq, checkpoint.at
            );
            self.note(FindingKind::RolledBack, head.seq.saturating_add(1), None, detail);
        } else {
            self.unsigned(seq, key.is_some());
        }
    }

    fn unsigned(&mut self, seq: i64, is_known: bool) {
        let why = if is_known { "its signature does not fit" } else { "its signing key is not known" };
        let detail = format!("the checkpoint at entry {seq} proves nothing: {why}");
        self.note(FindingKind::CheckpointSignature, seq, None, detail);
    }

    /// Compares the end of the chain with the stored head, and says what was found.
    pub fn finish(mut self, head: &Head) -> Report {
        if let Some(breach) = self.breach.take() {
            let Finding { kind, seq, id, detail } = breach.finding(head);
            self.note(kind, seq, id, detail);
        } else {
            self.compare_head(head);
            self.miss_checkpoints();
        }
        self.findings.sort_by_key(|finding| (finding.seq, finding.kind));
        Report {
            findings: self.findings,
            head: self.walked.head,
            erased: self.erased,
            checkpoints: self.checkpoints,
        }
    }

    /// Compares the checkpoints of the place that was reached.
    fn compare_checkpoints(&mut self) {
        let Walked { head, last } = self.walked;
        while let Some(checkpoint) = self.ahead.pop_front_if(|next| next.seq <= head.seq) {
            let (seq, covered) = (checkpoint.seq, self.covered);
            if (seq, checkpoint.digest, checkpoint.count) == (head.seq, head.digest, head.count) {
                (self.covered, self.checkpoints) = (seq, self.checkpoints + 1);
            } else if seq == head.seq {
                let detail = format!(
                    "the signed checkpoint at entry {seq} has another digest or count: something from entry {} to {seq} was rewritten",
                    covered + 1
                );
                self.note(FindingKind::CheckpointMismatch, seq, last.map(|(id, _)| id), detail);
            } else {
                let detail = format!(
                    "the checkpoint at entry {seq} came after entry {} and was not compared",
                    head.seq
                );
                self.note(FindingKind::CheckpointMismatch, seq, None, detail);
            }
        }
    }

    fn compare_head(&mut self, head: &Head) {
        let Walked { head: end, last } = self.walked;
        let last = last.map(|(id, _)| id);
        let (seq, id, what) = if head.seq > end.seq {
            (end.seq + 1, None, format!("entries {} to {} were cut off", end.seq + 1, head.seq))
        } else if head.seq < end.seq {
            let first = head.seq.saturating_add(1);
            (first, last.filter(|_| first == end.seq), format!("entries {first} to {} were added", end.seq))
        } else if head.digest != end.digest {
            (end.seq, last, "the last entry, or the head, was rewritten".to_owned())
        } else if head.count != end.count {
            (end.seq, last, format!("there are {} entries", end.count))
        } else {
            return;
        };
        let detail = format!("the head says {} entries, the last at {}, and {what}", head.count, head.seq);
        self.note(FindingKind::HeadMismatch, seq, id, detail);
    }

    /// What is still ahead covers entries that never came.
    fn miss_checkpoints(&mut self) {
        let first = self.walked.head.seq + 1;
        if let Some(checkpoint) = self.ahead.pop_back() {
            let detail = format!(
                "entries from {first} on are missing: a signed checkpoint covers them up to {}",
                checkpoint.seq
            );
            self.note(FindingKind::CheckpointMismatch, first, None, detail);
        }
    }

    /// Keeps the first finding of each kind.
    fn note(&mut self, kind: FindingKind, seq: i64, id: Option<Uuid>, detail: String) {
        if self.findings.iter().all(|finding| finding.kind != kind) {
            self.findings.push(Finding { kind, seq, id, detail });
        }
    }
}
