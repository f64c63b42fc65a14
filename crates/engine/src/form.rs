//! Forms that say their own end: records, files and self-contained keys. They are issued with the database's keys and
//! registered; changing such a licence makes a new form under the same licence.

pub(crate) mod file_policy;
mod file_product;
mod lk3;
mod reissue;
mod sealed;
mod signed;
mod spelling;
mod taken_in;

pub(crate) use lk3::{beside, of_key};
pub(crate) use reissue::Change;
pub(crate) use signed::{MAX_SUBJECT, name_of};
pub(crate) use spelling::{canonical, signature_text};
pub(crate) use taken_in::TakenIn;

use std::sync::Arc;

use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_core::time::Timestamp;
use keyward_store::{issued, licenses};
use serde_json::Value;
use uuid::Uuid;

use crate::issue::{FileRequest, Lk2Request, RecordRequest};
use crate::license::{Beside, Issued, NewLicense, Term, stored_hint};
use crate::{Caller, Engine, EngineError, NewUser, Policy};

/// What every form needs beside what it says.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The id that the licence gets; left out, a new one. When a licence has it already, nothing is made.
    pub id: Option<Uuid>,
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
    /// The name of the installation whose secret seals it (system E); left out, the account's own.
    pub installation: Option<String>,
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

    /// Inserts one licence; `None` when its key or form is taken.
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
}

impl Order {
    fn license(&self, end: Option<Timestamp>) -> NewLicense {
        NewLicense {
            id: self.id,
            user: self.user.clone(),
            term: end.map_or(Term::Never, Term::Until),
            name: self.name.clone(),
            metadata: self.metadata.clone(),
            installation: self.installation.clone(),
            ..NewLicense::default()
        }
    }
}

fn refusal(flaw: keyward_core::refusal::Flaw) -> EngineError {
    EngineError::Refused(flaw.into())
}

/// Metadata with what the form says besides; what was given stands.
pub(crate) fn with(metadata: Option<&str>, more: &[(&str, &str)]) -> Result<Option<String>, EngineError> {
    let invalid =
        || EngineError::Invalid { field: "metadata", wanted: "it must be a JSON object".to_owned() };
    let mut object = match metadata.map(serde_json::from_str) {
        None => serde_json::Map::new(),
        Some(Ok(Value::Object(object))) => object,
        Some(_) => return Err(invalid()),
    };
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        object.entry(*name).or_insert_with(|| Value::from(*value));
    }
    Ok(Some(Value::Object(object).to_string()))
}
