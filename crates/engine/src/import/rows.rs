//! A row of an older system as the rows that are written: the licence, its forms, devices and features.

use keyward_store::issued::Issued;
use keyward_store::licenses::License;
use keyward_store::machines::Machine;
use serde_json::Value;
use uuid::Uuid;

use super::candidate::Candidate;
use super::entry::{Entry, Form};
use super::report::{Reason, RowName};
use super::run::Run;
use crate::license::{Adding, scope_of, stored_hint};
use crate::statistics::counters;
use crate::{EngineError, Policy};

impl Run<'_> {
    /// Puts a licence into the part that is written next.
    pub(super) async fn add(&mut self, candidate: Candidate) -> Result<(), EngineError> {
        let Candidate { row, mut entry, key, form, user, joins, .. } = candidate;
        if joins.is_none()
            && entry.is_more
            && !entry.license.is_some_and(|license| self.added.contains(&license))
        {
            let note = "another form of a licence that is here: `keyward register` takes it in";
            self.report.skip(Reason::Differs, || RowName { note: Some(note.to_owned()), ..row });
            return Ok(());
        }
        for remark in std::mem::take(&mut entry.remarks) {
            self.report.warn(remark, || row.clone());
        }
        if let Some(fits) = entry.seal_fits {
            *self.report.seals_fit.get_or_insert(0) += u64::from(fits);
            self.report.seals_wrong += u64::from(!fits);
        }
        let is_more = entry.is_more || joins.is_some();
        self.report.imported += u64::from(!is_more);
        self.report.forms += u64::from(is_more);
        self.added.extend(entry.license.filter(|_| joins.is_none()));
        // After a refusal the rest is only looked at.
        if self.report.refused {
            return Ok(());
        }
        if let Some(license) = joins {
            if let (Some(given), Some(digest), false) = (&entry.form, form, self.import.dry_run) {
                let form = self.form(license, self.reads.scheme().as_str(), given, digest);
                self.joined.push(Adding::new(self.engine, self.caller, license, form));
            }
            return Ok(());
        }
        let policy = self.policy(&entry).await?;
        let (Some(policy), false) = (policy, self.import.dry_run) else {
            return Ok(());
        };
        let mut license = self.license(&policy, &entry, row.id);
        license.user_id = user;
        if let (Some(text), Some(digest)) = (&entry.key, key) {
            license.key_sealed = Some(self.engine.seal("licenses", "key_sealed", license.id, text));
            license.key_digest = Some(digest.to_vec());
            license.key_hint = Some(stored_hint(text));
        }
        if let (Some(given), Some(digest)) = (&entry.form, form) {
            let form = self.form(license.id, &license.scheme, given, digest);
            self.part.forms.push(form);
        }
        if entry.is_more {
            return Ok(());
        }
        for device in entry.machines {
            self.part.machines.push(Machine {
                id: self.engine.new_id(),
                account_id: license.account_id,
                license_id: license.id,
                user_id: None,
                uniqueness_scope: device.scope.unwrap_or_else(|| scope_of(&license, &policy)),
                fingerprint: device.fingerprint,
                pool: None,
                name: device.name,
                address: device.address,
                user_agent: device.user_agent,
                created_at: device.created_at,
                last_seen_at: device.created_at,
            });
        }
        if !entry.features.is_empty() {
            let features = self.features(&entry.features).await?;
            self.part.attached.extend((0..).zip(features).map(|(place, id)| (license.id, id, place)));
        }
        self.counts.license(&license);
        for at in entry.activations {
            self.counts.hourly(policy.row.id, counters::ACTIVATIONS, at);
        }
        self.part.licenses.push(license);
        Ok(())
    }

    fn form(&self, license_id: Uuid, scheme: &str, given: &Form, digest: [u8; 32]) -> Issued {
        let id = self.engine.new_id();
        Issued {
            id,
            account_id: self.engine.account.id,
            license_id,
            scheme: scheme.to_owned(),
            form_sealed: self.engine.seal("issued", "form_sealed", id, &given.text),
            digest: digest.to_vec(),
            hint: Some(stored_hint(&given.spelling)),
            signing_key_id: given.signed_by,
            device: given.device.clone(),
            issued_at: given.issued_at,
            expires_at: given.expires_at,
            superseded_at: given.superseded_at,
        }
    }

    fn license(&self, policy: &Policy, entry: &Entry, old_id: Option<String>) -> License {
        let mut metadata = entry.metadata.clone();
        if let Some(id) = old_id {
            metadata.entry("old_id").or_insert_with(|| id.into());
        }
        let created_at = entry.created_at.unwrap_or(self.now);
        License {
            id: entry.license.unwrap_or_else(|| self.engine.new_id()),
            account_id: self.engine.account.id,
            product_id: self.product.id,
            policy_id: policy.row.id,
            user_id: None,
            installation_id: entry.installation,
            batch_id: Some(self.batch),
            name: entry.name.clone(),
            subject: entry.subject.clone(),
            scheme: entry.scheme.unwrap_or_else(|| self.reads.scheme()).as_str().to_owned(),
            key_sealed: None,
            key_digest: None,
            key_hint: None,
            expiry: entry.expiry.0,
            expiry_text: entry.expiry.1.clone(),
            first_activated_at: entry.first_activated_at,
            first_validated_at: None,
            last_validated_at: entry.last_validated_at,
            suspended_at: entry.suspended.map(|(_, since)| since.unwrap_or(self.now)),
            suspension_reason: entry.suspended.map(|(reason, _)| reason.to_owned()),
            max_machines: entry.max_machines,
            machines_count: entry.machines.len() as i64,
            max_uses: None,
            uses: 0,
            transfers: 0,
            metadata: Value::Object(metadata).to_string(),
            created_at,
            updated_at: self.now,
        }
    }
}
