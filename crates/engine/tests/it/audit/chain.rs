//! Sealed chains to tamper with.

use keyward_core::audit::{Checkpoint, Entry, Head, Report, StoredEntry, Verifier};
use keyward_core::crypto::PublicKey;
use keyward_core::time::Timestamp;
use keyward_engine::keyring::SigningKey;
use rand::RngExt as _;
use rand::rngs::StdRng;
use uuid::Uuid;

use crate::world::{NOW, generator, text};

/// Made-up entries, sealed, with their checkpoints and head.
#[derive(Clone)]
pub(super) struct Chain {
    pub(super) rows: Vec<StoredEntry>,
    pub(super) checkpoints: Vec<Checkpoint>,
    pub(super) head: Head,
    pub(super) key: PublicKey,
}

pub(super) fn uuid(rng: &mut StdRng) -> Uuid {
    Uuid::from_u128(rng.random())
}

pub(super) fn entry(rng: &mut StdRng, at: Timestamp) -> Entry {
    let mut entry = Entry {
        id: uuid(rng),
        account: rng.random_bool(0.9).then(|| uuid(rng)),
        at,
        event: "license.suspend".to_owned(),
        outcome: text(rng, 8),
        actor_kind: "token".to_owned(),
        actor_id: rng.random_bool(0.8).then(|| uuid(rng)),
        resource_type: "license".to_owned(),
        resource_id: rng.random_bool(0.8).then(|| uuid(rng)),
        front: "console".to_owned(),
        request_id: rng.random_bool(0.5).then(|| text(rng, 12)),
        detail: format!("{{\"n\":{}}}", rng.random::<u16>()),
        address: rng.random_bool(0.6).then(|| "192.0.2.7".to_owned()),
        user_agent: rng.random_bool(0.6).then(|| text(rng, 20)),
        personal_salt: None,
        personal_digest: None,
    };
    entry.seal_personal(rng.random());
    if rng.random_bool(0.1) {
        entry.erase_personal();
    }
    entry
}

/// The row of an entry behind the end of a chain, and the new end.
pub(super) fn sealed(head: &Head, entry: Entry) -> (StoredEntry, Head) {
    let (link, next) = head.seal(&entry);
    let (previous, digest) = (link.previous.to_vec(), link.digest.to_vec());
    (StoredEntry { serial: link.seq * 3, seq: link.seq, previous, digest, entry }, next)
}

impl Chain {
    pub(super) fn of(length: i64, checkpoint_every: i64) -> Self {
        let mut rng = generator(0xa0d17);
        let signing = SigningKey::generate_ed25519(&mut rng);
        let (mut rows, mut checkpoints, mut head) = (Vec::new(), Vec::new(), Head::genesis());
        for n in 1..=length {
            let at = NOW.plus_seconds(n);
            let (row, next) = sealed(&head, entry(&mut rng, at));
            rows.push(row);
            head = next;
            if n % checkpoint_every == 0 {
                let Head { seq, digest, count } = head;
                let signature = signing.sign(&Checkpoint::message(seq, &digest, count, at));
                checkpoints.push(Checkpoint { seq, digest, count, at, key_id: Uuid::nil(), signature });
            }
        }
        Self { rows, checkpoints, head, key: signing.public().clone() }
    }

    /// As a database gives the rows back: in the order of their numbers.
    pub(super) fn report(&self) -> Report {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|row| (row.seq, row.serial));
        let (mut verifier, mut checkpoints) = (Verifier::new(), self.checkpoints.iter().peekable());
        for row in rows {
            while let Some(checkpoint) = checkpoints.next_if(|checkpoint| checkpoint.seq < row.seq) {
                verifier.checkpoint(checkpoint, Some(&self.key));
            }
            verifier.entry(row);
        }
        checkpoints.for_each(|checkpoint| verifier.checkpoint(checkpoint, Some(&self.key)));
        verifier.finish(&self.head)
    }

    /// The end of the chain before a place.
    pub(super) fn head_before(&self, place: usize) -> Head {
        place.checked_sub(1).map_or(Head::genesis(), |last| {
            let StoredEntry { seq, digest, .. } = &self.rows[last];
            Head { seq: *seq, digest: digest.as_slice().try_into().expect("32 bytes"), count: *seq }
        })
    }
}
