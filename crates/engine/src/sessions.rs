//! Sessions of browsers: opened with a token, found by a secret that the browser keeps, closed.

use std::fmt;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::sessions::{self, Session as Row};
use keyward_store::{Job, Tx, audit, tokens};
use rand_core::Rng as _;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::tokens::{bearer, is_good};
use crate::{Bearer, Caller, Engine, EngineError};

const KIND: &str = "session";
/// What the proof of a form is derived under, and digested under.
const CSRF: &str = "session.csrf";
/// How long a session is good without being used.
const IDLE_SECONDS: i64 = 12 * 3_600;
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
    pub bearer: Bearer,
    /// What its pages put into their forms, so that no other site's form is taken for one of them.
    pub csrf: Csrf,
    csrf_digest: Vec<u8>,
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
        let mut bytes = Zeroizing::new([0; 32]);
        self.with_chance(|chance| chance.fill_bytes(bytes.as_mut_slice()));
        let secret = SessionSecret(Zeroizing::new(hex::encode(bytes.as_slice())));
        let row = Row {
            id: self.new_id(),
            account_id: self.account.id,
            digest: self.vault.digest(KIND, secret.expose()).to_vec(),
            csrf_digest: self.vault.digest(CSRF, self.csrf(&secret).expose()).to_vec(),
            user_id: None,
            token_id: Some(bearer.token),
            address: caller.address_text(),
            user_agent: caller.user_agent_text(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus_seconds(IDLE_SECONDS),
        };
        let detail = json!({ "token": bearer.token });
        let entry = self.entry(caller, "session.open", ("session", Some(row.id)), &detail, now);
        self.store.write(Opening { row, token: bearer.token, entry }).await?;
        Ok(secret)
    }

    /// The session that a secret stands for; `None` when there is none, its time is over, or its token is no longer good.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn session(&self, secret: &SessionSecret) -> Result<Option<Session>, EngineError> {
        let now = self.now();
        let digest = self.vault.digest(KIND, secret.expose());
        let Some(row) = sessions::by_digest(&self.store, &digest, now).await? else { return Ok(None) };
        // Asked each time: a token that was revoked a moment ago, on whatever node, lets nobody in.
        let Some(token) = row.token_id else { return Ok(None) };
        let token = tokens::by_id(&self.store, token).await?;
        let Some(token) = token.filter(|token| is_good(token, now)) else { return Ok(None) };
        if row.last_seen_at.plus_seconds(TOUCH_SECONDS) < now {
            let expires_at = end(now, token.expires_at);
            self.store.write(Touching { id: row.id, now, expires_at }).await?;
        }
        let (id, csrf_digest) = (row.id, row.csrf_digest);
        Ok(Some(Session { id, bearer: bearer(&token), csrf: self.csrf(secret), csrf_digest }))
    }

    /// Whether a form carries the proof of the session's own pages.
    pub fn admits(&self, session: &Session, csrf: &str) -> bool {
        // Digests are compared, of which nobody can choose the beginning.
        self.vault.digest(CSRF, csrf).as_slice() == session.csrf_digest
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn close_session(&self, caller: &Caller, session: &Session) -> Result<(), EngineError> {
        let detail = json!({ "token": session.bearer.token });
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
