//! One import from its first row to its last commit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::old::{OldDatabase, OldRow};
use keyward_store::{StoreError, imports};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Import;
use super::candidate::{Candidate, Unfit};
use super::entry::Reads;
use super::parts::{AT_FIRST, Writing};
use super::report::{Reason, Report, RowName};
use super::resolve::Customers;
use super::write::{Counts, Finish, Part};
use crate::license::Adding;
use crate::{Caller, Engine, EngineError, Policy, Product};

/// A batch that somebody is making changes in this time, in seconds.
const CHANGES: i64 = 60;
/// How often it is looked at meanwhile.
const LOOKS: Duration = Duration::from_secs(2);

pub(super) struct Run<'r> {
    pub(super) engine: &'r Arc<Engine>,
    pub(super) caller: &'r Caller,
    pub(super) import: &'r Import,
    pub(super) product: &'r Product,
    pub(super) old: &'r OldDatabase,
    pub(super) reads: Arc<dyn Reads>,
    pub(super) now: Timestamp,
    pub(super) report: Report,
    pub(super) batch: Uuid,
    pub(super) begun: bool,
    /// When it last showed that it goes on.
    pub(super) shown: Timestamp,
    /// Whether anything that was here before may be what a row says. What others make meanwhile is found when it is written.
    pub(super) may_be_here: bool,
    /// Of how many rows the first one with a key or client was which.
    seen: HashMap<[u8; 16], u64>,
    /// Licences of this run whose further forms may follow.
    pub(super) added: HashSet<Uuid>,
    pub(super) customers: Customers,
    pub(super) policies: HashMap<String, Option<Arc<Policy>>>,
    pub(super) features: HashMap<String, Uuid>,
    pub(super) counts: Counts,
    pub(super) part: Part,
    /// Forms of licences that were here before.
    pub(super) joined: Vec<Adding>,
    pub(super) size: usize,
    pub(super) writing: Option<Writing>,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        engine: &'r Arc<Engine>,
        caller: &'r Caller,
        import: &'r Import,
        product: &'r Product,
        old: &'r OldDatabase,
        reads: Arc<dyn Reads>,
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
            shown: engine.now(),
            may_be_here: true,
            seen: HashMap::new(),
            added: HashSet::new(),
            customers: Customers::default(),
            policies: HashMap::new(),
            features: HashMap::new(),
            counts: Counts::default(),
            joined: Vec::new(),
            size: AT_FIRST,
            writing: None,
        }
    }

    pub(super) async fn go(mut self, progress: impl FnMut(u64, u64) + Send) -> Result<Report, EngineError> {
        if !self.import.dry_run {
            self.clear_left().await?;
        }
        let schemes = self.reads.schemes().map(Scheme::as_str);
        let (store, account) = (&self.engine.store, self.engine.account.id);
        self.may_be_here = imports::any_like(store, account, self.product.id, schemes).await?;
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
            self.report.nothing_was_made();
        }
        done.map(|()| self.report)
    }

    /// Removes what a broken-off import left: its licences are in the way. What changes meanwhile somebody is making.
    async fn clear_left(&self) -> Result<(), EngineError> {
        let mut left = self.engine.unfinished_batches().await?;
        let end = self.engine.now().plus_seconds(CHANGES);
        // The clock may stand.
        let mut looks = CHANGES.unsigned_abs() / LOOKS.as_secs();
        while !left.is_empty() && looks > 0 && self.engine.now() < end {
            tokio::time::sleep(LOOKS).await;
            looks -= 1;
            let now = self.engine.unfinished_batches().await?;
            left.retain(|batch| now.contains(batch));
        }
        if self.engine.remove_left_batches(&left).await? > 0 {
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
        let rows = self.old.rows(&table).await?.ok_or_else(missing)?;
        let total = rows.total;
        progress(0, total);
        self.report.ignored = rows.ignored;
        let (engine, reads) = (Arc::clone(self.engine), Arc::clone(&self.reads));
        let read = move |row: &OldRow| Candidate::read(&engine, &*reads, row, table.order);
        let mut rows = rows.ahead(move |part| part.iter().map(&read).collect::<Vec<_>>());
        while let Some(part) = rows.next().await? {
            self.report.read += part.len() as u64;
            self.take(part).await?;
            self.goes_on().await?;
            progress(self.report.read, total.max(self.report.read));
        }
        if self.report.read != total {
            let why = format!(
                "its table {} has {total} rows, and {} can be told apart",
                table.name, self.report.read
            );
            return Err(StoreError::OldDatabase { place: self.old.place().to_owned(), why }.into());
        }
        drop(rows);
        if let Some(entry) = self.reads.rest() {
            let row = RowName { row: self.report.read + 1, id: None, note: None };
            let candidate = self.first_of_its_kind(Candidate::new(self.engine, row, entry));
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
        if !self.joined.is_empty() {
            self.begin().await?;
        }
        if self.begun { self.finish().await } else { Ok(()) }
    }

    async fn take_attempts_of_this_run(&mut self) -> Result<(), EngineError> {
        if self.report.imported == 0 || self.report.refused {
            return Ok(());
        }
        self.take_attempts().await
    }

    /// Takes rows in, or says why not.
    async fn take(&mut self, rows: Vec<Result<Candidate, (RowName, Unfit)>>) -> Result<(), EngineError> {
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows {
            match row {
                Ok(candidate) => candidates.extend(self.first_of_its_kind(candidate)),
                Err((row, Unfit::OtherProduct)) => self.report.skip(Reason::OtherProduct, || row),
                Err((row, Unfit::Flawed(flaw))) => {
                    self.report.refused |= !self.import.skip_bad;
                    let note = format!("{}: wanted is {}", flaw.column, flaw.wanted);
                    self.report.skip(Reason::Malformed, || RowName { note: Some(note), ..row });
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
        self.join(&mut candidates).await?;
        for candidate in candidates {
            self.add(candidate).await?;
        }
        if self.part.licenses.len().max(self.part.forms.len()) >= self.size {
            self.write().await?;
        }
        Ok(())
    }

    /// A row whose key, form and client no earlier row has.
    fn first_of_its_kind(&mut self, candidate: Candidate) -> Option<Candidate> {
        let mut first = None;
        for digest in candidate.digests() {
            first = first.or(self.seen.get(&short(&digest)).copied());
        }
        if let Some(first) = first {
            let note = Some(format!("as row {first}"));
            self.report.skip(Reason::Twice, || RowName { note, ..candidate.row });
            return None;
        }
        for digest in candidate.digests() {
            self.seen.insert(short(&digest), candidate.row.row);
        }
        Some(candidate)
    }

    /// Whether an earlier row of this source had this key.
    pub(super) fn has_seen(&self, digest: &[u8; 32]) -> bool {
        self.seen.contains_key(&short(digest))
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
        let mut joined = std::mem::take(&mut self.joined);
        joined.sort_by_key(Adding::issued_at);
        let job = Finish { batch: self.batch, account: self.engine.account.id, made, counts, entry, joined };
        if !self.engine.store.write(job).await? {
            return Err(self.given_up());
        }
        self.report.batch = Some(self.batch);
        Ok(())
    }
}

fn short(digest: &[u8; 32]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}
