//! Signing in: the password, then the code where there is a second factor.

use keyward_core::audit::Entry;
use keyward_store::people::{self, Person as Row};
use keyward_store::{Job, Tx, audit, sessions};
use serde_json::json;
use uuid::Uuid;

use super::{WrongCode, email, password};
use crate::{Actor, Caller, Engine, EngineError, Session, SessionSecret};

/// Whoever showed his password.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What his browser keeps.
    pub secret: SessionSecret,
    /// Whether a code is still to be shown before the session lets anybody in.
    pub needs_code: bool,
}

impl Engine {
    /// Opens a session for whoever knows the password; `None` when nobody has this address and password, or he is locked
    /// out. The same work is done either way.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sign_in(
        &self,
        caller: &Caller,
        address: &str,
        password: &str,
    ) -> Result<Option<SignedIn>, EngineError> {
        let row = match email(address) {
            Ok(address) => people::by_email(&self.store, self.account.id, &address).await?,
            Err(_) => None,
        };
        let row = row.filter(|row| row.banned_at.is_none());
        let hash = row.as_ref().and_then(|row| row.password_hash.as_deref());
        let fits = self.has_password(password, hash).await?;
        let Some(row) = row.filter(|_| fits) else { return Ok(None) };
        let needs_code = row.totp_sealed.is_some();
        let secret = self.open_session_of(caller, &row, needs_code).await?;
        Ok(Some(SignedIn { secret, needs_code }))
    }

    /// Shows the code that a session waits for. The session ends, and another one that lets in takes its place: whoever knew
    /// the secret of the first does not know that of the second.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn show_code(
        &self,
        caller: &Caller,
        waiting: &SessionSecret,
        code: &str,
    ) -> Result<Result<SessionSecret, WrongCode>, EngineError> {
        let now = self.now();
        let Some((session, person)) = self.waiting(waiting).await? else { return Ok(Err(WrongCode)) };
        let Some(step) = self.step_of(&person, code, now)? else { return Ok(Err(WrongCode)) };
        let caller = &Caller { actor: Actor::User(person.id), ..caller.clone() };
        let (row, secret) = self.session_row(caller, Some(person.id), None, false);
        let entry =
            self.entry(caller, "session.open", ("session", Some(row.id)), &json!({ "user": person.id }), now);
        let entered =
            self.store.write(Entering { waiting: session, person: person.id, step, row, entry }).await?;
        Ok(if entered { Ok(secret) } else { Err(WrongCode) })
    }

    /// Whose code a session waits for; `None` when it waits for none.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn waits_for_code(&self, secret: &SessionSecret) -> Result<Option<Uuid>, EngineError> {
        Ok(self.waiting(secret).await?.map(|(_, person)| person.id))
    }

    async fn waiting(&self, secret: &SessionSecret) -> Result<Option<(Uuid, Row)>, EngineError> {
        let row = self.session_of(secret).await?.filter(|row| row.pending);
        let Some((id, user)) = row.and_then(|row| Some((row.id, row.user_id?))) else { return Ok(None) };
        let person = people::by_id(&self.store, user).await?.filter(|person| person.banned_at.is_none());
        Ok(person.map(|person| (id, person)))
    }

    /// Changes somebody's password, which he shows; his other sessions end. `false` when the one he shows is wrong.
    ///
    /// # Errors
    /// When the new one cannot be used, or the database refuses.
    pub async fn change_password(
        &self,
        caller: &Caller,
        session: &Session,
        old: &str,
        new: &str,
    ) -> Result<bool, EngineError> {
        password::check(new)?;
        let Some(person) = session.person() else { return Ok(false) };
        let row = self.person_row(person.id).await?;
        if !self.has_password(old, row.password_hash.as_deref()).await? {
            return Ok(false);
        }
        let hash = self.hash_password(new).await?;
        let entry = self.entry(caller, "person.password", ("user", Some(row.id)), &json!({}), self.now());
        self.store.write(Changing { person: row.id, but: session.id, hash, entry }).await?;
        Ok(true)
    }
}

struct Entering {
    waiting: Uuid,
    person: Uuid,
    step: i64,
    row: sessions::Session,
    entry: Entry,
}

impl Job for Entering {
    const NAME: &'static str = "session.code";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        // A code works once, and so does the session that waits for it.
        if !people::use_step(tx, self.person, self.step).await? || !sessions::delete(tx, self.waiting).await?
        {
            return Ok(false);
        }
        sessions::insert(tx, &self.row).await?;
        audit::append(tx, &self.entry).await?;
        Ok(true)
    }
}

struct Changing {
    person: Uuid,
    but: Uuid,
    hash: String,
    entry: Entry,
}

impl Job for Changing {
    const NAME: &'static str = "person.password";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        people::set_password(tx, self.person, Some(&self.hash)).await?;
        sessions::delete_of_user(tx, self.person, self.but).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
