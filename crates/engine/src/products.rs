//! Products: what their keys begin with.

use keyward_core::audit::Entry;
use keyward_core::scheme::tier::PREFIX;
use keyward_store::{Job, Tx, audit, licenses, products, versions};
use serde_json::json;

use crate::{Caller, Engine, EngineError, Product};

impl Engine {
    /// Sets what the tiered keys of a product begin with. The same again changes nothing.
    ///
    /// # Errors
    /// When keys with another beginning were issued or registered, or the database refuses.
    pub async fn set_key_prefix(
        &self,
        caller: &Caller,
        product: &str,
        prefix: &str,
    ) -> Result<(), EngineError> {
        let product = self
            .catalog()
            .product(product)
            .cloned()
            .ok_or_else(|| EngineError::NotFound { what: "product", name: product.to_owned() })?;
        if product.key_prefix.as_deref().unwrap_or(PREFIX) == prefix {
            return Ok(());
        }
        let detail = json!({ "before": product.key_prefix, "prefix": prefix });
        let entry = self.entry(caller, "product.prefix", ("product", Some(product.id)), &detail, self.now());
        self.store.write(Prefixing { product: (*product).clone(), prefix: prefix.to_owned(), entry }).await?;
        self.reload().await
    }
}

struct Prefixing {
    product: Product,
    prefix: String,
    entry: Entry,
}

impl Job for Prefixing {
    const NAME: &'static str = "product.prefix";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if licenses::any_of_product(tx, self.product.id, "tier").await? {
            let before = self.product.key_prefix.as_deref().unwrap_or(PREFIX);
            let wanted =
                format!("keys of {} begin with {before} already, so it must stay", self.product.code);
            return Err(EngineError::Invalid { field: "prefix", wanted });
        }
        products::set_key_prefix(tx, self.product.id, &self.prefix).await?;
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
