//! Emptying a pool: its keys are read out first, then removed.
//!
//! Removed is exactly what was read out: a key that was made meanwhile stays. The audit entry is written together with
//! the first part, so nothing is ever removed without one; each part takes what it removes from the counters, so that a
//! reset which was cut off leaves a smaller pool with right figures, and can be repeated. What happened to the licences
//! stays in the audit log; attempts to validate them are kept as long as others.

use keyward_core::audit::Entry;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::stats::{self, Change};
use keyward_store::{Job, Lane, StoreError, Tx, audit, licenses, machines};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::statistics::counters;
use crate::{Caller, Engine, EngineError};

/// Licences read or removed at once.
const AT_ONCE: usize = 256;
/// Licences of a batch read at once: its index knows no order, so that every page looks at all of the rest.
const OF_BATCH_AT_ONCE: i64 = 4_096;

/// A key of a pool with what an operator may need of it once it is gone. `Debug` shows no key.
pub struct PoolKeyOut {
    /// The licence's id.
    pub id: Uuid,
    /// The key.
    pub key: Zeroizing<String>,
    /// The policy's code: the days.
    pub policy: String,
    /// The policy's name: the label.
    pub label: String,
    /// The batch it was made in.
    pub batch: Option<String>,
    /// Why it is suspended, where it is.
    pub suspension: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was first activated.
    pub used_at: Option<Timestamp>,
    /// When it ends.
    pub expiry: Option<Timestamp>,
    /// The devices it is active on.
    pub devices: Vec<String>,
}

