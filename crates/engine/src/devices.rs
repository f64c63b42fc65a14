//! The devices of all licences.

use keyward_store::machines::{self, Listed};

use crate::{Engine, EngineError};

impl Engine {
    /// Devices that were activated before a place in the list, the newest first; those whose fingerprints begin so, where a
    /// beginning is given: then there is one page.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn devices_before(
        &self,
        before: Option<i64>,
        beginning: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Listed>, EngineError> {
        if beginning.is_some_and(|text| text.contains('\0')) {
            return Ok(Vec::new());
        }
        let before = before.unwrap_or(i64::MAX);
        Ok(machines::before(&self.store, self.account.id, before, beginning, limit).await?)
    }
}
