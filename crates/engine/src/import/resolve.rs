//! What rows refer to, found or made: customers, policies, features; and whether they are here already.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use keyward_store::entitlements::{self, Entitlement};
use keyward_store::imports::{self, Known};
use keyward_store::policies;
use keyward_store::users::User;
use uuid::Uuid;

use super::candidate::Candidate;
use super::entry::Entry;
use super::run::Run;
use super::write::Made;
use crate::{EngineError, NewUser, Policy};

const EMAIL: &str = "the e-mail address belongs to another customer, or the customer has another one: it stands in the \
                     licence's metadata";

/// Customers that are known so far, by the vendor's own id.
#[derive(Default)]
pub(super) struct Customers {
    by_id: HashMap<String, (Uuid, Option<String>)>,
    /// Whose an address is that is taken: no two customers have the same.
    emails: HashMap<String, Uuid>,
}

/// What is here of some rows.
#[derive(Default)]
pub(super) struct Here {
    keys: HashMap<[u8; 32], Known>,
    forms: HashMap<[u8; 32], Known>,
    subjects: HashMap<String, Known>,
}

impl Run<'_> {
    /// Looks which of the rows are here already.
    pub(super) async fn here(&self, candidates: &[Candidate]) -> Result<Here, EngineError> {
        if !self.may_be_here {
            return Ok(Here::default());
        }
        let (store, account) = (&self.engine.store, self.engine.account.id);
        let keys: Vec<_> = candidates.iter().filter_map(|candidate| candidate.key).collect();
        let forms: Vec<_> = candidates.iter().filter_map(|candidate| candidate.form).collect();
        let subjects: Vec<_> =
            candidates.iter().filter_map(|candidate| candidate.entry.subject.clone()).collect();
        let here = Here {
            keys: imports::by_digest(store, account, &keys).await?.into_iter().collect(),
            forms: imports::by_form(store, account, &forms).await?.into_iter().collect(),
            subjects: imports::by_subject(store, self.product.id, &subjects).await?.into_iter().collect(),
        };
        let all = here.keys.values().chain(here.forms.values()).chain(here.subjects.values());
        if all.into_iter().any(|known| known.unfinished.is_some_and(|batch| batch != self.batch)) {
            return Err(keyward_store::StoreError::Busy(
                "another import of the same licences is under way, or was broken off a moment ago",
            )
            .into());
        }
        Ok(here)
    }

    /// Finds the licences that are here and of which rows are further forms: those of the same customer and device.
    pub(super) async fn join(&mut self, candidates: &mut [Candidate]) -> Result<(), EngineError> {
        if !self.may_be_here {
            return Ok(());
        }
        let device = |candidate: &Candidate| candidate.entry.form.as_ref()?.device.clone();
        let devices: Vec<String> = candidates.iter().filter_map(device).collect();
        let mut here: HashMap<(String, Option<String>), Uuid> = HashMap::new();
        let found = imports::files_of_devices(&self.engine.store, self.product.id, &devices).await?;
        for (device, name, license) in found {
            here.entry((device, name)).or_insert(license);
        }
        for candidate in candidates {
            if let Some(device) = device(candidate) {
                candidate.joins = here.get(&(device, candidate.entry.name.clone())).copied();
            }
        }
        Ok(())
    }

    /// Gives each row its customer; new ones are added to the part that is being put together.
    pub(super) async fn customers(&mut self, candidates: &mut [Candidate]) -> Result<(), EngineError> {
        let wanted = |candidate: &Candidate| candidate.entry.user.clone();
        let users: Vec<NewUser> = candidates.iter().filter_map(wanted).collect();
        if users.is_empty() {
            return Ok(());
        }
        let (store, account) = (&self.engine.store, self.engine.account.id);
        let ids: HashSet<&String> = users.iter().filter_map(|user| user.external_id.as_ref()).collect();
        let ids: Vec<String> =
            ids.into_iter().filter(|id| !self.customers.by_id.contains_key(*id)).cloned().collect();
        for (external_id, id, email) in imports::users_by_external_id(store, account, &ids).await? {
            self.customers.by_id.insert(external_id, (id, email));
        }
        let emails: HashSet<&String> = users.iter().filter_map(|user| user.email.as_ref()).collect();
        let emails: Vec<String> =
            emails.into_iter().filter(|email| !self.customers.emails.contains_key(*email)).cloned().collect();
        for (email, id, _) in imports::users_by_email(store, account, &emails).await? {
            self.customers.emails.insert(email, id);
        }
        for candidate in candidates {
            if let Some(user) = candidate.entry.user.take() {
                candidate.user = Some(self.customer(user, &mut candidate.entry));
            }
        }
        Ok(())
    }

    fn customer(&mut self, wanted: NewUser, entry: &mut Entry) -> Uuid {
        let by_email = |customers: &Customers| {
            wanted.email.as_ref().and_then(|email| customers.emails.get(email)).copied()
        };
        let known = match &wanted.external_id {
            Some(id) => self.customers.by_id.get(id).cloned(),
            None => by_email(&self.customers).map(|id| (id, wanted.email.clone())),
        };
        let (id, email) = known.unwrap_or_else(|| {
            let id = self.engine.new_id();
            // An address that another customer has stays with him.
            let email = wanted.email.clone().filter(|_| by_email(&self.customers).is_none());
            if let Some(email) = &email {
                self.customers.emails.insert(email.clone(), id);
            }
            if let Some(external_id) = &wanted.external_id {
                self.customers.by_id.insert(external_id.clone(), (id, email.clone()));
            }
            self.report.users += 1;
            self.part.users.push(User {
                id,
                account_id: self.engine.account.id,
                external_id: wanted.external_id.clone(),
                email: email.clone(),
                name: wanted.name.clone(),
                role: "user".to_owned(),
                banned_at: None,
                created_at: self.now,
            });
            (id, email)
        });
        if wanted.email.is_some() && wanted.email != email {
            entry.remarks.push(EMAIL);
            entry.metadata.entry("email").or_insert_with(|| wanted.email.into());
        }
        id
    }

    /// The policy of a row; made where there is none, and `None` then in a dry run.
    pub(super) async fn policy(&mut self, entry: &Entry) -> Result<Option<Arc<Policy>>, EngineError> {
        if let Some(known) = self.policies.get(&entry.policy) {
            return Ok(known.clone());
        }
        let find = |run: &Self| run.engine.catalog().policy_of(run.product.id, &entry.policy).cloned();
        let mut policy = find(self);
        if policy.is_none() {
            self.report.policies.push(entry.policy.clone());
            if !self.import.dry_run {
                self.make_policy(entry).await?;
                policy = find(self);
            }
        }
        self.policies.insert(entry.policy.clone(), policy.clone());
        Ok(policy)
    }

    async fn make_policy(&mut self, entry: &Entry) -> Result<(), EngineError> {
        self.begin().await?;
        let (rules, features) = self.reads.policy(&entry.policy);
        let policy = policies::Policy {
            id: self.engine.new_id(),
            account_id: self.engine.account.id,
            product_id: self.product.id,
            code: entry.policy.clone(),
            name: entry.policy_name.clone(),
            scheme: Some(self.reads.scheme().as_str().to_owned()),
            rules: rules.to_json(),
            metadata: imports::mark(self.batch),
            created_at: self.now,
            updated_at: self.now,
        };
        let features = features.iter().map(|code| self.feature(code)).collect();
        self.engine.store.write(Made { batch: self.batch, policy: Some(policy), features }).await?;
        self.engine.reload().await
    }

    /// The ids of features by their codes, in their order.
    pub(super) async fn features(&mut self, codes: &[String]) -> Result<Vec<Uuid>, EngineError> {
        let mut ids = Vec::with_capacity(codes.len());
        for code in codes {
            let id = match self.features.get(code) {
                Some(id) => *id,
                None => {
                    let known =
                        entitlements::by_code(&self.engine.store, self.engine.account.id, code).await?;
                    let id = match known {
                        Some(id) => id,
                        None => {
                            self.begin().await?;
                            let job =
                                Made { batch: self.batch, policy: None, features: vec![self.feature(code)] };
                            self.engine.store.write(job).await?.first().copied().unwrap_or_default()
                        }
                    };
                    self.features.insert(code.clone(), id);
                    id
                }
            };
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    fn feature(&self, code: &str) -> Entitlement {
        Entitlement {
            id: self.engine.new_id(),
            account_id: self.engine.account.id,
            code: code.to_owned(),
            name: code.replace('_', " "),
            created_at: self.now,
        }
    }
}

impl Here {
    /// The licence that is here with the row's key, form or subject, and what it says otherwise than the row; nothing, when
    /// it says the same.
    pub(super) fn of(&self, candidate: &Candidate, run: &Run<'_>) -> Option<Vec<&'static str>> {
        let entry = &candidate.entry;
        let known = candidate.key.and_then(|key| self.keys.get(&key));
        let by_form = candidate.form.and_then(|form| self.forms.get(&form));
        let by_subject = entry.subject.as_ref().and_then(|subject| self.subjects.get(subject));
        let known = known.or(by_form).or(by_subject)?;
        let policy = run.engine.catalog().policy(known.policy_id).map(|policy| policy.row.code.clone());
        let user = entry.user.as_ref().and_then(|user| user.external_id.as_ref());
        // The free tier is first used when it is made, here and there.
        let free = candidate.key.is_none() && candidate.form.is_none() && entry.installation.is_some();
        let first_use = !free && known.first_activated_at != entry.first_activated_at;
        // The row that says another end is another form, and becomes one of the licence that is here.
        let renewed = entry.is_renewed && known.expiry.is_some() && known.expiry < entry.expiry.0;
        let differs = [
            ("product", known.product_id != run.product.id),
            ("policy", !policy.is_some_and(|code| code.eq_ignore_ascii_case(&entry.policy))),
            ("form", candidate.form.is_some() && by_form.is_none()),
            ("client", known.subject != entry.subject),
            ("expiry", known.expiry != entry.expiry.0 && !renewed),
            ("first use", first_use),
            ("status", known.suspension_reason.as_deref() != entry.suspended.map(|(reason, _)| reason)),
            ("customer", user.is_some() && known.user_external_id.as_ref() != user),
        ];
        Some(differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect())
    }
}
