//! What of somebody is here.

use std::collections::HashSet;

use keyward_store::idempotency::Scope;
use keyward_store::users::User;
use keyward_store::{erasure, machines};
use serde_json::Value;
use uuid::Uuid;

use super::name::Names;
use crate::{Engine, EngineError};

/// Rows that are read at once.
const PAGE: i64 = 2_000;

/// What of somebody is here, as far as it was found by what he is called.
#[derive(Clone, Debug)]
pub struct Traces {
    /// What he was asked for by.
    pub(super) who: String,
    /// His rows: as a customer, or one of the console's people.
    pub users: Vec<User>,
    /// Licences that are his, or name him.
    pub licenses: Vec<Uuid>,
    /// His addresses, to which there may be invitations.
    pub(super) emails: Vec<String>,
    /// What he is called, to be looked for in texts that are nobody's.
    pub(super) texts: Vec<String>,
    /// Entries of the audit log that say from where he, or his licences' devices, asked.
    pub(super) entries: Vec<i64>,
    /// The last entry that was looked at.
    pub(super) last_entry: i64,
    /// Kept answers that name him.
    pub(super) answers: Vec<Scope>,
    /// Ids of his: rows that entries of the audit log are about.
    ids: HashSet<Uuid>,
    /// Rows of his that an erasure which was interrupted had found.
    pub(super) emptied: Vec<Uuid>,
    /// Whether there was one.
    pub finishes: bool,
}

/// Entries that were found.
pub(super) struct Entries {
    pub(super) serials: Vec<i64>,
    pub(super) last: i64,
}

impl Traces {
    /// How many parts there are to do.
    pub const fn len(&self) -> usize {
        self.licenses.len() + self.entries.len()
    }

    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Engine {
    /// Looks for whoever is called so: by the id of a customer or person, the vendor's own id, the address, or as a licence
    /// says it. Whoever was called so when an erasure was begun counts until it is finished. Every licence and every entry of the audit log is looked at.
    ///
    /// # Errors
    /// When there is nobody, or the database cannot be asked.
    pub async fn traces(&self, who: &str) -> Result<Traces, EngineError> {
        let who = who.trim();
        let nobody = || EngineError::NotFound { what: "person", name: who.to_owned() };
        // PostgreSQL takes no zero character, and nothing has one.
        if who.is_empty() || who.contains('\0') {
            return Err(nobody());
        }
        let users = erasure::users_called(&self.store, self.account.id, who).await?;
        let mut names = Names::default();
        if Uuid::try_parse(who).is_err() {
            names.add(who);
        }
        for text in users.iter().flat_map(|user| [&user.email, &user.external_id]).flatten() {
            names.add(text);
        }
        let emails: Vec<String> =
            names.telling().filter(|text| text.contains('@')).map(str::to_owned).collect();
        let begun = self.unfinished(who).await?;
        let finishes = begun.is_some();
        let emptied = begun.unwrap_or_default();
        let his: Vec<Uuid> = users.iter().map(|user| user.id).chain(emptied.iter().copied()).collect();
        let licenses = self.licenses_of(&his, &names).await?;
        let mut invited = 0;
        for email in &emails {
            invited += erasure::invited(&self.store, self.account.id, email).await?;
        }
        if users.is_empty() && licenses.is_empty() && invited == 0 && !finishes {
            return Err(nobody());
        }
        let ids = self.ids_of(&his, &licenses).await?;
        let answers = self.answers_of(&names).await?;
        // By his name others may be called, too: it is looked for, and nothing is taken for his because of it.
        let mut texts: Vec<String> = names.telling().map(str::to_owned).collect();
        texts.extend(users.iter().filter_map(|user| user.name.clone()).filter(|name| name.contains(' ')));
        let mut traces = Traces {
            who: who.to_owned(),
            users,
            licenses,
            emails,
            texts,
            entries: Vec::new(),
            last_entry: 0,
            answers,
            ids,
            emptied,
            finishes,
        };
        let Entries { serials, last } = self.entries_of(&traces, i64::MIN).await?;
        (traces.entries, traces.last_entry) = (serials, last);
        Ok(traces)
    }

    /// His own, and those that name him.
    async fn licenses_of(&self, users: &[Uuid], names: &Names) -> Result<Vec<Uuid>, EngineError> {
        let mut found = Vec::new();
        let mut after = i64::MIN;
        loop {
            let page = erasure::licenses_after(&self.store, self.account.id, after, PAGE).await?;
            for license in &page {
                let is_his = license.user.is_some_and(|user| users.contains(&user));
                let names_him =
                    [&license.subject, &license.name].into_iter().flatten().any(|text| names.has(text));
                if is_his || names_him || names.in_metadata(&license.metadata) {
                    found.push(license.id);
                }
            }
            match page.last() {
                Some(last) if page.len() as i64 == PAGE => after = last.serial,
                _ => return Ok(found),
            }
        }
    }

    /// What entries of the audit log may be about that are about him.
    async fn ids_of(&self, users: &[Uuid], licenses: &[Uuid]) -> Result<HashSet<Uuid>, EngineError> {
        let mut ids: HashSet<Uuid> = licenses.iter().copied().collect();
        for user in users {
            ids.insert(*user);
            ids.extend(erasure::tokens_of(&self.store, *user).await?);
        }
        for license in licenses {
            ids.extend(
                machines::of_license(&self.store, *license).await?.into_iter().map(|machine| machine.id),
            );
        }
        Ok(ids)
    }

    /// Entries behind one that have something personal, by him or about what is his.
    pub(super) async fn entries_of(&self, traces: &Traces, behind: i64) -> Result<Entries, EngineError> {
        let (mut serials, mut last) = (Vec::new(), behind);
        loop {
            let page = erasure::entries_after(&self.store, last, PAGE).await?;
            for entry in &page {
                let his = |id: &Uuid| traces.ids.contains(id);
                let is_named = [&entry.actor, &entry.resource].into_iter().flatten().any(his);
                if is_named || mentions(&entry.detail, &traces.ids) {
                    serials.push(entry.serial);
                }
                last = entry.serial;
            }
            if (page.len() as i64) < PAGE {
                return Ok(Entries { serials, last });
            }
        }
    }

    async fn answers_of(&self, names: &Names) -> Result<Vec<Scope>, EngineError> {
        let nothing = String::new;
        let account_id = self.account.id;
        let mut behind = Scope { account_id, bearer: nothing(), route: nothing(), key: nothing() };
        let mut found = Vec::new();
        loop {
            let page = erasure::answers_after(&self.store, &behind, PAGE).await?;
            for (scope, kept) in &page {
                // One that does not open any more says nothing to anybody.
                if self.kept_answer(scope, kept).is_ok_and(|answer| names.within(&answer)) {
                    found.push(scope.clone());
                }
            }
            match page.last() {
                Some((last, _)) if page.len() as i64 == PAGE => behind = last.clone(),
                _ => return Ok(found),
            }
        }
    }
}

/// Whether a detail has one of these ids as a value.
fn mentions(detail: &str, ids: &HashSet<Uuid>) -> bool {
    // Most have none: an id has four hyphens.
    if detail.bytes().filter(|b| *b == b'-').count() < 4 {
        return false;
    }
    serde_json::from_str(detail).is_ok_and(|detail| holds(&detail, ids))
}

fn holds(value: &Value, ids: &HashSet<Uuid>) -> bool {
    match value {
        Value::String(text) => Uuid::try_parse(text).is_ok_and(|id| ids.contains(&id)),
        Value::Array(values) => values.iter().any(|value| holds(value, ids)),
        Value::Object(object) => object.values().any(|value| holds(value, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
