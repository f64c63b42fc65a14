//! The code that clears a false alarm of a device's clock.

use keyward_core::crypto::Algorithm;
use serde_json::json;

use crate::audit::Note;
use crate::{Caller, Engine, EngineError, issue};

impl Engine {
    /// A recovery code for a device, signed with the product's key. That it was made is written down.
    ///
    /// # Errors
    /// When there is no such product, or the database refuses.
    pub async fn recovery_code(
        &self,
        caller: &Caller,
        product: &str,
        device: &str,
        number: u32,
    ) -> Result<String, EngineError> {
        self.refresh().await?;
        let id = self.product_named(product)?.id;
        let (_, key) = self.signing_key(caller, Some(id), Algorithm::Ed25519).await?;
        let now = self.now();
        let text = issue::recovery_code(product, device, number, &key, now)?;
        let detail = json!({ "device": device, "number": number, "keyId": key.public().id().to_string() });
        let entry = self.entry(caller, "device.recovery-code", ("product", Some(id)), &detail, now);
        self.store.write(Note { entry }).await?;
        Ok(text)
    }
}
