//! Sessions of browsers: opened with a token or a password, found by a secret that the browser keeps, closed.

use std::fmt;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::sessions::{self, Session as Row};
use keyward_store::{Job, StoreError, Tx, audit, people, tokens};
use rand_core::Rng as _;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::people::Person;
use crate::token::{Permission, Role};
use crate::tokens::is_good;
use crate::{Actor, Bearer, Caller, Engine, EngineError};

const KIND: &str = "session";
/// What the proof of a form is derived under, and digested under.
const CSRF: &str = "session.csrf";
/// How long a session is good without being used.
const IDLE_SECONDS: i64 = 12 * 3_600;
/// How long a session waits for a code.
const PENDING_SECONDS: i64 = 300;
/// Uses within so many seconds are not written down one by one.
const TOUCH_SECONDS: i64 = 60;

/// What a browser keeps to be known again. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SessionSecret(Zeroizing<String>);

impl SessionSecret {
    /// Reads what a browser sent; `None` when it has not the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        sound.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret text, for the browser alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret")
    }
}

/// A session that is good now.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Who signed in, with what he may do now.
    pub who: Who,
    /// What its pages put into their forms, so that no other site's form is taken for one of them.
    pub csrf: Csrf,
    csrf_digest: Vec<u8>,
}

/// Who signed in.
#[derive(Clone, Debug)]
pub enum Who {
    /// The bearer of a token.
    Token(Bearer),
    /// Somebody with a password.
    Person(Person),
}

impl Session {
    /// Who acts, for the audit log.
    pub const fn actor(&self) -> Actor {
        match &self.who {
            Who::Token(bearer) => Actor::Token(bearer.token),
            Who::Person(person) => Actor::User(person.id),
        }
    }

    /// What he may do; `None` for an installation's token.
    pub const fn role(&self) -> Option<Role> {
        match &self.who {
            Who::Token(bearer) => bearer.role,
            Who::Person(person) => Some(person.role),
        }
    }

    /// The person, when it was no token.
    pub const fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Token(_) => None,
        }
    }

    /// Refuses what the role may not do.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn must(&self, permission: Permission) -> Result<(), EngineError> {
        match self.role() {
            Some(role) if role.may(permission) => Ok(()),
            role => Err(EngineError::Forbidden(role.unwrap_or(Role::ReadOnly))),
        }
    }
}

/// The proof that a form comes from a page of the session. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Csrf(Zeroizing<String>);

impl Csrf {
    /// The text, for the forms of the session alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csrf")
    }
}

impl Engine {
    /// Opens a session for whoever showed a token. It is good for twelve hours after its last use, and never longer than
    /// the token.
    ///
    /// # Errors
    /// When the token is gone meanwhile, or the database refuses.
    pub async fn open_session(&self, caller: &Caller, bearer: &Bearer) -> Result<SessionSecret, EngineError> {
        let now = self.now();
        let (row, secret) = self.session_row(caller, None, Some(bearer.token), false);
        let detail = json!({ "token": bearer.token });
        let entry = self.entry(caller, "session.open", ("session", Some(row.id)), &detail, now);
        self.store.write(Opening { row, token: bearer.token, entry }).await?;
        Ok(secret)
    }

    /// Opens a session for somebody who showed his password; one that is pending lets nobody in.
    pub(crate) async fn open_session_of(
        &self,
        caller: &Caller,
        person: &people::Person,
        pending: bool,
    ) -> Result<SessionSecret, EngineError> {
        let (row, secret) = self.session_row(caller, Some(person.id), None, pending);
        let caller = Caller { actor: Actor::User(person.id), ..caller.clone() };
        let event = if pending { "session.password" } else { "session.open" };
        let detail = json!({ "user": person.id });
        let entry = self.entry(&caller, event, ("session", Some(row.id)), &detail, self.now());
        let (hash, has_factor) = (person.password_hash.clone(), person.totp_sealed.is_some());
        self.store.write(Entering { row, hash, has_factor, entry }).await?;
        Ok(secret)
    }

