//! Taking in what is signed with RSA: records of system A and files of system D.
//!
//! Of one client, and of one customer's device, there is one licence: what was issued for it one after another are its
//! forms, and the newest says its end.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::record::SignedRecord;
use keyward_core::time::Timestamp;
use keyward_store::{Job, Tx, audit, issued, licenses};
use serde_json::json;
use uuid::Uuid;

use crate::form::TakenIn;
use crate::license::{Beside, Issued, Named, NewLicense, hint};
use crate::{Caller, Engine, EngineError, NewUser, Policy, seed};

/// A record or file made elsewhere.
#[derive(Clone, Default)]
pub struct OldForm {
    /// As it was delivered.
    pub text: String,
    /// The product's code; left out, the records' product, or the one that a file names. A file's product is made where
    /// there is none.
    pub product: Option<String>,
    /// The policy's code; left out, the type that a record names, and for a file one with the grace that it says.
    pub policy: Option<String>,
    /// Who it is for.
    pub user: Option<NewUser>,
}

impl Engine {
    /// Takes in a record or file that a key of its product or of the account signed.
    ///
    /// # Errors
    /// `UnknownSigner` when none did, `Taken` when it is known; when the text is neither, there is no such product or
    /// policy, or the database refuses.
    pub async fn register_form(
        self: &Arc<Self>,
        caller: &Caller,
        request: OldForm,
    ) -> Result<Issued, EngineError> {
        self.refresh().await?;
        match Scheme::of(&request.text)? {
            Scheme::Record => self.register_record(caller, request).await,
            Scheme::File => self.register_file(caller, request).await,
            other => {
                let wanted = format!("a {other} key is taken in otherwise");
                Err(EngineError::Invalid { field: "license", wanted })
            }
        }
    }

    async fn register_record(
        self: &Arc<Self>,
        caller: &Caller,
        request: OldForm,
    ) -> Result<Issued, EngineError> {
        let code = request.product.as_deref().unwrap_or(seed::RECORDS);
        let product = self.catalog().product(code).map(|product| product.id);
        let unknown = || EngineError::NotFound { what: "product", name: code.to_owned() };
        let product = product.ok_or_else(unknown)?;
        let signed = SignedRecord::parse(&request.text, None)?;
        let verify = |keys: &_| signed.verify(keys);
        let (record, key) = self.signer_of(Some(product), (Scheme::Record, code), verify)?;
        let policy = self.policy_named(code, request.policy.as_deref().unwrap_or(&record.license_type))?;
        let rows = self.taken_in_record(&policy, &record, &signed, key, self.now())?;
        let there = self.find_in(&self.store, &Named::Subject(product, record.client_id.clone())).await;
        let there = match there {
            Ok(found) => Some(found.license.id),
            Err(EngineError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        self.take_in(caller, &policy, rows, request, there).await
    }

    async fn register_file(
        self: &Arc<Self>,
        caller: &Caller,
        request: OldForm,
    ) -> Result<Issued, EngineError> {
        let file = LicenseFile::parse(&request.text)?;
        let named = file.unverified().map_err(keyward_core::refusal::Refusal::from)?.product;
        let code = request.product.as_deref().unwrap_or(&named);
        let product = self.catalog().product(code).map(|product| product.id);
        let (payload, key) = self.signer_of(product, (Scheme::File, code), |keys| file.verify(keys))?;
        let policy =
            self.file_policy(caller, code, payload.grace_period_days, request.policy.as_deref()).await?;
        let rows = self.taken_in_file(&policy, &payload, &file, key, self.now())?;
        let there = self.file_of_device(policy.row.product_id, &payload.issued_to, &payload.device_id);
        let there = there.await?;
        self.take_in(caller, &policy, rows, request, there).await
    }

    /// The licence that a customer's device has files of already.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn file_of_device(
        &self,
        product: Uuid,
        customer: &str,
        device: &str,
    ) -> Result<Option<Uuid>, EngineError> {
        let (customer, scheme) = (customer.replace('\0', ""), Scheme::File.as_str());
        let found = licenses::of_device(&self.store, product, scheme, &customer, device).await?;
        Ok(found.map(|found| found.license.id))
    }

    async fn take_in(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        rows: TakenIn,
        request: OldForm,
        there: Option<Uuid>,
    ) -> Result<Issued, EngineError> {
        let OldForm { text, user, .. } = request;
        let taken = EngineError::Taken { what: "licence", name: hint(&crate::form::canonical(&text)?) };
        if self.find_key(&self.store, &crate::form::canonical(&text)?).await?.is_some() {
            return Err(taken);
        }
        let now = self.now();
        if let Some(license) = there {
            let expiry = self.store.write(Adding::new(self, caller, license, rows.form)).await?;
            return Ok(Issued { id: license, key: text, expiry });
        }
        let TakenIn { license, form, machine } = rows;
        let beside = Beside { form: Some(form), machine, ..Beside::default() };
        let wanted = NewLicense { user, ..NewLicense::default() };
        let issued = self.issue_beside(caller, policy, vec![license], vec![text], &wanted, beside, now);
        issued.await?.ok_or(taken)
    }
}

const EVENT: &str = "license.register-form";

/// Adds a form to a licence that has others.
pub(crate) struct Adding {
    license: Uuid,
    form: issued::Issued,
    entry: Entry,
    now: Timestamp,
}

impl Adding {
    pub(crate) fn new(engine: &Engine, caller: &Caller, license: Uuid, form: issued::Issued) -> Self {
        let now = engine.now();
        let entry = engine.entry(caller, EVENT, ("license", Some(license)), &json!({}), now);
        Self { license, form: issued::Issued { license_id: license, ..form }, entry, now }
    }

    pub(crate) const fn issued_at(&self) -> Timestamp {
        self.form.issued_at
    }
}

impl Job for Adding {
    const NAME: &'static str = EVENT;
    type Out = Option<Timestamp>;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Option<Timestamp>, EngineError> {
        let gone = || EngineError::NotFound { what: "licence", name: self.license.to_string() };
        let license = licenses::lock(tx, self.license).await?.ok_or_else(gone)?;
        let newest = issued::of_license(tx, self.license).await?.pop();
        let replaced = newest.filter(|newest| newest.issued_at > self.form.issued_at);
        let mut form = self.form.clone();
        let mut expiry = license.expiry;
        match &replaced {
            Some(newer) => form.superseded_at = Some(newer.issued_at),
            None => {
                issued::supersede(tx, self.license, form.issued_at).await?;
                expiry = form.expires_at;
                licenses::set_expiry(tx, self.license, expiry, None, self.now).await?;
            }
        }
        if !issued::insert(tx, &form).await? {
            return Err(EngineError::Taken { what: "form", name: form.hint.unwrap_or_default() });
        }
        let mut entry = self.entry.clone();
        entry.detail = json!({
            "hint": form.hint, "older": replaced.is_some(), "before": license.expiry, "expiry": expiry,
        })
        .to_string();
        audit::append(tx, &entry).await?;
        Ok(expiry)
    }
}
