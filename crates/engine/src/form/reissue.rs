//! A new form under the same licence: with a new end, or for another device.

use keyward_core::crypto::{Algorithm, SharedSecret};
use keyward_core::refusal::Flaw;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::scheme::lk3::{Lk3, Lk3Key, Seal};
use keyward_core::scheme::record::{SignedRecord, Times};
use keyward_core::time::{MICROS_PER_DAY, Timestamp};
use keyward_store::{Read, Tx, issued};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{canonical, refusal};
use crate::issue::Lk3Sealer;
use crate::license::{Found, Named};
use crate::{Caller, Engine, EngineError};

/// What the new form says otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change<'a> {
    /// Its end.
    pub(crate) end: Option<Timestamp>,
    /// The device it is bound to, where the form has one.
    pub(crate) device: Option<&'a str>,
}

/// A form that was made anew.
struct Made {
    text: String,
    key: Option<Uuid>,
    device: Option<String>,
    /// As it says itself.
    end: Option<Timestamp>,
}

impl Engine {
    /// Before the transaction that changes a licence: makes the key at hand that its new form is signed with.
    pub(crate) async fn prepare_reissue(&self, caller: &Caller, named: &Named) -> Result<(), EngineError> {
        let found = self.find(named).await?;
        let algorithm = match found.license.scheme.as_str() {
            "record" | "file" => Algorithm::RsaPkcs1Sha256,
            "lk3" => {
                let text = self.newest_form(&self.store, &found).await?;
                match Lk3Key::parse(&text)?.seal() {
                    Seal::Signature => Algorithm::Ed25519,
                    Seal::Mac => return Ok(()),
                }
            }
            _ => return Ok(()),
        };
        self.signing_key(caller, Some(found.license.product_id), algorithm).await.map(drop)
    }

    /// The new form of a licence that changes; `None` when its form says nothing of the change and goes on working.
    pub(crate) async fn reissue(
        &self,
        tx: &Tx<'_>,
        found: &Found,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<Option<String>, EngineError> {
        let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == found.license.scheme);
        let changes = match scheme {
            None | Some(Scheme::Pool | Scheme::Tier | Scheme::Lk1) => false,
            Some(Scheme::Record | Scheme::Lk2) => change.end.is_some(),
            Some(Scheme::File | Scheme::Lk3) => change.end.is_some() || change.device.is_some(),
        };
        let (Some(scheme), true) = (scheme, changes) else { return Ok(None) };
        let old = self.newest_form(tx, found).await?;
        let made = match scheme {
            Scheme::Record => self.new_record(found, &old, change, now)?,
            Scheme::File => self.new_file(found, &old, change, now)?,
            Scheme::Lk2 => self.new_lk2(&self.secret_under(tx, found).await?, &old, change, now)?,
            Scheme::Lk3 => {
                match self.new_lk3(found, self.secret_under(tx, found).await, &old, change, now)? {
                    Some(made) => made,
                    None => return Ok(None),
                }
            }
            Scheme::Pool | Scheme::Tier | Scheme::Lk1 => return Ok(None),
        };
        if canonical(&made.text)? == canonical(&old)? {
            // The very same: asked for twice in one second.
            return Ok(Some(made.text));
        }
        let license = &found.license;
        let row = self.form_row(license, &made.text, made.key, made.device.as_deref(), made.end, now)?;
        issued::supersede(tx, license.id, now).await?;
        if !issued::insert(tx, &row).await? {
            return Err(EngineError::Taken { what: "form", name: row.hint.unwrap_or_default() });
        }
        Ok(Some(made.text))
    }

    /// The newest form of a licence: the last one given out, or the key in its row.
    pub(crate) async fn newest_form(
        &self,
        db: &impl Read,
        found: &Found,
    ) -> Result<Zeroizing<String>, EngineError> {
        let row = &found.license;
        let missing = || EngineError::NotFound { what: "form of licence", name: row.id.to_string() };
        if let Some(form) = issued::of_license(db, row.id).await?.pop() {
            // It named somebody who was erased.
            if form.form_sealed.is_empty() {
                return Err(missing());
            }
            return self.unseal("issued", "form_sealed", form.id, &form.form_sealed);
        }
        self.unseal("licenses", "key_sealed", row.id, row.key_sealed.as_deref().ok_or_else(missing)?)
    }

