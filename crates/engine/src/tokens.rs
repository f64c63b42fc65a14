//! Tokens: made, shown once, looked up by digest, revoked.

use std::str::FromStr as _;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::tokens::{self, Token as Row};
use keyward_store::{Job, Tx, audit, sessions};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::license::stored_hint;
use crate::token::{Permission, Role, Token, TokenKind};
use crate::{Caller, Engine, EngineError};

const KIND: &str = "token";

/// What stands in the place of a role in an installation's token that may read the installation's secret.
const READS_KEY: &str = "reads-key";

/// What is kept of a token.
pub type StoredToken = Row;

/// A new token: its text is shown once and kept by nobody.
#[derive(Debug)]
pub struct IssuedToken {
    /// What is kept of it.
    pub row: Row,
    /// The text.
    pub token: Token,
}

/// Who shows a token.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The token's id.
    pub token: Uuid,
    /// What he may do; `None` for an installation's.
    pub role: Option<Role>,
    /// The installation that it is bound to.
    pub installation: Option<Uuid>,
    /// Whether it may read the secret of its installation: whoever has that can make keys.
    pub reads_installation_key: bool,
}

impl Bearer {
    /// Whoever shows a token.
    pub fn of(row: &StoredToken) -> Self {
        let reads_installation_key = row.role.as_deref() == Some(READS_KEY);
        let role = row.role.as_deref().and_then(|role| Role::from_str(role).ok());
        Self { token: row.id, role, installation: row.installation_id, reads_installation_key }
    }

    /// Refuses what the role may not do.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn must(&self, permission: Permission) -> Result<(), EngineError> {
        match self.role {
            Some(role) if role.may(permission) => Ok(()),
            role => Err(EngineError::Forbidden(role.unwrap_or(Role::ReadOnly))),
        }
    }
}

impl Engine {
    /// Makes a token of a role.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_token(
        &self,
        caller: &Caller,
        role: Role,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedToken, EngineError> {
        let detail = json!({ "role": role.as_str(), "name": name, "expires": expires_at });
        self.make_token(caller, TokenKind::from(role), Some(role.as_str()), None, name, expires_at, detail)
            .await
    }

    /// Makes a token that is bound to an installation (system E): its bearer sees and changes what that one has, and no
    /// other.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn create_installation_token(
        &self,
        caller: &Caller,
        installation: &str,
        reads_key: bool,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedToken, EngineError> {
        let row = self.installation_named(installation).await?;
        let detail = json!({
            "installation": installation, "readsKey": reads_key, "name": name, "expires": expires_at,
        });
        let role = reads_key.then_some(READS_KEY);
        let kind = TokenKind::Installation;
        self.make_token(caller, kind, role, Some(row.id), name, expires_at, detail).await
    }

    #[expect(clippy::too_many_arguments, reason = "each is a column")]
    async fn make_token(
        &self,
        caller: &Caller,
        kind: TokenKind,
        role: Option<&str>,
        installation_id: Option<Uuid>,
        name: &str,
        expires_at: Option<Timestamp>,
        detail: serde_json::Value,
    ) -> Result<IssuedToken, EngineError> {
        let now = self.now();
        if expires_at.is_some_and(|end| end <= now) {
            let wanted = "its end must lie in the future".to_owned();
            return Err(EngineError::Invalid { field: "expires", wanted });
        }
        let token = self.with_chance(|chance| Token::generate(kind, chance));
        let row = Row {
            id: self.new_id(),
            account_id: self.account.id,
            kind: token.kind().as_str().to_owned(),
            role: role.map(str::to_owned),
            name: name.to_owned(),
            digest: self.vault.digest(KIND, token.expose()).to_vec(),
            hint: stored_hint(token.expose()),
            installation_id,
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let entry = self.entry(caller, "token.create", ("token", Some(row.id)), &detail, now);
        self.store.write(Creating { row: row.clone(), entry }).await?;
        Ok(IssuedToken { row, token })
    }

    /// All tokens, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn tokens(&self) -> Result<Vec<Row>, EngineError> {
        Ok(tokens::of_account(&self.store, self.account.id).await?)
    }

    /// The newest tokens made before the one of a serial, with their serials.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn tokens_before(
        &self,
        kind: Option<TokenKind>,
        revoked: Option<bool>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<(i64, Row)>, EngineError> {
        let filter = tokens::Filter { kind: kind.map(TokenKind::as_str), revoked };
        let before = before.unwrap_or(i64::MAX);
        Ok(tokens::before(&self.store, self.account.id, filter, before, limit).await?)
    }

    /// A token by its id.
    ///
    /// # Errors
    /// When there is none, or the database cannot be asked.
    pub async fn token(&self, id: Uuid) -> Result<Row, EngineError> {
        let row = tokens::by_id(&self.store, id).await?.filter(|row| row.account_id == self.account.id);
        row.ok_or_else(|| EngineError::NotFound { what: "token", name: id.to_string() })
    }

    /// Revokes a token, for good; the sessions that were opened with it end.
    ///
    /// # Errors
    /// When there is none that is not revoked, or the database refuses.
    pub async fn revoke_token(&self, caller: &Caller, id: Uuid) -> Result<(), EngineError> {
        let entry = self.entry(caller, "token.revoke", ("token", Some(id)), &json!({}), self.now());
        self.store.write(Revoking { id, entry }).await
    }

    /// Who shows this token; `None` when it is unknown, revoked or expired.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn authenticate(&self, text: &str) -> Result<Option<Bearer>, EngineError> {
        let text = Zeroizing::new(text.to_owned());
        // Anything that is no token has its own digest, which is nobody's: all take the same way.
        let row = tokens::by_digest(&self.store, &self.vault.digest(KIND, &text)).await?;
        let now = self.now();
        let Some(row) = row.filter(|row| is_good(row, now)) else { return Ok(None) };
        if row.last_used_at.is_none_or(|last| last.plus_seconds(60) < now) {
            self.store.write(Touching { id: row.id, now }).await?;
        }
        Ok(Some(Bearer::of(&row)))
    }
}

/// Whether a token lets anybody in.
pub(crate) fn is_good(row: &Row, now: Timestamp) -> bool {
    row.revoked_at.is_none() && row.expires_at.is_none_or(|end| now < end)
}

struct Creating {
    row: Row,
    entry: Entry,
}

impl Job for Creating {
    const NAME: &'static str = "token.create";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        tokens::insert(tx, &self.row).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Revoking {
    id: Uuid,
    entry: Entry,
}

impl Job for Revoking {
    const NAME: &'static str = "token.revoke";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if !tokens::revoke(tx, self.id, self.entry.at).await? {
            return Err(EngineError::NotFound { what: "unrevoked token", name: self.id.to_string() });
        }
        // Whoever signed in with it is out at once.
        sessions::delete_of_token(tx, self.id).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Touching {
    id: Uuid,
    now: Timestamp,
}

impl Job for Touching {
    const NAME: &'static str = "token.touch";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        Ok(tokens::touch(tx, self.id, self.now).await?)
    }
}
