//! How those who did something are called.

use std::collections::HashMap;

use keyward_core::audit::Entry;
use keyward_store::{people, tokens};
use uuid::Uuid;

use crate::{Engine, EngineError};

impl Engine {
    /// How whoever did these entries is called, by his id: a person by the address by which he signs in, a token by its
    /// name. Who is gone, or has no name, is not among them.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn actors(&self, entries: &[Entry]) -> Result<HashMap<Uuid, String>, EngineError> {
        let of = |kind: &str| {
            let of_kind = entries.iter().filter(|entry| entry.actor_kind == kind);
            let mut ids: Vec<Uuid> = of_kind.filter_map(|entry| entry.actor_id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let mut names: HashMap<Uuid, String> =
            tokens::names(&self.store, self.account.id, &of("token")).await?.into_iter().collect();
        if !of("user").is_empty() {
            let all = people::of_account(&self.store, self.account.id).await?;
            names.extend(all.into_iter().map(|person| (person.id, person.email)));
        }
        names.retain(|_, name| !name.is_empty());
        Ok(names)
    }
}
