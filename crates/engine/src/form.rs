//! Forms that say their own end: records, files and self-contained keys. Renewing such a licence makes a new form.

use keyward_core::time::Timestamp;
use keyward_store::Tx;

use crate::license::Found;
use crate::{Engine, EngineError};

impl Engine {
    /// The new form of a licence that gets a new end; `None` when its key does not say the end and goes on working.
    pub(crate) async fn reissue(
        &self,
        _tx: &Tx<'_>,
        found: &Found,
        _expiry: Timestamp,
        _now: Timestamp,
    ) -> Result<Option<String>, EngineError> {
        match found.license.scheme.as_str() {
            "pool" | "tier" => Ok(None),
            other => Err(EngineError::NotFound { what: "way to renew a", name: other.to_owned() }),
        }
    }
}
