//! `keyward issue lk2` on a database.

use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk2::Lk2Key;
use keyward_engine::form::NewForm;
use keyward_engine::issue::Lk2Request;
use keyward_engine::license::Named;
use serde_json::json;

use super::super::Beside;
use super::super::stored;
use super::{Lk2, Order, WEAK, letter};
use crate::database::Opened;
use crate::failure::Failure;
use crate::output;

impl Lk2 {
    /// Issues under the database's secret, and keeps the licence there.
    pub(super) fn store(&self, order: &Order, json: bool) -> Result<(), Failure> {
        let request = order.request(None)?;
        self.keep.database.change(self.now.given(), async |opened: &Opened| match self.bulk.count {
            None => self.store_one(opened, order, request.clone(), json).await,
            Some(count) => {
                stored::many(&self.bulk, count.get(), json, async |_| {
                    let issued = stored::issue(opened, self.form(opened, order, request.clone())).await?;
                    Ok(vec![
                        ("license_key", issued.key),
                        ("tier", order.tier.clone()),
                        ("company", order.company.clone()),
                        ("expires", order.expires.clone()),
                        ("license_id", issued.id.to_string()),
                    ])
                })
                .await
            }
        })
    }

    fn form(&self, opened: &Opened, order: &Order, request: Lk2Request) -> NewForm {
        let product = self.product.as_deref().unwrap_or(&opened.config.dialects.lk.product);
        let metadata = (!order.notes.is_empty()).then(|| json!({ "notes": order.notes }).to_string());
        let order = self.installation.of(self.keep.order(product));
        NewForm::Lk2 { order: keyward_engine::form::Order { metadata, ..order }, request }
    }

    async fn store_one(
        &self,
        opened: &Opened,
        order: &Order,
        request: Lk2Request,
        json: bool,
    ) -> Result<(), Failure> {
        let now = self.now.get();
        let issued = stored::issue(opened, self.form(opened, order, request)).await?;
        let payload = Lk2Key::parse(&issued.key)?.unverified()?;
        if payload.expires_at().is_some_and(|end| end < now) {
            output::tell("warning: this key has already expired");
        }
        let found = opened.engine.find(&Named::Id(issued.id)).await?;
        let keys = opened.engine.keys_for(&found, Scheme::Lk2).await?;
        let secret = keys.secrets.first().filter(|_| self.sql);
        let sql = secret.map(|secret| letter::sql(&issued.key, &payload, &order.notes, secret, now));
        let letter = Some(letter::customer(&issued.key, &payload));
        let beside = Beside { note: Some(WEAK), letter, sql, ..Beside::default() };
        stored::hand_over(opened, &issued, now, beside, json).await
    }
}