    /// A new session with its secret.
    pub(crate) fn session_row(
        &self,
        caller: &Caller,
        user_id: Option<Uuid>,
        token_id: Option<Uuid>,
        pending: bool,
    ) -> (Row, SessionSecret) {
        let now = self.now();
        let mut bytes = Zeroizing::new([0; 32]);
        self.with_chance(|chance| chance.fill_bytes(bytes.as_mut_slice()));
        let secret = SessionSecret(Zeroizing::new(hex::encode(bytes.as_slice())));
        let row = Row {
            id: self.new_id(),
            account_id: self.account.id,
            digest: self.vault.digest(KIND, secret.expose()).to_vec(),
            csrf_digest: self.vault.digest(CSRF, self.csrf(&secret).expose()).to_vec(),
            user_id,
            token_id,
            address: caller.address_text(),
            user_agent: caller.user_agent_text(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus_seconds(if pending { PENDING_SECONDS } else { IDLE_SECONDS }),
            pending,
        };
        (row, secret)
    }

    /// The row of a session whose time is not over.
    pub(crate) async fn session_of(&self, secret: &SessionSecret) -> Result<Option<Row>, EngineError> {
        let digest = self.vault.digest(KIND, secret.expose());
        Ok(sessions::by_digest(&self.store, &digest, self.now()).await?)
    }

    /// The session that a secret stands for; `None` when there is none, its time is over, its token is no longer good, or
    /// its person is locked out or has still to show a code.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn session(&self, secret: &SessionSecret) -> Result<Option<Session>, EngineError> {
        let now = self.now();
        let row = self.session_of(secret).await?.filter(|row| !row.pending);
        let Some(row) = row else { return Ok(None) };
        // Asked each time: a token that was revoked a moment ago, on whatever node, lets nobody in.
        let (who, ends) = match (row.token_id, row.user_id) {
            (Some(token), _) => {
                let token = tokens::by_id(&self.store, token).await?;
                let Some(token) = token.filter(|token| is_good(token, now)) else { return Ok(None) };
                (Who::Token(Bearer::of(&token)), token.expires_at)
            }
            (None, Some(user)) => {
                let person = people::by_id(&self.store, user).await?;
                let Some(person) = person.filter(|person| person.banned_at.is_none()) else {
                    return Ok(None);
                };
                (Who::Person(Person::of(&person)), None)
            }
            (None, None) => return Ok(None),
        };
        if row.last_seen_at.plus_seconds(TOUCH_SECONDS) < now {
            self.store.write(Touching { id: row.id, now, expires_at: end(now, ends) }).await?;
        }
        let (id, csrf_digest) = (row.id, row.csrf_digest);
        Ok(Some(Session { id, who, csrf: self.csrf(secret), csrf_digest }))
    }

    /// Whether a form carries the proof of the session's own pages; whose they are may stand behind it, after a point.
    pub fn admits(&self, session: &Session, csrf: &str) -> bool {
        let csrf = csrf.split('.').next().unwrap_or_default();
        // Digests are compared, of which nobody can choose the beginning.
        self.vault.digest(CSRF, csrf).as_slice() == session.csrf_digest
    }

    /// Whose session it is, for the forms of its pages: the same in every session of one person, and nobody else can say it.
    pub fn whose(&self, session: &Session) -> String {
        let id = match &session.who {
            Who::Token(bearer) => bearer.token,
            Who::Person(person) => person.id,
        };
        hex::encode(&self.vault.digest("session.whose", &id.to_string())[..16])
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn close_session(&self, caller: &Caller, session: &Session) -> Result<(), EngineError> {
        let detail = match &session.who {
            Who::Token(bearer) => json!({ "token": bearer.token }),
            Who::Person(person) => json!({ "user": person.id }),
        };
        let entry = self.entry(caller, "session.close", ("session", Some(session.id)), &detail, self.now());
        self.store.write(Closing { id: session.id, entry }).await
    }

    /// Derived, so that every page of a session has the same one and nobody keeps it.
    fn csrf(&self, secret: &SessionSecret) -> Csrf {
        Csrf(Zeroizing::new(hex::encode(self.vault.digest("session.csrf.secret", secret.expose()))))
    }
}

/// Until when a session is good that is used now.
fn end(now: Timestamp, token: Option<Timestamp>) -> Timestamp {
    let idle = now.plus_seconds(IDLE_SECONDS);
    token.map_or(idle, |token| token.min(idle))
}

struct Opening {
    row: Row,
    token: Uuid,
    entry: Entry,
}

impl Job for Opening {
    const NAME: &'static str = "session.open";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let now = self.row.created_at;
        let token = tokens::by_id(tx, self.token).await?.filter(|token| is_good(token, now));
        let gone = || EngineError::NotFound { what: "unrevoked token", name: self.token.to_string() };
        let expires_at = end(now, token.ok_or_else(gone)?.expires_at);
        sessions::insert(tx, &Row { expires_at, ..self.row.clone() }).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Entering {
    row: Row,
    /// What the person was known by.
    hash: Option<String>,
    has_factor: bool,
    entry: Entry,
}

impl Job for Entering {
    const NAME: &'static str = "session.sign_in";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        // While the password was checked it may have been changed, and the person locked out.
        let person = people::by_id(tx, self.row.user_id.unwrap_or_default()).await?;
        let same = |person: &people::Person| {
            person.password_hash == self.hash
                && person.totp_sealed.is_some() == self.has_factor
                && person.banned_at.is_none()
        };
        if !person.as_ref().is_some_and(same) {
            return Err(StoreError::Busy("the person is being changed").into());
        }
        sessions::insert(tx, &self.row).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Touching {
    id: Uuid,
    now: Timestamp,
    expires_at: Timestamp,
}

impl Job for Touching {
    const NAME: &'static str = "session.touch";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        Ok(sessions::touch(tx, self.id, self.now, self.expires_at).await?)
    }
}

struct Closing {
    id: Uuid,
    entry: Entry,
}

impl Job for Closing {
    const NAME: &'static str = "session.close";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        // Of two who close it, the second one finds it closed.
        if sessions::delete(tx, self.id).await? {
            audit::append(tx, &self.entry).await?;
        }
        Ok(())
    }
}