impl std::fmt::Debug for PoolKeyOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PoolKeyOut").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Engine {
    /// Reads out the keys of a pool, part by part, and gives their ids.
    ///
    /// # Errors
    /// When there is no such product, the database cannot be asked, or `part` refuses.
    pub async fn export_pool<E: From<EngineError>>(
        &self,
        product: &str,
        mut part: impl FnMut(&[PoolKeyOut]) -> Result<(), E>,
    ) -> Result<Vec<Uuid>, E> {
        let product = self.pool_product(product)?;
        let (mut ids, mut after) = (Vec::new(), Uuid::nil());
        loop {
            let page = self.pool_page(product, after).await?;
            let Some(last) = page.last() else { return Ok(ids) };
            after = last.id;
            part(&page)?;
            ids.extend(page.iter().map(|key| key.id));
        }
    }

    /// Reads out the keys of a finished batch, part by part, and says how many there are; that they were is written down.
    ///
    /// # Errors
    /// When there is no such batch, the database refuses, or `part` does.
    pub async fn export_batch<E: From<EngineError>>(
        &self,
        caller: &Caller,
        batch: Uuid,
        mut part: impl FnMut(&[PoolKeyOut]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut page = self.batch_page(batch, Uuid::nil()).await?;
        if page.is_empty() {
            return Err(EngineError::NotFound { what: "batch", name: batch.to_string() }.into());
        }
        let entry = self.entry(caller, "batch.export", ("batch", Some(batch)), &json!({}), self.now());
        self.store.write(crate::audit::Note { entry }).await.map_err(EngineError::from)?;
        let mut count = 0;
        while let Some(after) = page.last().map(|key| key.id) {
            count += page.len() as u64;
            part(&page)?;
            page = self.batch_page(batch, after).await?;
        }
        Ok(count)
    }

    async fn batch_page(&self, batch: Uuid, after: Uuid) -> Result<Vec<PoolKeyOut>, EngineError> {
        self.read_out(licenses::of_batch(&self.store, batch, after, OF_BATCH_AT_ONCE).await?).await
    }

    async fn pool_page(&self, product: Uuid, after: Uuid) -> Result<Vec<PoolKeyOut>, EngineError> {
        let scheme = Scheme::Pool.as_str();
        let page = licenses::of_product(&self.store, product, scheme, after, AT_ONCE as i64).await?;
        self.read_out(page).await
    }

    async fn read_out(&self, page: Vec<licenses::Found>) -> Result<Vec<PoolKeyOut>, EngineError> {
        let mut keys = Vec::with_capacity(page.len());
        for licenses::Found { license, batch_name, .. } in page {
            let key = match &license.key_sealed {
                Some(sealed) => self.unseal("licenses", "key_sealed", license.id, sealed)?,
                None => Zeroizing::default(),
            };
            let devices = if license.machines_count > 0 {
                machines::of_license(&self.store, license.id).await?
            } else {
                Vec::new()
            };
            let policy = self.catalog().policy(license.policy_id).cloned();
            let row = policy.as_deref().map(|policy| &policy.row);
            keys.push(PoolKeyOut {
                id: license.id,
                key,
                policy: row.map(|row| row.code.clone()).unwrap_or_default(),
                label: row.map(|row| row.name.clone()).unwrap_or_default(),
                batch: batch_name,
                suspension: license.suspension_reason,
                created_at: license.created_at,
                used_at: license.first_activated_at,
                expiry: license.expiry,
                devices: devices.into_iter().map(|machine| machine.fingerprint).collect(),
            });
        }
        Ok(keys)
    }

    /// Removes the licences with these ids from a pool and lets its counters begin anew; `export` names where they were
    /// written to, `progress` is told how many are gone. Gives how many there were.
    ///
    /// # Errors
    /// When there is no such product, or the database refuses.
    pub async fn reset_pool(
        &self,
        caller: &Caller,
        product: &str,
        ids: &[Uuid],
        export: &str,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, EngineError> {
        let code = product;
        let product = self.pool_product(code)?;
        let detail = json!({ "product": code, "licenses": ids.len(), "export": export });
        let mut entry =
            Some(self.entry(caller, "pool.reset", ("product", Some(product)), &detail, self.now()));
        let mut gone = 0;
        // An empty pool is reset, too: its counters are, and that is written down.
        let parts = if ids.is_empty() { vec![ids] } else { ids.chunks(AT_ONCE).collect() };
        for part in parts {
            let job = RemovePart { account: self.account.id, ids: part.to_vec(), entry: entry.take() };
            gone += self.store.write(job).await?;
            progress(gone);
        }
        let catalog = self.catalog();
        let mut counted: Vec<Uuid> = catalog.policies_of(product).map(|policy| policy.row.id).collect();
        counted.push(product);
        self.store.write(ClearCounters { account: self.account.id, counted }).await?;
        Ok(gone)
    }

    fn pool_product(&self, code: &str) -> Result<Uuid, EngineError> {
        let product = self.catalog().product(code).map(|product| product.id);
        product.ok_or_else(|| EngineError::NotFound { what: "product", name: code.to_owned() })
    }
}

struct RemovePart {
    account: Uuid,
    ids: Vec<Uuid>,
    entry: Option<Entry>,
}

impl Job for RemovePart {
    const NAME: &'static str = "pool.remove";
    const LANE: Lane = Lane::Bulk;
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<u64, StoreError> {
        let mut gone = 0;
        for id in &self.ids {
            let Some(removed) = licenses::remove(tx, *id).await? else { continue };
            let (used, reason) = (removed.first_activated_at.is_some(), removed.suspension_reason.as_deref());
            let mut changes = vec![Change::total(counters::ISSUED, -1)];
            changes.extend(used.then(|| Change::total(counters::USED, -1)));
            changes.extend((used || reason.is_some()).then(|| Change::total(counters::UNAVAILABLE, -1)));
            changes.extend(reason.map(|reason| match reason {
                "revoked" => Change::total(counters::REVOKED, -1),
                _ => Change::total(counters::SUSPENDED, -1),
            }));
            stats::add(tx, self.account, removed.policy_id, *id, &changes).await?;
            gone += 1;
        }
        if let Some(entry) = &self.entry {
            audit::append(tx, entry).await?;
        }
        Ok(gone)
    }
}

/// What counts events, not licences, and so is not brought to nothing by removing them.
const EVENTS: [&str; 4] =
    [counters::ACTIVATIONS, counters::BYPASS_ATTEMPTS, counters::VALIDATIONS, counters::FAILED];

struct ClearCounters {
    account: Uuid,
    counted: Vec<Uuid>,
}

impl Job for ClearCounters {
    const NAME: &'static str = "pool.clear-counters";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        for counted in &self.counted {
            for name in EVENTS {
                stats::clear(tx, self.account, *counted, name).await?;
            }
        }
        Ok(())
    }
}
