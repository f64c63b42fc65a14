//! Records and files made elsewhere, as the rows of a licence: what registering one and importing many share.

use keyward_core::crypto::{Algorithm, KeySet};
use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::{LicenseFile, Payload};
use keyward_core::scheme::record::{Record, SignedRecord};
use keyward_core::time::Timestamp;
use keyward_store::machines::Machine;
use keyward_store::{issued, licenses};
use uuid::Uuid;

use super::signed::{client_id, name_of, storable};
use super::with;
use crate::catalog::Material;
use crate::license::NewLicense;
use crate::{Engine, EngineError, Policy};

/// The rows of a licence that was made elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct TakenIn {
    /// The licence.
    pub(crate) license: licenses::License,
    /// Its form.
    pub(crate) form: issued::Issued,
    /// The device it is bound to.
    pub(crate) machine: Option<Machine>,
}

impl Engine {
    /// The product's or account's key that made a signature, and what `verify` gives with it.
    ///
    /// # Errors
    /// `UnknownSigner` when none did; what `verify` says when a key fits and the rest does not.
    pub(crate) fn signer_of<T>(
        &self,
        product: Option<Uuid>,
        (scheme, name): (Scheme, &str),
        verify: impl Fn(&KeySet) -> Result<T, Refusal>,
    ) -> Result<(T, Uuid), EngineError> {
        let catalog = self.catalog();
        let mut tried = 0;
        for key in catalog.keys().iter().filter(|key| key.row.state != "retired") {
            let public = match &key.material {
                Material::Signing(key) => key.public(),
                Material::Verifying(key) => key,
                Material::Secret(_) => continue,
            };
            let whose = key.row.product_id;
            if public.algorithm() != Algorithm::RsaPkcs1Sha256 || whose.is_some() && whose != product {
                continue;
            }
            tried += 1;
            match verify(&KeySet::of_public(public.clone())) {
                Ok(read) => return Ok((read, key.row.id)),
                Err(Refusal::BadSignature) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(EngineError::UnknownSigner { scheme, product: name.to_owned(), tried })
    }

    /// A file of system D, whose signature was checked.
    ///
    /// # Errors
    /// When it names no device, or one that cannot be stored.
    pub(crate) fn taken_in_file(
        &self,
        policy: &Policy,
        payload: &Payload,
        file: &LicenseFile<'_>,
        key: Uuid,
        now: Timestamp,
    ) -> Result<TakenIn, EngineError> {
        storable("deviceId", &payload.device_id)?;
        let issued_at = Timestamp::parse_rfc3339(&payload.issued_at).unwrap_or(now);
        let wanted = NewLicense {
            name: name_of(&payload.issued_to),
            metadata: with(
                None,
                &[("issuedTo", &payload.issued_to), ("licenseType", &payload.license_type)],
            )?,
            ..NewLicense::default()
        };
        let mut license = self.keyless(policy, Scheme::File, &wanted, issued_at)?;
        license.expiry = Some(payload.expires_at);
        license.machines_count = 1;
        license.first_activated_at = Some(issued_at);
        license.updated_at = now;
        let device = payload.device_id.as_str();
        let form =
            self.form_row(&license, &file.to_text(), Some(key), Some(device), license.expiry, issued_at)?;
        let machine = Some(self.bound_device(&license, policy, device, issued_at));
        Ok(TakenIn { license, form, machine })
    }

    /// A record of system A, whose signature was checked.
    ///
    /// # Errors
    /// When its client id is empty, or cannot be stored.
    pub(crate) fn taken_in_record(
        &self,
        policy: &Policy,
        record: &Record,
        signed: &SignedRecord,
        key: Uuid,
        now: Timestamp,
    ) -> Result<TakenIn, EngineError> {
        client_id(&record.client_id)?;
        let wanted = NewLicense { subject: Some(record.client_id.clone()), ..NewLicense::default() };
        let issued_at = record.issued();
        let mut license = self.keyless(policy, Scheme::Record, &wanted, issued_at)?;
        license.expiry = record.expires();
        license.updated_at = now;
        let form = self.form_row(&license, &signed.to_json()?, Some(key), None, license.expiry, issued_at)?;
        Ok(TakenIn { license, form, machine: None })
    }
}
