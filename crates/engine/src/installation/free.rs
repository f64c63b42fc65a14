//! The free tier: a licence without a key, one for each installation, on which devices count that no paid one has room for.

use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::{StoreError, Tx, licenses};
use uuid::Uuid;

use super::{FREE, Holding};
use crate::license::{NewLicense, Term};
use crate::{Engine, EngineError};

/// What the licence of an installation's free tier is for: there is one.
pub(crate) fn free_subject(installation: Uuid) -> String {
    format!("free tier of {installation}")
}

impl Engine {
    /// The licence that stands for the free tier of an installation. It has no key; it is made when it is needed.
    pub(super) async fn free_license(
        self: &Arc<Self>,
        tx: &Tx<'_>,
        holding: &Holding,
        now: Timestamp,
    ) -> Result<Uuid, EngineError> {
        let missing = || EngineError::NotFound { what: "policy", name: FREE.to_owned() };
        let policy = holding.free_policy.clone().ok_or_else(missing)?;
        let id = holding.row.id;
        if let Some(known) = licenses::keyless_of_installation(tx, id, policy.row.id).await? {
            return Ok(known);
        }
        let wanted = NewLicense { term: Term::Never, ..NewLicense::default() };
        let mut free = self.keyless(&policy, Scheme::Lk3, &wanted, now)?;
        free.subject = Some(free_subject(id));
        free.installation_id = Some(id);
        free.first_activated_at = Some(now);
        // Nobody else makes one under the installation's lock; but an import takes no lock, and is not seen yet.
        if !licenses::insert(tx, &free).await? {
            return Err(StoreError::Busy("an import to the installation is under way").into());
        }
        Ok(free.id)
    }
}
