//! The parts of an erasure, each a transaction. One that is rehearsed does everything and is rolled back.

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::idempotency::{self, Scope};
use keyward_store::{Job, Lane, StoreError, Tx, audit, erasure, people};
use uuid::Uuid;

use super::Erased;
use super::name::without_names;
use crate::EngineError;

/// Why a part changed nothing: it was only to be tried, or it failed.
pub(super) enum Rehearsed<T> {
    /// What it would have done.
    Would(T),
    Failed(EngineError),
}

impl<T> From<StoreError> for Rehearsed<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<T> From<EngineError> for Rehearsed<T> {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

/// What a part did, or would do.
pub(super) fn done<T>(done: Result<T, Rehearsed<T>>) -> Result<T, EngineError> {
    match done {
        Ok(done) | Err(Rehearsed::Would(done)) => Ok(done),
        Err(Rehearsed::Failed(error)) => Err(error),
    }
}

fn unless_rehearsed<T>(rehearse: bool, done: T) -> Result<T, Rehearsed<T>> {
    if rehearse { Err(Rehearsed::Would(done)) } else { Ok(done) }
}

/// From where he asked, and answers that name him.
pub(super) struct Forgetting {
    pub(super) entries: Vec<i64>,
    pub(super) answers: Vec<Scope>,
    pub(super) rehearse: bool,
}

impl Job for Forgetting {
    const NAME: &'static str = "erasure.forget";
    const LANE: Lane = Lane::Bulk;
    type Out = u64;
    type Err = Rehearsed<u64>;

    async fn run(&self, tx: &Tx<'_>) -> Result<u64, Rehearsed<u64>> {
        let mut forgotten = 0;
        for serial in &self.entries {
            forgotten += u64::from(audit::erase_personal(tx, *serial).await?);
        }
        for scope in &self.answers {
            idempotency::forget(tx, scope).await?;
            forgotten += 1;
        }
        unless_rehearsed(self.rehearse, forgotten)
    }
}

/// Some of the licences that name him, each with its entry.
pub(super) struct Licenses {
    pub(super) licenses: Vec<(Uuid, Entry)>,
    pub(super) now: Timestamp,
    pub(super) rehearse: bool,
}

/// How many, and what of them.
type Counted = (u64, erasure::Emptied);

impl Job for Licenses {
    const NAME: &'static str = "erasure.licenses";
    const LANE: Lane = Lane::Bulk;
    type Out = Counted;
    type Err = Rehearsed<Counted>;

    async fn run(&self, tx: &Tx<'_>) -> Result<Counted, Rehearsed<Counted>> {
        let (mut count, mut all) = (0, erasure::Emptied::default());
        for (id, entry) in &self.licenses {
            // One that was removed meanwhile names nobody any more.
            if let Some(emptied) = erasure::license(tx, *id, without_names, self.now).await? {
                audit::append(tx, entry).await?;
                count += 1;
                all.forms += emptied.forms;
                all.machines += emptied.machines;
                all.attempts += emptied.attempts;
            }
        }
        unless_rehearsed(self.rehearse, (count, all))
    }
}

/// The rows by which he is found: the last part.
pub(super) struct Emptying {
    pub(super) account: Uuid,
    /// Each with its entry; without an id where only licences named him.
    pub(super) users: Vec<(Option<Uuid>, Entry)>,
    pub(super) emails: Vec<String>,
    /// What was done before, for the entry.
    pub(super) erased: Erased,
    pub(super) now: Timestamp,
    pub(super) rehearse: bool,
}

impl Job for Emptying {
    const NAME: &'static str = "erasure.user";
    const LANE: Lane = Lane::Bulk;
    type Out = Counted;
    type Err = Rehearsed<Counted>;

    async fn run(&self, tx: &Tx<'_>) -> Result<Counted, Rehearsed<Counted>> {
        let admins = people::lock_admins(tx, self.account).await?;
        let is_going = |admin: &Uuid| self.users.iter().any(|(id, _)| *id == Some(*admin));
        if !admins.is_empty() && admins.iter().all(is_going) {
            let wanted = "there is no other administrator; make another one first".to_owned();
            return Err(EngineError::Invalid { field: "person", wanted }.into());
        }
        let (mut count, mut all) = (0, erasure::Emptied::default());
        for email in &self.emails {
            all.invitations += erasure::invitations(tx, self.account, email).await?;
        }
        let mut total = self.erased;
        for (id, _) in &self.users {
            if let Some(id) = id {
                let emptied = erasure::user(tx, *id, self.now).await?;
                all.machines += emptied.machines;
                all.tokens += emptied.tokens;
                all.sessions += emptied.sessions;
                count += 1;
            }
        }
        total.users = count;
        total.add(&all);
        let detail =
            serde_json::Map::from_iter(total.counts().map(|(name, count)| (name.to_owned(), count.into())));
        for (_, entry) in &self.users {
            let entry =
                Entry { detail: serde_json::Value::Object(detail.clone()).to_string(), ..entry.clone() };
            audit::append(tx, &entry).await?;
        }
        unless_rehearsed(self.rehearse, (count, all))
    }
}
