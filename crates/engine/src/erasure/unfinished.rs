//! What is kept of an erasure until it is done: the ids of those who can no longer be found by what they were called.

use keyward_core::time::Timestamp;
use keyward_store::{Job, Lane, StoreError, Tx, settings, users};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Traces;
use crate::{Engine, EngineError};

/// Its name in `settings`.
const NAME: &str = "erasure.unfinished";

/// Whose erasure was begun.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Unfinished {
    users: Vec<Uuid>,
    pub(super) licenses: Vec<Uuid>,
}

impl Engine {
    /// What was begun and not finished.
    pub(super) async fn unfinished(&self) -> Result<Option<Unfinished>, EngineError> {
        let kept = settings::get(&self.store, NAME).await?;
        // Nobody else writes it.
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
    }

    /// The rows of its people.
    pub(super) async fn users_of(&self, unfinished: &Unfinished) -> Result<Vec<users::User>, EngineError> {
        let mut found = Vec::new();
        for id in &unfinished.users {
            found.extend(users::by_id(&self.store, *id).await?);
        }
        Ok(found)
    }

    pub(super) async fn begin_erasure(&self, traces: &Traces) -> Result<(), EngineError> {
        let unfinished = Unfinished {
            users: traces.users.iter().map(|user| user.id).collect(),
            licenses: traces.licenses.clone(),
        };
        let value = serde_json::to_vec(&unfinished).expect("ids can be written");
        Ok(self.store.write(Keep { value: Some(value), now: self.now() }).await?)
    }

    pub(super) async fn end_erasure(&self) -> Result<(), EngineError> {
        Ok(self.store.write(Keep { value: None, now: self.now() }).await?)
    }
}

/// Keeps what is unfinished, or nothing any more.
struct Keep {
    value: Option<Vec<u8>>,
    now: Timestamp,
}

impl Job for Keep {
    const NAME: &'static str = "erasure.keep";
    const LANE: Lane = Lane::Prompt;
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        match &self.value {
            Some(value) => settings::put(tx, NAME, value, self.now).await,
            None => settings::delete(tx, NAME).await.map(drop),
        }
    }
}
