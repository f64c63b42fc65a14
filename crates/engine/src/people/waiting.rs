//! Links that nobody has opened yet: who made them, withdrawn, and made anew.

use std::str::FromStr as _;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::invitations::{self, Invitation as Row};
use keyward_store::{Job, Tx, audit, people};
use serde_json::json;
use uuid::Uuid;

use super::InvitationSecret;
use crate::token::Role;
use crate::{Caller, Engine, EngineError};

/// An invitation that waits. What its link carries is known to nobody here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Uuid,
    /// For whom; without it, whoever opens it chooses an address.
    pub email: Option<String>,
    /// What he may do then.
    pub role: Role,
    /// The person who made it; `None` is the command line, or a program.
    pub by: Option<Uuid>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl Engine {
    /// The newest invitations that are good now: so many at the most.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn waiting_invitations(&self, limit: i64) -> Result<Vec<Waiting>, EngineError> {
        let rows = invitations::waiting(&self.store, self.account.id, self.now(), limit).await?;
        let waiting = rows.into_iter().map(|row| Waiting {
            id: row.id,
            email: row.email,
            role: Role::from_str(&row.role).unwrap_or(Role::ReadOnly),
            by: row.invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
        });
        Ok(waiting.collect())
    }

    /// Withdraws an invitation: its link lets nobody in any more.
    ///
    /// # Errors
    /// `NotFound` when it was used or withdrawn, or its time is over; when the database refuses.
    pub async fn withdraw_invitation(&self, caller: &Caller, id: Uuid) -> Result<(), EngineError> {
        let entry = self.entry(caller, "person.uninvite", ("invitation", Some(id)), &json!({}), self.now());
        self.store.write(Withdrawing { account: self.account.id, id, entry }).await
    }

    /// Makes another link in the place of one that waits, for the same person and role, good for an hour from now.
    ///
    /// # Errors
    /// `NotFound` when the first one was used or withdrawn, or its time is over; when the database refuses.
    pub async fn replace_invitation(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(Waiting, InvitationSecret), EngineError> {
        let (new, secret) = self.new_invitation(caller, Role::ReadOnly.as_str(), None);
        let now = new.created_at;
        let entry = self.entry(caller, "person.invite", ("invitation", Some(new.id)), &json!({}), now);
        let new = self.store.write(Replacing { id, new, entry }).await?;
        let waiting = Waiting {
            id: new.id,
            email: new.email,
            role: Role::from_str(&new.role).unwrap_or(Role::ReadOnly),
            by: new.invited_by,
            created_at: new.created_at,
            expires_at: new.expires_at,
        };
        Ok((waiting, secret))
    }
}

fn over(id: Uuid) -> EngineError {
    EngineError::NotFound { what: "invitation that waits", name: id.to_string() }
}

struct Withdrawing {
    account: Uuid,
    id: Uuid,
    entry: Entry,
}

impl Job for Withdrawing {
    const NAME: &'static str = "person.uninvite";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let withdrawn = invitations::withdraw(tx, self.account, self.id, self.entry.at).await?;
        let mut entry = self.entry.clone();
        entry.detail = json!({ "role": withdrawn.ok_or_else(|| over(self.id))?.role }).to_string();
        Ok(audit::append(tx, &entry).await?)
    }
}

struct Replacing {
    id: Uuid,
    /// Without a person and a role: they are those of the one whose place it takes.
    new: Row,
    entry: Entry,
}

impl Job for Replacing {
    const NAME: &'static str = "person.invite-again";
    type Out = Row;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Row, EngineError> {
        let old = invitations::withdraw(tx, self.new.account_id, self.id, self.entry.at).await?;
        let old = old.ok_or_else(|| over(self.id))?;
        let new = Row { email: old.email, role: old.role, ..self.new.clone() };
        invitations::insert(tx, &new).await?;
        let there = match &new.email {
            Some(address) => people::by_email(tx, new.account_id, address).await?.map(|row| row.id),
            None => None,
        };
        let mut entry = self.entry.clone();
        entry.detail = json!({
            "role": new.role, "expires": new.expires_at, "person": there, "instead": self.id,
        })
        .to_string();
        audit::append(tx, &entry).await?;
        Ok(new)
    }
}
