//! Issuing what is signed with RSA: records and files. The licence's row has no key; the form is kept beside it.

use std::sync::Arc;

use keyward_core::crypto::Algorithm;
use keyward_core::scheme::Scheme;

use super::{Order, refusal, with};
use crate::issue::{FileRequest, RecordRequest};
use crate::license::{Beside, Issued, NewLicense};
use crate::{Caller, Engine, EngineError, seed};

/// A client's id at the most, in bytes: PostgreSQL keeps no more of a text in an index.
pub(crate) const MAX_SUBJECT: usize = 2_000;

impl Engine {
    pub(super) async fn issue_record(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        request: &RecordRequest,
    ) -> Result<Issued, EngineError> {
        let now = self.now();
        client_id(&request.client_id)?;
        let product = order.product.as_deref().unwrap_or(seed::RECORDS);
        let policy = self.policy_or_tier(product, order, &request.license_type)?;
        let (key_id, key) =
            self.signing_key(caller, Some(policy.row.product_id), Algorithm::RsaPkcs1Sha256).await?;
        let signed = request.issue(&key, now)?;
        let wanted =
            NewLicense { subject: Some(request.client_id.clone()), ..order.license(signed.record.expires()) };
        let draft = self.keyless(&policy, Scheme::Record, &wanted, now)?;
        let form = self.form_row(&draft, &signed.to_json()?, Some(key_id), None, draft.expiry, now)?;
        let beside = Beside { form: Some(form), ..Beside::default() };
        self.issue_one(caller, &policy, draft, signed.to_json()?, &wanted, beside)
            .await?
            .ok_or_else(|| EngineError::Taken { what: "a licence for", name: request.client_id.clone() })
    }

    pub(super) async fn issue_file(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        request: &FileRequest,
    ) -> Result<Issued, EngineError> {
        let now = self.now();
        for (field, text) in [("product", &request.product), ("deviceId", &request.device_id)] {
            storable(field, text)?;
        }
        let product = order.product.as_deref().unwrap_or(&request.product);
        let policy =
            self.file_policy(caller, product, request.grace_period_days, order.policy.as_deref()).await?;
        let (key_id, key) =
            self.signing_key(caller, Some(policy.row.product_id), Algorithm::RsaPkcs1Sha256).await?;
        let file = request.issue(&key, now)?;
        let mut wanted = order.license(Some(file.unverified().map_err(refusal)?.expires_at));
        wanted.metadata = with(
            wanted.metadata.as_deref(),
            &[("issuedTo", &request.issued_to), ("licenseType", &request.license_type)],
        )?;
        wanted.name = wanted.name.or_else(|| name_of(&request.issued_to));
        let mut draft = self.keyless(&policy, Scheme::File, &wanted, now)?;
        draft.machines_count = 1;
        draft.first_activated_at = Some(now);
        let (text, device) = (file.to_text(), request.device_id.as_str());
        let form = self.form_row(&draft, &text, Some(key_id), Some(device), draft.expiry, now)?;
        let machine = Some(self.bound_device(&draft, &policy, device, now));
        let beside = Beside { form: Some(form), machine, ..Beside::default() };
        let taken = || EngineError::Taken { what: "a file for the device", name: device.to_owned() };
        self.issue_one(caller, &policy, draft, text, &wanted, beside).await?.ok_or_else(taken)
    }
}

/// A customer as the name of a licence.
pub(crate) fn name_of(customer: &str) -> Option<String> {
    let name = customer.replace('\0', "");
    (!name.is_empty()).then_some(name)
}

/// Refuses what no client may be called.
pub(super) fn client_id(text: &str) -> Result<(), EngineError> {
    let field = "client_id";
    storable(field, text)?;
    if text.len() > MAX_SUBJECT {
        return Err(EngineError::Invalid { field, wanted: format!("a text of at most {MAX_SUBJECT} bytes") });
    }
    Ok(())
}

/// Refuses a text that names nothing, or that PostgreSQL cannot store.
pub(super) fn storable(field: &'static str, text: &str) -> Result<(), EngineError> {
    if text.is_empty() || text.contains('\0') {
        let wanted = "a text that is not empty and has no zero character".to_owned();
        return Err(EngineError::Invalid { field, wanted });
    }
    Ok(())
}
