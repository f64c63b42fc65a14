//! That somebody has to wait after wrong passwords or codes is written down.

use keyward_core::time::Timestamp;
use keyward_store::{audit, people};
use serde_json::json;
use uuid::Uuid;

use super::email;
use crate::audit::{DELAY, Note};
use crate::statistics::Count;
use crate::{Caller, Engine, EngineError};

/// Delays that are counted.
const MOST: i64 = 1_000;

/// Who has to wait.
#[derive(Clone, Copy, Debug)]
pub enum Delayed<'a> {
    /// Whoever signs in with this address, which may be nobody's.
    Password(&'a str),
    /// Somebody who showed his password, with his codes.
    Code(Uuid),
}

impl Engine {
    /// Writes down that a delay begins. What was typed is not: it may be a password in the wrong field.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_delay(&self, caller: &Caller, who: Delayed<'_>) -> Result<(), EngineError> {
        let (person, wrong) = match who {
            Delayed::Code(person) => (Some(person), "code"),
            Delayed::Password(address) => {
                let row = match email(address) {
                    Ok(address) => people::by_email(&self.store, self.account.id, &address).await?,
                    Err(_) => None,
                };
                (row.map(|row| row.id), "password")
            }
        };
        let detail = json!({ "wrong": wrong });
        let mut entry = self.entry(caller, DELAY, ("user", person), &detail, self.now());
        "refused".clone_into(&mut entry.outcome);
        Ok(self.store.write(Note { entry }).await?)
    }

    /// How many delays began since an instant.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn count_delays(&self, since: Timestamp) -> Result<Count, EngineError> {
        let found = audit::count_delays(&self.store, since, MOST + 1).await?;
        Ok(Count { at_least: found.min(MOST), is_more: found > MOST })
    }
}
