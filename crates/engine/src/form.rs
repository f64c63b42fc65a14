//! Forms that say their own end: records, files and self-contained keys. They are issued with the database's keys and
//! registered; changing such a licence makes a new form under the same licence.

mod draft;
mod file_product;
mod reissue;
mod spelling;

pub(crate) use draft::{beside, of_key};
pub(crate) use reissue::Change;
pub(crate) use spelling::{canonical, signature_text};

use std::sync::Arc;

use keyward_core::crypto::Algorithm;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_core::time::Timestamp;
use keyward_store::{issued, licenses};
use rand_core::Rng as _;
use serde_json::Value;
use uuid::Uuid;

use crate::issue::{self, FileRequest, Lk2Request, RecordRequest};
use crate::license::{Beside, Issued, NewLicense, Term, hint, stored_hint};
use crate::{Caller, Engine, EngineError, NewUser, Policy, seed};

/// What every form needs beside what it says.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The product's code; left out, the one of the scheme (`records`, `lk`), and for a file the product that it names.
    pub product: Option<String>,
    /// The policy's code; left out, the one named as the type or tier, and for a file the product's `file` policy.
    pub policy: Option<String>,
    /// Who it is for.
    pub user: Option<NewUser>,
    /// A name for people.
    pub name: Option<String>,
    /// A JSON object.
    pub metadata: Option<String>,
}

/// A form to be issued.
#[derive(Clone, Debug)]
pub enum NewForm {
    /// System A's record; its client has one licence in the product.
    Record {
        /// Beside.
        order: Order,
        /// What it says.
        request: RecordRequest,
    },
    /// System D's file.
    File {
        /// Beside. A product that is not there is made, with a policy for files.
        order: Order,
        /// What it says.
        request: FileRequest,
    },
    /// System E's first version.
    Lk1 {
        /// Beside.
        order: Order,
        /// The tier.
        tier: String,
        /// When it ends; only the database knows.
        term: Term,
    },
    /// System E's second version.
    Lk2 {
        /// Beside.
        order: Order,
        /// What it says; without a unique id one is made.
        request: Lk2Request,
    },
    /// Our own.
    Lk3 {
        /// Beside.
        order: Order,
        /// What it says. Product, licence id and serial number are filled in, and where they are left out number of
        /// devices and grace of the policy.
        request: Box<Lk3>,
        /// How it is sealed.
        seal: Seal,
        /// Whether what it says is encrypted under the installation's secret.
        encrypted: bool,
    },
}

/// Keys with new random parts that are tried before a key counts as taken.
const ATTEMPTS: u32 = 3;

impl Engine {
    /// Issues a form with the database's keys and registers it.
    ///
    /// # Errors
    /// `Taken` when the client has a record in the product already; when there is no such product or policy, a field
    /// has a value that the form cannot hold, or the database refuses.
    pub async fn issue_form(self: &Arc<Self>, caller: &Caller, form: NewForm) -> Result<Issued, EngineError> {
        self.refresh().await?;
        match form {
            NewForm::Record { order, request } => self.issue_record(caller, &order, &request).await,
            NewForm::File { order, request } => self.issue_file(caller, &order, &request).await,
            NewForm::Lk1 { order, tier, term } => self.issue_lk1(caller, &order, &tier, term).await,
            NewForm::Lk2 { order, request } => self.issue_lk2(caller, &order, &request).await,
            NewForm::Lk3 { order, request, seal, encrypted } => {
                self.issue_lk3(caller, &order, &request, seal, encrypted).await
            }
        }
    }

