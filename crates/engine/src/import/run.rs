//! One import from its first row to its last commit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use keyward_core::time::Timestamp;
use keyward_store::StoreError;
use keyward_store::batches::Batch;
use keyward_store::issued::Issued;
use keyward_store::licenses::License;
use keyward_store::machines::Machine;
use keyward_store::old::{OldDatabase, OldRow, OldValue};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::entry::{Entry, Reads};
use super::report::{Reason, Report, RowName};
use super::resolve::Customers;
use super::write::{Begin, Counts, Finish, Part};
use super::{Import, System};
use crate::license::{scope_of, stored_hint};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, Policy, Product};

/// Licences of one transaction at the most.
const AT_ONCE: usize = 4_096;
/// Licences of the first one, and of any on a slow disk.
const AT_FIRST: usize = 256;
/// How long a transaction may take, in microseconds: others wait behind it. A longer one is followed by smaller ones.
const HOLD: i64 = 50_000;
/// A batch that somebody is making grows in this time.
const GROWS: Duration = Duration::from_secs(2);

/// A part that is being written, and how long it took in microseconds.
type Writing = tokio::task::JoinHandle<Result<i64, EngineError>>;

pub(super) struct Run<'r> {
    pub(super) engine: &'r Arc<Engine>,
    pub(super) caller: &'r Caller,
    pub(super) import: &'r Import,
    pub(super) product: &'r Product,
    pub(super) old: &'r OldDatabase,
    pub(super) reads: Box<dyn Reads>,
    pub(super) now: Timestamp,
    pub(super) report: Report,
    pub(super) batch: Uuid,
    begun: bool,
    /// Of how many rows the first one with a key or client was which.
    seen: HashMap<[u8; 16], u64>,
    /// Licences of this run whose further forms may follow.
    added: HashSet<Uuid>,
    pub(super) customers: Customers,
    pub(super) policies: HashMap<String, Option<Arc<Policy>>>,
    pub(super) features: HashMap<String, Uuid>,
    pub(super) counts: Counts,
    pub(super) part: Part,
    size: usize,
    writing: Option<Writing>,
}

