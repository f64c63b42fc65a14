//! Reading the log.

use keyward_core::audit::{Entry, Head, StoredEntry};
use keyward_store::audit;

use crate::license::Named;
use crate::{Engine, EngineError};

impl Engine {
    /// The newest entries, of one licence or of all, the newest first.
    ///
    /// # Errors
    /// When there is no such licence, or the database cannot be asked.
    pub async fn audit_log(&self, license: Option<&Named>, limit: i64) -> Result<Vec<Entry>, EngineError> {
        match license {
            Some(license) => {
                let id = self.find(license).await?.license.id;
                Ok(audit::of_resource(&self.store, id, limit).await?)
            }
            None => Ok(audit::latest(&self.store, limit).await?),
        }
    }

    /// Sealed entries after a place of the chain, in its order.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn sealed_entries(&self, after: i64, limit: i64) -> Result<Vec<StoredEntry>, EngineError> {
        Ok(audit::sealed_after(&self.store, after, limit).await?)
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn audit_head(&self) -> Result<Head, EngineError> {
        Ok(audit::read_head(&self.store).await?)
    }
}
