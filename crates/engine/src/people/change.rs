//! What an administrator changes about others, and everybody about his own sessions.

use keyward_core::audit::Entry;
use keyward_store::{Job, Tx, audit, people, sessions, users};
use serde_json::json;
use uuid::Uuid;

use super::Person;
use crate::token::Role;
use crate::{Caller, Engine, EngineError};

impl Engine {
    /// Changes what somebody may do.
    ///
    /// # Errors
    /// When there is no such person, he is the last administrator, or the database refuses.
    pub async fn change_role(&self, caller: &Caller, person: Uuid, role: Role) -> Result<(), EngineError> {
        self.write_role(caller, person, None, role).await
    }

    /// Changes what somebody may do, if that is still what whoever decides saw.
    ///
    /// # Errors
    /// `Changed` when it is something else by now; when there is no such person, he is the last administrator, or the
    /// database refuses.
    pub async fn change_seen_role(
        &self,
        caller: &Caller,
        person: Uuid,
        seen: Role,
        role: Role,
    ) -> Result<(), EngineError> {
        self.write_role(caller, person, Some(seen), role).await
    }

    async fn write_role(
        &self,
        caller: &Caller,
        person: Uuid,
        seen: Option<Role>,
        role: Role,
    ) -> Result<(), EngineError> {
        let entry = self.entry(
            caller,
            "person.role",
            ("user", Some(person)),
            &json!({ "role": role.as_str() }),
            self.now(),
        );
        let to = To::Role { seen, role };
        self.store.write(Changing { account: self.account.id, person, to, entry }).await
    }

    /// Locks somebody out, or lets him in again. His sessions end.
    ///
    /// # Errors
    /// When there is no such person, he is the last administrator, or the database refuses.
    pub async fn lock_out(&self, caller: &Caller, person: Uuid, out: bool) -> Result<(), EngineError> {
        let event = if out { "person.lock_out" } else { "person.let_in" };
        let entry = self.entry(caller, event, ("user", Some(person)), &json!({}), self.now());
        self.store.write(Changing { account: self.account.id, person, to: To::Out(out), entry }).await
    }

    /// Ends a session of somebody; `false` when it is over already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_session(
        &self,
        caller: &Caller,
        person: Uuid,
        session: Uuid,
    ) -> Result<bool, EngineError> {
        let is_his = self.sessions_of(person).await?.iter().any(|open| open.id == session);
        let entry = self.entry(
            caller,
            "session.close",
            ("session", Some(session)),
            &json!({ "user": person }),
            self.now(),
        );
        Ok(is_his
            && self.store.write(Ending { person, session: Some(session), but: Uuid::nil(), entry }).await?
                > 0)
    }

    /// Ends all sessions of somebody but one, the caller's own, and says how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_other_sessions(
        &self,
        caller: &Caller,
        person: Uuid,
        but: Uuid,
    ) -> Result<u64, EngineError> {
        let entry = self.entry(caller, "session.close_all", ("user", Some(person)), &json!({}), self.now());
        self.store.write(Ending { person, session: None, but, entry }).await
    }
}

#[derive(Clone, Copy)]
enum To {
    Role { seen: Option<Role>, role: Role },
    Out(bool),
}

struct Changing {
    account: Uuid,
    person: Uuid,
    to: To,
    entry: Entry,
}

impl Job for Changing {
    const NAME: &'static str = "person.change";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let admins = people::lock_admins(tx, self.account).await?;
        let row = people::by_id(tx, self.person).await?.filter(|row| row.account_id == self.account);
        let Some(row) = row else {
            return Err(EngineError::NotFound { what: "person", name: self.person.to_string() });
        };
        if let To::Role { seen: Some(seen), .. } = self.to
            && seen != Person::of(&row).role
        {
            return Err(EngineError::Changed("person"));
        }
        let stays = matches!(self.to, To::Role { role: Role::Admin, .. } | To::Out(false));
        if admins == [self.person] && !stays {
            let wanted =
                "there is no other administrator who could undo this; make another one first".to_owned();
            return Err(EngineError::Invalid { field: "person", wanted });
        }
        match self.to {
            To::Role { role, .. } => {
                // Two at once wait for each other here, where there is no administrator to wait for above.
                if !people::set_role(tx, self.person, &row.role, role.as_str()).await? {
                    return Err(EngineError::Changed("person"));
                }
            }
            To::Out(out) => {
                users::set_banned(tx, self.person, out.then_some(self.entry.at)).await?;
                sessions::delete_of_user(tx, self.person, Uuid::nil()).await?;
            }
        }
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Ending {
    person: Uuid,
    /// One, or all but one.
    session: Option<Uuid>,
    but: Uuid,
    entry: Entry,
}

impl Job for Ending {
    const NAME: &'static str = "session.close_all";
    type Out = u64;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<u64, EngineError> {
        let ended = match self.session {
            Some(session) => u64::from(sessions::delete(tx, session).await?),
            None => sessions::delete_of_user(tx, self.person, self.but).await?,
        };
        if ended > 0 {
            audit::append(tx, &self.entry).await?;
        }
        Ok(ended)
    }
}