/// A row that can be read, before anybody looked whether it is here.
pub(super) struct Candidate {
    row: RowName,
    pub(super) entry: Entry,
    /// The digest of its key.
    pub(super) key: Option<[u8; 32]>,
    /// The digest of its form.
    pub(super) form: Option<[u8; 32]>,
    /// Its customer.
    pub(super) user: Option<Uuid>,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        engine: &'r Arc<Engine>,
        caller: &'r Caller,
        import: &'r Import,
        product: &'r Product,
        old: &'r OldDatabase,
        reads: Box<dyn Reads>,
    ) -> Self {
        let batch = engine.new_id();
        let report = Report {
            system: import.system,
            kind: old.kind(),
            place: old.place().to_owned(),
            product: product.code.clone(),
            dry_run: import.dry_run,
            refused: false,
            read: 0,
            imported: 0,
            forms: 0,
            ignored: 0,
            skipped: Vec::new(),
            warnings: Vec::new(),
            users: 0,
            policies: Vec::new(),
            seals_fit: None,
            seals_wrong: 0,
            attempts: 0,
            batch: None,
        };
        Self {
            now: engine.now(),
            part: Part { batch, account: engine.account.id, ..Part::default() },
            engine,
            caller,
            import,
            product,
            old,
            reads,
            report,
            batch,
            begun: false,
            seen: HashMap::new(),
            added: HashSet::new(),
            customers: Customers::default(),
            policies: HashMap::new(),
            features: HashMap::new(),
            counts: Counts::default(),
            size: AT_FIRST,
            writing: None,
        }
    }

    pub(super) async fn go(mut self, progress: impl FnMut(u64, u64) + Send) -> Result<Report, EngineError> {
        if !self.import.dry_run {
            self.clear_left().await?;
        }
        let done = self.all(progress).await;
        let stays = done.is_ok() && !self.report.refused;
        if self.begun && !stays {
            // What is still on its way would be written behind the removal.
            if let Some(writing) = self.writing.take() {
                let _ = writing.await;
            }
            // What cannot be removed now is removed at the next start.
            let _ = self.engine.remove_batch(self.batch).await;
            let _ = self.engine.reload().await;
        }
        if self.report.refused {
            self.report.imported = 0;
            self.report.forms = 0;
        }
        done.map(|()| self.report)
    }

    /// Removes what a broken-off import left: its licences are in the way.
    async fn clear_left(&self) -> Result<(), EngineError> {
        let left = self.engine.unfinished_batches().await?;
        if !left.is_empty() {
            tokio::time::sleep(GROWS).await;
            self.engine.remove_left_batches(&left).await?;
            // A policy that it made is gone with it.
            self.engine.refresh().await?;
        }
        Ok(())
    }

    async fn all(&mut self, mut progress: impl FnMut(u64, u64) + Send) -> Result<(), EngineError> {
        let table = self.reads.table();
        let missing = || StoreError::OldDatabase {
            place: self.old.place().to_owned(),
            why: format!("it has no table {}", table.name),
        };
        let mut rows = self.old.rows(&table).await?.ok_or_else(missing)?;
        progress(0, rows.total);
        self.report.ignored = rows.ignored;
        while let Some(part) = rows.next().await? {
            self.report.read += part.len() as u64;
            self.take(&part, table.order).await?;
            progress(self.report.read, rows.total.max(self.report.read));
        }
        drop(rows);
        if let Some(entry) = self.reads.rest() {
            let row = RowName { row: self.report.read + 1, id: None, note: None };
            let candidate = self.first_of_its_kind(row, entry);
            self.take_in(candidate.into_iter().collect()).await?;
        }
        if self.import.dry_run {
            self.take_attempts_of_this_run().await?;
            return Ok(self.old.unchanged()?);
        }
        if self.report.refused {
            return Ok(());
        }
        self.write().await?;
        self.written().await?;
        self.take_attempts_of_this_run().await?;
        self.old.unchanged()?;
        if self.begun { self.finish().await } else { Ok(()) }
    }

    async fn take_attempts_of_this_run(&mut self) -> Result<(), EngineError> {
        if self.report.imported == 0 || self.report.refused {
            return Ok(());
        }
        self.take_attempts().await
    }

    /// Takes rows in, or says why not.
    async fn take(&mut self, rows: &[OldRow], order: &'static str) -> Result<(), EngineError> {
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows {
            if !self.reads.is_of_product(row) {
                self.report.skip(Reason::OtherProduct, || named(row, order));
                continue;
            }
            match self.reads.entry(row) {
                Ok(entry) => candidates.extend(self.first_of_its_kind(named(row, order), entry)),
                Err(flaw) => {
                    self.report.refused |= !self.import.skip_bad;
                    let note = format!("{}: wanted is {}", flaw.column, flaw.wanted);
                    self.report.skip(Reason::Malformed, || RowName { note: Some(note), ..named(row, order) });
                }
            }
        }
        self.take_in(candidates).await
    }

    /// Takes in what is not here yet.
    async fn take_in(&mut self, mut candidates: Vec<Candidate>) -> Result<(), EngineError> {
        let here = self.here(&candidates).await?;
        candidates.retain(|candidate| match here.of(candidate, self) {
            None => true,
            Some(differs) => {
                let reason = if differs.is_empty() { Reason::AlreadyHere } else { Reason::Differs };
                let note = Some(differs.join(", ")).filter(|note| !note.is_empty());
                self.report.skip(reason, || RowName { note, ..candidate.row.clone() });
                false
            }
        });
        self.customers(&mut candidates).await?;
        for candidate in candidates {
            self.add(candidate).await?;
        }
        if self.part.licenses.len().max(self.part.forms.len()) >= self.size {
            self.write().await?;
        }
        Ok(())
    }

    /// A row whose key, form and client no earlier row has.
    fn first_of_its_kind(&mut self, row: RowName, entry: Entry) -> Option<Candidate> {
        let key = entry.key.as_deref().map(|key| self.engine.digest(key));
        let form = entry.form.as_ref().map(|form| self.engine.digest(&form.spelling));
        let subject = entry.subject.as_deref().map(|subject| Sha256::digest(subject.as_bytes()).into());
        let mut first = None;
        for digest in [key, form, subject].into_iter().flatten() {
            first = first.or(self.seen.get(&short(&digest)).copied());
        }
        if let Some(first) = first {
            let note = Some(format!("as row {first}"));
            self.report.skip(Reason::Twice, || RowName { note, ..row });
            return None;
        }
        for digest in [key, form, subject].into_iter().flatten() {
            self.seen.insert(short(&digest), row.row);
        }
        Some(Candidate { row, entry, key, form, user: None })
    }

    /// Whether an earlier row of this source had this key.
    pub(super) fn has_seen(&self, digest: &[u8; 32]) -> bool {
        self.seen.contains_key(&short(digest))
    }

    /// Puts a licence into the part that is written next.
    async fn add(&mut self, candidate: Candidate) -> Result<(), EngineError> {
        let Candidate { row, mut entry, key, form, user } = candidate;
        if entry.is_more && !entry.license.is_some_and(|license| self.added.contains(&license)) {
            let note = "another form of a licence that is here: `keyward register` takes it in";
            self.report.skip(Reason::Differs, || RowName { note: Some(note.to_owned()), ..row });
            return Ok(());
        }
        for remark in std::mem::take(&mut entry.remarks) {
            self.report.warn(remark, || row.clone());
        }
        if let Some(fits) = entry.seal_fits {
            *self.report.seals_fit.get_or_insert(0) += u64::from(fits);
            self.report.seals_wrong += u64::from(!fits);
        }
        self.report.imported += u64::from(!entry.is_more);
        self.report.forms += u64::from(entry.is_more);
        self.added.extend(entry.license);
        let policy = self.policy(&entry).await?;
        // After a refusal the rest is only looked at.
        let (Some(policy), false) = (policy, self.import.dry_run || self.report.refused) else {
            return Ok(());
        };
        let mut license = self.license(&policy, &entry, row.id);
        license.user_id = user;
        if let (Some(text), Some(digest)) = (&entry.key, key) {
            license.key_sealed = Some(self.engine.seal("licenses", "key_sealed", license.id, text));
            license.key_digest = Some(digest.to_vec());
            license.key_hint = Some(stored_hint(text));
        }
        if let (Some(given), Some(digest)) = (&entry.form, form) {
            let id = self.engine.new_id();
            self.part.forms.push(Issued {
                id,
                account_id: license.account_id,
                license_id: license.id,
                scheme: license.scheme.clone(),
                form_sealed: self.engine.seal("issued", "form_sealed", id, &given.text),
                digest: digest.to_vec(),
                hint: Some(stored_hint(&given.spelling)),
                signing_key_id: given.signed_by,
                device: given.device.clone(),
                issued_at: given.issued_at,
                expires_at: given.expires_at,
                superseded_at: given.superseded_at,
            });
        }
        if entry.is_more {
            return Ok(());
        }
        for device in entry.machines {
            self.part.machines.push(Machine {
                id: self.engine.new_id(),
                account_id: license.account_id,
                license_id: license.id,
                user_id: None,
                uniqueness_scope: device.scope.unwrap_or_else(|| scope_of(&license, &policy)),
                fingerprint: device.fingerprint,
                pool: None,
                name: device.name,
                address: device.address,
                user_agent: device.user_agent,
                created_at: device.created_at,
                last_seen_at: device.created_at,
            });
        }
        if !entry.features.is_empty() {
            let features = self.features(&entry.features).await?;
            self.part.attached.extend((0..).zip(features).map(|(place, id)| (license.id, id, place)));
        }
        self.counts.license(&license);
        for at in entry.activations {
            self.counts.hourly(policy.row.id, counters::ACTIVATIONS, at);
        }
        self.part.licenses.push(license);
        Ok(())
    }

    fn license(&self, policy: &Policy, entry: &Entry, old_id: Option<String>) -> License {
        let mut metadata = entry.metadata.clone();
        if let Some(id) = old_id {
            metadata.entry("old_id").or_insert_with(|| id.into());
        }
        let created_at = entry.created_at.unwrap_or(self.now);
        License {
            id: entry.license.unwrap_or_else(|| self.engine.new_id()),
            account_id: self.engine.account.id,
            product_id: self.product.id,
            policy_id: policy.row.id,
            user_id: None,
            installation_id: entry.installation,
            batch_id: Some(self.batch),
            name: entry.name.clone(),
            subject: entry.subject.clone(),
            scheme: entry.scheme.unwrap_or_else(|| self.reads.scheme()).as_str().to_owned(),
            key_sealed: None,
            key_digest: None,
            key_hint: None,
            expiry: entry.expiry.0,
            expiry_text: entry.expiry.1.clone(),
            first_activated_at: entry.first_activated_at,
            first_validated_at: None,
            last_validated_at: entry.last_validated_at,
            suspended_at: entry.suspended.map(|(_, since)| since.unwrap_or(self.now)),
            suspension_reason: entry.suspended.map(|(reason, _)| reason.to_owned()),
            max_machines: entry.max_machines,
            machines_count: entry.machines.len() as i64,
            max_uses: None,
            uses: 0,
            transfers: 0,
            metadata: Value::Object(metadata).to_string(),
            created_at,
            updated_at: self.now,
        }
    }

    /// Begins the batch, when that was not done.
    pub(super) async fn begin(&mut self) -> Result<(), EngineError> {
        if !self.begun {
            let batch = Batch {
                id: self.batch,
                account_id: self.engine.account.id,
                name: name(self.import.system, self.now),
                wanted: 0,
                created_at: self.now,
            };
            self.engine.store.write(Begin { batch }).await?;
            self.begun = true;
        }
        Ok(())
    }

    /// Writes the part that was put together, once the one before is written.
    async fn write(&mut self) -> Result<(), EngineError> {
        let empty = Part { batch: self.batch, account: self.engine.account.id, ..Part::default() };
        let part = std::mem::replace(&mut self.part, empty);
        if part.licenses.is_empty() && part.forms.is_empty() || self.report.refused {
            return Ok(());
        }
        self.begin().await?;
        self.written().await?;
        let (engine, given_up) = (Arc::clone(self.engine), self.given_up());
        self.writing = Some(tokio::spawn(async move {
            let begun = engine.now();
            match engine.store.write(part).await {
                Ok(true) => Ok(engine.now().micros() - begun.micros()),
                Ok(false) => Err(given_up),
                Err(StoreError::Conflict { .. }) => {
                    Err(StoreError::Busy("licences of the import were made by somebody else meanwhile")
                        .into())
                }
                Err(error) => Err(error.into()),
            }
        }));
        Ok(())
    }

    /// Waits until the part before is written.
    async fn written(&mut self) -> Result<(), EngineError> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        let took = writing.await.unwrap_or(Err(StoreError::Closed.into()))?;
        self.size = match took {
            took if took > HOLD => (self.size / 2).max(AT_FIRST),
            took if took < HOLD / 2 => (self.size * 2).min(AT_ONCE),
            _ => self.size,
        };
        Ok(())
    }

    pub(super) fn given_up(&self) -> EngineError {
        let name = format!("{}: a server that started meanwhile removed what was not finished", self.batch);
        EngineError::NotFound { what: "batch", name }
    }

    async fn finish(&mut self) -> Result<(), EngineError> {
        self.counts.forget_before(self.now);
        let report = &self.report;
        let skipped: serde_json::Map<String, Value> = report
            .skipped
            .iter()
            .map(|skipped| (skipped.reason.as_str().to_owned(), skipped.count.into()))
            .collect();
        let detail = json!({
            "system": report.system.as_str(), "source": report.kind, "product": report.product, "read": report.read,
            "imported": report.imported, "forms": report.forms, "skipped": skipped, "users": report.users, "policies": report.policies,
            "attempts": report.attempts, "sealsWrong": report.seals_wrong,
        });
        let entry =
            self.engine.entry(self.caller, "import", ("batch", Some(self.batch)), &detail, self.engine.now());
        let made = i64::try_from(report.imported).unwrap_or(i64::MAX);
        let counts = std::mem::take(&mut self.counts);
        let job = Finish { batch: self.batch, account: self.engine.account.id, made, counts, entry };
        if !self.engine.store.write(job).await? {
            return Err(self.given_up());
        }
        self.report.batch = Some(self.batch);
        Ok(())
    }
}

/// What the batch of an import is called.
fn name(system: System, now: Timestamp) -> String {
    format!("import {} {}", system.as_str(), Timestamp::from_seconds(now.seconds()))
}

fn short(digest: &[u8; 32]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
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