    fn new_record(
        &self,
        found: &Found,
        old: &str,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<Made, EngineError> {
        let old = SignedRecord::parse(old, None)?;
        // The signature tells the two `text` profiles apart; when its key is retired, the first one is taken.
        let keys = self.catalog().key_set(found.license.product_id, Scheme::Record);
        let mut record = old.verify(&keys).unwrap_or(old.record);
        let issued = Timestamp::from_seconds(now.seconds());
        let end = change.end.map(|end| Timestamp::from_seconds(end.seconds()));
        record.times = match (record.times, end) {
            (Times::Epoch { exp, .. }, end) => {
                Times::Epoch { issued_at: issued.seconds(), exp: end.map_or(exp, Timestamp::seconds) }
            }
            (Times::Text { exp, .. }, end) => Times::Text { issued_at: issued, exp: end.or(exp) },
        };
        if end.is_some() && record.is_perpetual() {
            let wanted = format!("a record of type {} never ends", record.license_type);
            return Err(EngineError::Invalid { field: "licence", wanted });
        }
        let (key_id, key) = self.signer(found, Algorithm::RsaPkcs1Sha256)?;
        let signature = key.sign(record.signed_text()?.as_bytes());
        let end = record.expires();
        let text = SignedRecord::new(record, signature).to_json()?;
        Ok(Made { text, key: Some(key_id), device: None, end })
    }

    fn new_file(
        &self,
        found: &Found,
        old: &str,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<Made, EngineError> {
        let wanted = "a time of the years 1 to 9999";
        let mut payload = LicenseFile::parse(old)?.unverified().map_err(refusal)?;
        payload.issued_at = now
            .floor_millis()
            .to_ecmascript()
            .ok_or_else(|| refusal(Flaw::BadValue { field: "issuedAt", wanted }))?;
        if let Some(end) = change.end {
            payload.expires_at = end.floor_millis();
        }
        if let Some(device) = change.device {
            payload.device_id = device.to_owned();
        }
        let (key_id, key) = self.signer(found, Algorithm::RsaPkcs1Sha256)?;
        let signature = key.sign(payload.signed_text()?.as_bytes());
        let (end, device) = (Some(payload.expires_at), Some(payload.device_id.clone()));
        let text = LicenseFile::new(payload, signature)?.to_text();
        Ok(Made { text, key: Some(key_id), device, end })
    }

    fn new_lk2(
        &self,
        secret: &SharedSecret,
        old: &str,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<Made, EngineError> {
        let wanted = "a time of the years 1 to 9999";
        let date = |at: Timestamp| at.date().ok_or_else(|| refusal(Flaw::BadValue { field: "e", wanted }));
        let old = Lk2Key::parse(old)?.unverified()?;
        let expires = match change.end {
            // The key holds until a day begins: the day in which the licence ends counts whole.
            Some(end) => Some(date(end.plus_micros(MICROS_PER_DAY - 1))?),
            None => old.expires,
        };
        let new = Lk2 { expires, issued: date(now)?, unique_id: Some(self.unique_id()), ..old };
        let text = new.seal(secret)?;
        Ok(Made { text, key: None, device: None, end: new.expires_at() })
    }

    fn new_lk3(
        &self,
        found: &Found,
        secret: Result<SharedSecret, EngineError>,
        old: &str,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<Option<Made>, EngineError> {
        let key = Lk3Key::parse(old)?;
        let old = key.payload(secret.as_ref().map(std::slice::from_ref).unwrap_or_default())?;
        let bound = !old.device_id.is_empty();
        if change.end.is_none() && !bound {
            return Ok(None);
        }
        let wrong = |field| refusal(Flaw::BadValue { field, wanted: "a time of the years 1970 to 9999" });
        let seconds = |at: Timestamp| u64::try_from(at.seconds()).map_err(|_| wrong("expires"));
        let new = Lk3 {
            expires: change.end.map(seconds).transpose()?.or(old.expires),
            issued_day: u64::try_from(now.days()).map_err(|_| wrong("issued"))?,
            device_id: change.device.filter(|_| bound).map_or(old.device_id, str::to_owned),
            serial: Some(self.serial()),
            ..old
        };
        let signer = match key.seal() {
            Seal::Signature => Some(self.signer(found, Algorithm::Ed25519)?),
            Seal::Mac => None,
        };
        let text = match &signer {
            Some((_, signer)) => {
                let secret = if key.is_encrypted() { Some(secret?) } else { None };
                let sealer = Lk3Sealer::Signature(signer, secret.as_ref());
                self.with_chance(|chance| sealer.issue(&new, chance))?
            }
            None => {
                let secret = secret?;
                self.with_chance(|chance| Lk3Sealer::Mac(&secret, key.is_encrypted()).issue(&new, chance))?
            }
        };
        let device = bound.then(|| new.device_id.clone());
        Ok(Some(Made { text, key: signer.map(|(id, _)| id), device, end: new.expires_at() }))
    }

    /// The key in memory that signs for a licence.
    fn signer(
        &self,
        found: &Found,
        algorithm: Algorithm,
    ) -> Result<(Uuid, std::sync::Arc<crate::keyring::SigningKey>), EngineError> {
        let product = found.license.product_id;
        let none = || EngineError::NotFound { what: "signing key of product", name: product.to_string() };
        self.catalog().signing_key(Some(product), algorithm).ok_or_else(none)
    }

    /// The secret that a licence's key is sealed under.
    async fn secret_under(&self, db: &impl Read, found: &Found) -> Result<SharedSecret, EngineError> {
        let missing = || EngineError::NotFound {
            what: "secret of the installation of licence",
            name: found.license.id.to_string(),
        };
        let secret = match found.license.installation_id {
            Some(id) => self.secret_of(db, id).await?,
            None => self.secret_in(&self.installation_row(None).await?)?,
        };
        secret.map(|known| known.secret).ok_or_else(missing)
    }
}
