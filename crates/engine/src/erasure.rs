//! Erasing a person: whatever names somebody goes, everywhere; ids stay, and so the audit log still verifies.
//!
//! A person is whoever is called so: a customer or somebody of the console by id, the vendor's own id or address, and whoever a
//! licence names (system A's client, the name in system D's file). Licences stay and go on being valid under their keys.

mod find;
mod job;
mod name;
mod unfinished;

pub use find::Traces;

use keyward_store::erasure;

use crate::{Caller, Engine, EngineError};
use job::{Emptying, Forgetting, Licenses};

/// Licences, or other rows, of one transaction.
const AT_ONCE: usize = 50;

/// What was erased, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Customers, and people of the console.
    pub users: u64,
    /// Licences that named the person.
    pub licenses: u64,
    /// Texts of these licences that were given out.
    pub forms: u64,
    /// Devices.
    pub machines: u64,
    /// Attempts to validate: from where, with what.
    pub attempts: u64,
    /// Entries of the audit log: from where, with what.
    pub entries: u64,
    /// Tokens, revoked.
    pub tokens: u64,
    /// Sessions, ended.
    pub sessions: u64,
    /// Links to set up an account.
    pub invitations: u64,
    /// Answers that were kept for repetitions.
    pub answers: u64,
}

impl Erased {
    /// Each number with its name.
    pub const fn counts(&self) -> [(&'static str, u64); 10] {
        [
            ("users", self.users),
            ("licenses", self.licenses),
            ("forms", self.forms),
            ("machines", self.machines),
            ("attempts", self.attempts),
            ("entries", self.entries),
            ("tokens", self.tokens),
            ("sessions", self.sessions),
            ("invitations", self.invitations),
            ("answers", self.answers),
        ]
    }

    fn add(&mut self, emptied: &erasure::Emptied) {
        self.forms += emptied.forms;
        self.machines += emptied.machines;
        self.attempts += emptied.attempts;
        self.tokens += emptied.tokens;
        self.sessions += emptied.sessions;
        self.invitations += emptied.invitations;
    }
}

impl Engine {
    /// Says what erasing somebody would do; everything is done and taken back again.
    ///
    /// # Errors
    /// When he is the last administrator, or the database refuses.
    pub async fn rehearse_erasure(&self, caller: &Caller, traces: &Traces) -> Result<Erased, EngineError> {
        self.erase_found(caller, traces, true, |_| {}).await
    }

    /// Erases somebody, but for what of him is left in files: [`Self::finish_erasure`]. It is done in parts, and what was
    /// interrupted is finished by doing it again. `progress` is told how many licences and entries are done.
    ///
    /// # Errors
    /// When he is the last administrator, and nothing was erased; or the database refuses.
    pub async fn erase(
        &self,
        caller: &Caller,
        traces: &Traces,
        progress: impl FnMut(u64),
    ) -> Result<Erased, EngineError> {
        // Refused before anything is gone.
        self.erase_user(caller, traces, Erased::default(), true).await?;
        self.begin_erasure(traces).await?;
        let mut erased = self.erase_found(caller, traces, false, progress).await?;
        // What was written down meanwhile.
        let late = self.entries_of(traces, traces.last_entry).await?.serials;
        for part in late.chunks(AT_ONCE) {
            erased.entries += job::done(
                self.store
                    .write(Forgetting { entries: part.to_vec(), answers: Vec::new(), rehearse: false })
                    .await,
            )?;
        }
        Ok(erased)
    }

    async fn erase_found(
        &self,
        caller: &Caller,
        traces: &Traces,
        rehearse: bool,
        mut progress: impl FnMut(u64),
    ) -> Result<Erased, EngineError> {
        let mut erased = Erased::default();
        // What can only be found through the licences goes before them.
        for part in traces.entries.chunks(AT_ONCE) {
            let forgetting = Forgetting { entries: part.to_vec(), answers: Vec::new(), rehearse };
            erased.entries += job::done(self.store.write(forgetting).await)?;
            progress(erased.entries);
        }
        for part in traces.answers.chunks(AT_ONCE) {
            let forgetting = Forgetting { entries: Vec::new(), answers: part.to_vec(), rehearse };
            erased.answers += job::done(self.store.write(forgetting).await)?;
        }
        let now = self.now();
        for part in traces.licenses.chunks(AT_ONCE) {
            let note =
                |id| self.entry(caller, "license.erase", ("license", Some(id)), &serde_json::json!({}), now);
            let licenses = part.iter().map(|id| (*id, note(*id))).collect();
            let (count, emptied) = job::done(self.store.write(Licenses { licenses, now, rehearse }).await)?;
            erased.licenses += count;
            erased.add(&emptied);
            progress(erased.entries + erased.licenses);
        }
        self.erase_user(caller, traces, erased, rehearse).await
    }

    /// The last part; gives all that was done.
    async fn erase_user(
        &self,
        caller: &Caller,
        traces: &Traces,
        mut erased: Erased,
        rehearse: bool,
    ) -> Result<Erased, EngineError> {
        let now = self.now();
        let ids = traces.users.iter().map(|user| Some(user.id));
        // Somebody whom only licences name has no id of his own.
        let whom = if traces.users.is_empty() { vec![None] } else { ids.collect() };
        let note = |id| self.entry(caller, "user.erase", ("user", id), &serde_json::json!({}), now);
        let emptying = Emptying {
            account: self.account.id,
            users: whom.into_iter().map(|id| (id, note(id))).collect(),
            emails: traces.emails.clone(),
            erased,
            now,
            rehearse,
        };
        let (users, emptied) = job::done(self.store.write(emptying).await)?;
        erased.users = users;
        erased.add(&emptied);
        Ok(erased)
    }

    /// Where texts that name somebody still stand, and in how many rows: what no program can tell from other texts. With
    /// `own`, also other people's rows.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn still_named(
        &self,
        traces: &Traces,
        own: bool,
    ) -> Result<Vec<(&'static str, i64)>, EngineError> {
        let mut places: Vec<(&'static str, i64)> = Vec::new();
        for text in &traces.texts {
            for (place, rows) in erasure::places(&self.store, text, own).await? {
                match places.iter_mut().find(|(known, _)| *known == place) {
                    Some((_, known)) => *known = rows.max(*known),
                    None => places.push((place, rows)),
                }
            }
        }
        Ok(places)
    }

    /// The last part: leaves nothing of what was erased in the files of the database, where that is wanted; `false` where it is
    /// somebody else's work. Other changes wait meanwhile.
    ///
    /// # Errors
    /// When the database refuses, or somebody reads for too long: the erasure is unfinished then.
    pub async fn finish_erasure(&self, traces: &Traces, clean: bool) -> Result<bool, EngineError> {
        let is_clean = clean && self.store.scrub().await?;
        self.end_erasure(traces).await?;
        Ok(is_clean)
    }
}
