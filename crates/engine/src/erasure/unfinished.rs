//! What is kept of an erasure until it is done: that it was begun, under a digest of what the person was called, and the ids of
//! rows that are found by nothing any more once they are empty.

use keyward_core::time::Timestamp;
use keyward_store::{Job, Lane, StoreError, Tx, settings};
use uuid::Uuid;

use super::Traces;
use crate::{Engine, EngineError};

/// What its name in `settings` begins with.
const UNFINISHED: &str = "erasure.unfinished.";

impl Engine {
    /// The rows of whoever was called so when an erasure was begun that is not finished.
    pub(super) async fn unfinished(&self, who: &str) -> Result<Option<Vec<Uuid>>, EngineError> {
        let kept = settings::get(&self.store, &self.name_of(who)).await?;
        // Nobody else writes it.
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
    }

    pub(super) async fn begin_erasure(&self, traces: &Traces) -> Result<(), EngineError> {
        let users: Vec<Uuid> =
            traces.users.iter().map(|user| user.id).chain(traces.emptied.iter().copied()).collect();
        let value = serde_json::to_vec(&users).expect("ids can be written");
        self.keep(traces, Some(value)).await
    }

    pub(super) async fn end_erasure(&self, traces: &Traces) -> Result<(), EngineError> {
        self.keep(traces, None).await
    }

    async fn keep(&self, traces: &Traces, value: Option<Vec<u8>>) -> Result<(), EngineError> {
        Ok(self.store.write(Keep { name: self.name_of(&traces.who), value, now: self.now() }).await?)
    }

    /// Nobody reads from it whom it is about.
    fn name_of(&self, who: &str) -> String {
        format!("{UNFINISHED}{}", hex::encode(self.vault.digest("erasure", &who.to_lowercase())))
    }
}

/// Keeps what is unfinished, or nothing any more.
struct Keep {
    name: String,
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
            Some(value) => settings::put(tx, &self.name, value, self.now).await,
            None => settings::delete(tx, &self.name).await.map(drop),
        }
    }
}
