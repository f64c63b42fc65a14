//! Checking the chain from its first entry to its last.

use std::collections::HashMap;

use keyward_core::audit::{Checkpoint, Report, StoredEntry, Verifier};
use keyward_core::crypto::PublicKey;
use keyward_store::{Read, audit, checkpoints, signing_keys};
use uuid::Uuid;

use crate::keyring;
use crate::{Engine, EngineError};

/// Entries read at once.
const PAGE: i64 = 1_000;

/// What was found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Whether the sealed entries stand as they were sealed, and if not, where it begins.
    pub report: Report,
    /// Entries that have no place in the chain yet.
    pub unsealed: i64,
}

impl Engine {
    /// Checks the whole chain; `progress` is told how far it is. Checkpoints that were kept outside the database, and were read
    /// before this is asked, are compared with it, too: a database that was exchanged for an older copy is sound in itself.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn verify_audit(
        &self,
        outside: &[Checkpoint],
        progress: impl FnMut(i64),
    ) -> Result<Verified, EngineError> {
        verify_chain(&self.store, outside, progress).await
    }
}

/// Checks the chain of any database, also of one that no engine was started on.
pub(crate) async fn verify_chain(
    db: &impl Read,
    outside: &[Checkpoint],
    mut progress: impl FnMut(i64),
) -> Result<Verified, EngineError> {
    // Read first: what is sealed while we read lies beyond it and is left for the next time.
    let head = audit::read_head(db).await?;
    let keys = public_keys(db).await?;
    let mut verifier = Verifier::new();
    let mut inside = HashMap::new();
    let mut outside: Vec<&Checkpoint> = outside.iter().collect();
    let mut after = 0;
    loop {
        let page = checkpoints::after(db, after, PAGE).await?;
        for checkpoint in page.iter().filter(|checkpoint| checkpoint.seq <= head.seq) {
            verifier.checkpoint(checkpoint, keys.get(&checkpoint.key_id));
            inside.insert(checkpoint.seq, checkpoint.clone());
        }
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => after = last.seq,
            _ => break,
        }
    }
    outside.retain(|checkpoint| inside.get(&checkpoint.seq) != Some(checkpoint));
    for checkpoint in outside {
        let key = keys.get(&checkpoint.key_id);
        if checkpoint.seq > head.seq {
            verifier.beyond(checkpoint, key, &head);
        } else {
            verifier.checkpoint(checkpoint, key);
        }
    }
    let mut after = i64::MIN;
    loop {
        let page: Vec<StoredEntry> = audit::sealed_after(db, after, PAGE).await?;
        for entry in page.iter().filter(|entry| entry.seq <= head.seq) {
            verifier.entry(entry);
        }
        match page.last() {
            Some(last) if page.len() as i64 == PAGE && last.seq <= head.seq => after = last.seq,
            _ => break,
        }
        progress(after);
    }
    let unsealed = audit::count_unsealed(db).await?;
    Ok(Verified { report: verifier.finish(&head), unsealed })
}

async fn public_keys(db: &impl Read) -> Result<HashMap<Uuid, PublicKey>, EngineError> {
    let mut keys = HashMap::new();
    for row in signing_keys::all(db).await? {
        if let Some(pem) = &row.public_key {
            keys.insert(row.id, keyring::read_public(pem)?);
        }
    }
    Ok(keys)
}
