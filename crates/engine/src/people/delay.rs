//! That somebody has to wait after wrong passwords or codes is written down.

use keyward_store::people;
use serde_json::json;
use uuid::Uuid;

use super::email;
use crate::audit::Note;
use crate::{Caller, Engine, EngineError};

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
        let mut entry = self.entry(caller, "session.delay", ("user", person), &detail, self.now());
        "refused".clone_into(&mut entry.outcome);
        Ok(self.store.write(Note { entry }).await?)
    }
}