    async fn issue_record(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        request: &RecordRequest,
    ) -> Result<Issued, EngineError> {
        let now = self.now();
        storable("client_id", &request.client_id)?;
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

    async fn issue_file(
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
        let policy = self.file_policy(caller, product, order.policy.as_deref()).await?;
        let (key_id, key) =
            self.signing_key(caller, Some(policy.row.product_id), Algorithm::RsaPkcs1Sha256).await?;
        let file = request.issue(&key, now)?;
        let mut wanted = order.license(Some(file.unverified().map_err(refusal)?.expires_at));
        wanted.metadata = with(
            wanted.metadata,
            &[("issuedTo", &request.issued_to), ("licenseType", &request.license_type)],
        )?;
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

    async fn issue_lk1(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        tier: &str,
        term: Term,
    ) -> Result<Issued, EngineError> {
        let policy = self.policy_or_tier(order.product.as_deref().unwrap_or(seed::LK), order, tier)?;
        let wanted = NewLicense { term, ..order.license(None) };
        self.issue_sealed(caller, &policy, Scheme::Lk1, &wanted, Beside::default(), |_, secret| {
            let serial = self.with_chance(|chance| chance.next_u32());
            let key = self.with_chance(|chance| issue::lk1(tier, secret, chance, serial))?;
            Ok(key)
        })
        .await
    }

    async fn issue_lk2(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        request: &Lk2Request,
    ) -> Result<Issued, EngineError> {
        let now = self.now();
        let policy =
            self.policy_or_tier(order.product.as_deref().unwrap_or(seed::LK), order, &request.tier)?;
        let end = request.expires.as_deref().filter(|text| !text.is_empty());
        let end = end.and_then(keyward_core::time::parse_date).map(Timestamp::midnight);
        let mut wanted = order.license(end);
        wanted.max_machines = Some(request.max_devices);
        wanted.metadata = with(wanted.metadata, &[("company", request.company.as_deref().unwrap_or(""))])?;
        self.issue_sealed(caller, &policy, Scheme::Lk2, &wanted, Beside::default(), |_, secret| {
            let unique_id = request.unique_id.clone().or_else(|| Some(self.unique_id()));
            Ok(Lk2Request { unique_id, ..request.clone() }.issue(secret, now)?.0)
        })
        .await
    }

    /// Issues a key that is sealed under the own installation's secret.
    async fn issue_sealed(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        scheme: Scheme,
        wanted: &NewLicense,
        beside: Beside,
        make: impl Fn(&licenses::License, &keyward_core::crypto::SharedSecret) -> Result<String, EngineError>,
    ) -> Result<Issued, EngineError> {
        let own = self.own_secret(caller).await?;
        let mut taken = String::new();
        for _ in 0..ATTEMPTS {
            let mut draft = self.keyless(policy, scheme, wanted, self.now())?;
            draft.installation_id = Some(own.installation);
            let key = make(&draft, &own.secret)?;
            self.give_key(&mut draft, &key);
            taken = hint(&key);
            let beside =
                Beside { sealed_under: Some((own.installation, own.sealed.clone())), ..beside.clone() };
            if let Some(issued) = self.issue_one(caller, policy, draft, key, wanted, beside).await? {
                return Ok(issued);
            }
        }
        Err(EngineError::Taken { what: "key", name: taken })
    }

    async fn issue_one(
        self: &Arc<Self>,
        caller: &Caller,
        policy: &Policy,
        draft: licenses::License,
        text: String,
        wanted: &NewLicense,
        beside: Beside,
    ) -> Result<Option<Issued>, EngineError> {
        let now = draft.created_at;
        self.issue_beside(caller, policy, vec![draft], vec![text], wanted, beside, now).await
    }

    /// The policy that an order names, or the one that is called like the tier.
    fn policy_or_tier(&self, product: &str, order: &Order, tier: &str) -> Result<Arc<Policy>, EngineError> {
        let code = order.policy.as_deref().unwrap_or(tier);
        if code.is_empty() {
            let wanted = "name a policy, or a tier that has one".to_owned();
            return Err(EngineError::Invalid { field: "policy", wanted });
        }
        self.policy_named(product, code)
    }

    /// The row of a form that is given out now.
    pub(crate) fn form_row(
        &self,
        license: &licenses::License,
        text: &str,
        signing_key_id: Option<Uuid>,
        device: Option<&str>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<issued::Issued, EngineError> {
        let id = self.new_id();
        let spelling = canonical(text)?;
        Ok(issued::Issued {
            id,
            account_id: license.account_id,
            license_id: license.id,
            scheme: license.scheme.clone(),
            form_sealed: self.seal("issued", "form_sealed", id, text),
            digest: self.digest(&spelling).to_vec(),
            hint: Some(stored_hint(&spelling)),
            signing_key_id,
            device: device.map(str::to_owned),
            issued_at: now,
            expires_at,
            superseded_at: None,
        })
    }

    /// Tells keys apart that are otherwise equal.
    fn unique_id(&self) -> String {
        format!("{:08x}", self.with_chance(|chance| chance.next_u32()))
    }
}

impl Order {
    fn license(&self, end: Option<Timestamp>) -> NewLicense {
        NewLicense {
            user: self.user.clone(),
            term: end.map_or(Term::Never, Term::Until),
            name: self.name.clone(),
            metadata: self.metadata.clone(),
            ..NewLicense::default()
        }
    }
}

fn refusal(flaw: keyward_core::refusal::Flaw) -> EngineError {
    EngineError::Refused(flaw.into())
}

/// Refuses a text that names nothing, or that PostgreSQL cannot store.
fn storable(field: &'static str, text: &str) -> Result<(), EngineError> {
    if text.is_empty() || text.contains('\0') {
        let wanted = "a text that is not empty and has no zero character".to_owned();
        return Err(EngineError::Invalid { field, wanted });
    }
    Ok(())
}

/// Metadata with what the form says besides; what was given stands.
pub(crate) fn with(metadata: Option<String>, more: &[(&str, &str)]) -> Result<Option<String>, EngineError> {
    let invalid =
        || EngineError::Invalid { field: "metadata", wanted: "it must be a JSON object".to_owned() };
    let mut object = match metadata.as_deref().map(serde_json::from_str) {
        None => serde_json::Map::new(),
        Some(Ok(Value::Object(object))) => object,
        Some(_) => return Err(invalid()),
    };
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        object.entry(*name).or_insert_with(|| Value::from(*value));
    }
    Ok(Some(Value::Object(object).to_string()))
}
