//! Pool keys in bulk: a batch that is seen as a whole or not at all.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::time::Timestamp;
pub use keyward_store::batches::Progress as BatchProgress;
use keyward_store::batches::{self, Batch};
use keyward_store::stats::{self, Change};
use keyward_store::{Job, Lane, StoreError, Tx, audit, imports, licenses};
use serde_json::json;
use uuid::Uuid;

use super::NewLicense;
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, Policy};

/// Licences of one job at the most.
const AT_ONCE: u64 = 512;
/// Licences of one job where nobody waits behind it.
const WHERE_NOBODY_WAITS: u64 = 32_768;
/// Licences of the first job, and of any on a slow disk.
const AT_FIRST: u64 = 32;
/// How long a job may take, in microseconds: whoever wants to activate a key waits behind it. A longer one is followed
/// by smaller ones, a much shorter one by larger ones.
const HOLD: i64 = 8_000;

/// A part that is being written: its keys, and how long it took in microseconds.
type Writing = tokio::task::JoinHandle<Result<(Vec<String>, i64), EngineError>>;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct PoolRequest {
    /// The id that the batch gets; left out, a new one.
    pub id: Option<Uuid>,
    /// The product's code.
    pub product: String,
    /// The policies' codes.
    pub policies: Vec<String>,
    /// Keys of each.
    pub each: u64,
    /// A name for people.
    pub name: String,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolBatch {
    /// The batch's id.
    pub id: Uuid,
    /// How many keys.
    pub count: u64,
}

impl Engine {
    /// Makes a batch of pool keys. `progress` is told each part as it is written: the keys and their policy; when it
    /// fails, nothing stays.
    ///
    /// # Errors
    /// When there is no such policy, the database refuses, or `progress` does.
    pub async fn issue_pool<E: From<EngineError>>(
        self: &Arc<Self>,
        caller: &Caller,
        request: &PoolRequest,
        mut progress: impl FnMut(&[String], &Policy) -> Result<(), E>,
    ) -> Result<PoolBatch, E> {
        let policies: Vec<Arc<Policy>> = request
            .policies
            .iter()
            .map(|policy| self.policy_named(&request.product, policy))
            .collect::<Result<_, _>>()?;
        let count = request.each.saturating_mul(policies.len() as u64);
        crate::issue::check_pool_size(count).map_err(EngineError::from)?;
        let now = self.now();
        let batch = Batch {
            id: request.id.unwrap_or_else(|| self.new_id()),
            account_id: self.account.id,
            name: request.name.clone(),
            wanted: i64::try_from(count).unwrap_or(i64::MAX),
            created_at: now,
        };
        let id = batch.id;
        self.store.write(Begin { batch }).await.map_err(EngineError::from)?;
        match self.fill(id, &policies, request.each, now, &mut progress).await {
            Ok(()) => {}
            Err(error) => {
                // What cannot be removed now is removed at the next start.
                let _ = self.remove_batch(id).await;
                return Err(error);
            }
        }
        let detail = json!({ "name": request.name, "policies": request.policies, "each": request.each });
        let entry = self.entry(caller, "batch.issue", ("batch", Some(id)), &detail, now);
        let policies = policies.iter().map(|policy| policy.row.id).collect();
        let job = Finish { id, policies, each: request.each, account: self.account.id, entry };
        if let Err(error) = self.store.write(job).await {
            let _ = self.remove_batch(id).await;
            return Err(error.into());
        }
        Ok(PoolBatch { id, count })
    }

    /// How far a batch is, whoever makes or made it; `None` when it is not there.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn batch_progress(&self, id: Uuid) -> Result<Option<BatchProgress>, EngineError> {
        Ok(batches::progress(&self.store, self.account.id, id).await?)
    }

    async fn fill<E: From<EngineError>>(
        self: &Arc<Self>,
        batch: Uuid,
        policies: &[Arc<Policy>],
        each: u64,
        now: Timestamp,
        progress: &mut impl FnMut(&[String], &Policy) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut size = AT_FIRST;
        for policy in policies {
            let mut left = each;
            // While one part is written the next one is made.
            let mut written: Option<Writing> = None;
            while left > 0 || written.is_some() {
                let next = left.min(size);
                left -= next;
                let part = if next > 0 { Some(self.part(batch, policy, next, now)?) } else { None };
                if let Some(task) = written.take() {
                    let (keys, took) = task.await.unwrap_or(Err(StoreError::Closed.into()))?;
                    size = match took {
                        _ if self.store.nobody_waits() => WHERE_NOBODY_WAITS,
                        took if took > HOLD => (size / 2).clamp(AT_FIRST, AT_ONCE),
                        took if took < HOLD / 2 => (size * 2).min(AT_ONCE),
                        _ => size.min(AT_ONCE),
                    };
                    progress(&keys, policy)?;
                }
                if let Some(part) = part {
                    written =
                        Some(tokio::spawn(Arc::clone(self).write_part(batch, Arc::clone(policy), part, now)));
                }
            }
        }
        Ok(())
    }

    fn part(
        &self,
        batch: Uuid,
        policy: &Policy,
        count: u64,
        now: Timestamp,
    ) -> Result<(Vec<String>, Vec<licenses::License>), EngineError> {
        let wanted = NewLicense::default();
        let mut made = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let key = self.with_chance(PoolKey::generate).as_str().to_owned();
            let row = self.draft(policy, Scheme::Pool, &key, &wanted, now)?;
            made.push((key, licenses::License { batch_id: Some(batch), ..row }));
        }
        // In the order of their index, so that neighbours in it are written together.
        made.sort_unstable_by(|(_, one), (_, other)| one.key_digest.cmp(&other.key_digest));
        Ok(made.into_iter().unzip())
    }

    async fn write_part(
        self: Arc<Self>,
        batch: Uuid,
        policy: Arc<Policy>,
        mut part: (Vec<String>, Vec<licenses::License>),
        now: Timestamp,
    ) -> Result<(Vec<String>, i64), EngineError> {
        loop {
            let (keys, rows) = part;
            let count = rows.len() as u64;
            let begun = self.now();
            match self.store.write(Part { batch, rows }).await {
                Ok(true) => return Ok((keys, self.now().micros() - begun.micros())),
                Ok(false) => {
                    let name =
                        format!("{batch}: a server that started meanwhile removed what was not finished");
                    return Err(EngineError::NotFound { what: "batch", name });
                }
                // A key that exists already: the part is made anew.
                Err(StoreError::Conflict { .. }) => part = self.part(batch, &policy, count, now)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Removes a batch that was not finished, in parts.
    pub(crate) async fn remove_batch(&self, id: Uuid) -> Result<(), EngineError> {
        while self.store.write(RemovePart { account: self.account.id, batch: id }).await? {}
        Ok(())
    }
}

struct Begin {
    batch: Batch,
}

impl Job for Begin {
    const NAME: &'static str = "batch.begin";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        batches::insert(tx, &self.batch).await
    }
}

struct Part {
    batch: Uuid,
    rows: Vec<licenses::License>,
}

impl Job for Part {
    const NAME: &'static str = "batch.part";
    const LANE: Lane = Lane::Bulk;
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        if !batches::advance(tx, self.batch, self.rows.len() as i64).await? {
            return Ok(false);
        }
        licenses::insert_all(tx, &self.rows).await?;
        Ok(true)
    }
}

