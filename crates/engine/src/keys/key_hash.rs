//! What system E's table keeps beside a key.

use keyward_core::scheme::lk2;
use keyward_store::installations::Installation;

use crate::{Engine, EngineError};

impl Engine {
    /// The `KeyHash` of a key (system E): its HMAC-SHA256 under the installation's secret, in hexadecimal digits; `None`
    /// where the installation has no secret yet.
    ///
    /// # Errors
    /// When the secret does not open.
    pub fn key_hash(&self, installation: &Installation, key: &str) -> Result<Option<String>, EngineError> {
        let secret = self.secret_in(installation)?;
        Ok(secret.map(|secret| lk2::key_hash(key, &secret.secret)))
    }
}
