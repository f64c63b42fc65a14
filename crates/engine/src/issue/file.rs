//! A device-bound file (system D).

use keyward_core::calendar::add_months;
use keyward_core::crypto::Algorithm;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::file::{LicenseFile, Payload};
use keyward_core::time::Timestamp;

use super::IssueError;
use crate::keyring::SigningKey;

/// What a person decides about a file.
#[derive(Clone, Debug)]
pub struct FileRequest {
    /// The product.
    pub product: String,
    /// `YEARLY`, or another.
    pub license_type: String,
    /// The customer.
    pub issued_to: String,
    /// The device it is bound to.
    pub device_id: String,
    /// Calendar months, as ECMAScript's `setMonth` adds them.
    pub months: i64,
    /// Days of grace after expiry.
    pub grace_period_days: i64,
}

impl FileRequest {
    /// The signed file.
    ///
    /// # Errors
    /// When the key is not RSA, or the end lies outside the calendar.
    pub fn issue(&self, key: &SigningKey, now: Timestamp) -> Result<LicenseFile<'static>, IssueError> {
        if key.algorithm() != Algorithm::RsaPkcs1Sha256 {
            return Err(IssueError::WrongKey { wanted: Algorithm::RsaPkcs1Sha256, found: key.algorithm() });
        }
        let payload = self.payload(now)?;
        let signature = key.sign(payload.signed_text()?.as_bytes());
        Ok(LicenseFile::new(payload, signature)?)
    }

    fn payload(&self, now: Timestamp) -> Result<Payload, IssueError> {
        let wanted = "a time of the years 1 to 9999";
        let issued = now.floor_millis();
        Ok(Payload {
            product: self.product.clone(),
            license_type: self.license_type.clone(),
            issued_to: self.issued_to.clone(),
            device_id: self.device_id.clone(),
            issued_at: issued
                .to_ecmascript()
                .ok_or(Refusal::from(Flaw::BadValue { field: "issuedAt", wanted }))?,
            expires_at: add_months(issued, self.months)?,
            grace_period_days: self.grace_period_days,
        })
    }
}