struct Finish {
    id: Uuid,
    policies: Vec<Uuid>,
    each: u64,
    account: Uuid,
    entry: Entry,
}

impl Job for Finish {
    const NAME: &'static str = "batch.finish";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if !batches::finish(tx, self.id, self.entry.at).await? {
            return Err(EngineError::NotFound { what: "whole batch", name: self.id.to_string() });
        }
        for policy in &self.policies {
            let change = Change::total(counters::ISSUED, i64::try_from(self.each).unwrap_or(i64::MAX));
            stats::add(tx, self.account, *policy, self.id, &[change]).await?;
        }
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct RemovePart {
    account: Uuid,
    batch: Uuid,
}

impl Job for RemovePart {
    const NAME: &'static str = "batch.remove";
    const LANE: Lane = Lane::Bulk;
    /// Whether there is more to remove.
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        // Gone, or made ready by whoever still made it: then everything stays.
        if !batches::abandon(tx, self.batch).await? {
            return Ok(false);
        }
        imports::delete_beside(tx, self.batch, AT_ONCE as i64).await?;
        let removed = licenses::delete_of_batch(tx, self.batch, AT_ONCE as i64).await?;
        if removed == AT_ONCE || imports::delete_made(tx, self.account, self.batch, AT_ONCE as i64).await? {
            return Ok(true);
        }
        batches::delete(tx, self.batch).await?;
        Ok(false)
    }
}
