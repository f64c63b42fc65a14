//! A signed record (system A).

use keyward_core::calendar::add_days;
use keyward_core::crypto::Algorithm;
use keyward_core::scheme::record::{Profile, Record, SignedRecord, Times};
use keyward_core::time::Timestamp;

use super::IssueError;
use crate::keyring::SigningKey;

/// The type that never expires.
const PREMIUM: &str = "Premium";

/// What a person decides about a record.
#[derive(Clone, Debug)]
pub struct RecordRequest {
    /// The client: a domain or a name.
    pub client_id: String,
    /// Basic, Pro, Enterprise, Premium.
    pub license_type: String,
    /// Days of 86,400 s; ignored for Premium. `None` is for ever, which only the `text` profiles can say.
    pub days: Option<i64>,
    /// `None`: `text` for Premium, else `epoch`.
    pub profile: Option<Profile>,
}

impl RecordRequest {
    /// The signed record.
    ///
    /// # Errors
    /// When the key is not RSA, the end lies outside the calendar, or the profile cannot say what is asked.
    pub fn issue(&self, key: &SigningKey, now: Timestamp) -> Result<SignedRecord, IssueError> {
        if key.algorithm() != Algorithm::RsaPkcs1Sha256 {
            return Err(IssueError::WrongKey { wanted: Algorithm::RsaPkcs1Sha256, found: key.algorithm() });
        }
        let record = self.record(now)?;
        let signature = key.sign(record.signed_text()?.as_bytes());
        Ok(SignedRecord::new(record, signature))
    }

    fn record(&self, now: Timestamp) -> Result<Record, IssueError> {
        let premium = self.license_type == PREMIUM;
        let profile = match (self.profile, premium) {
            (Some(Profile::Epoch), true) => return Err(IssueError::PremiumHasNoEpoch),
            (Some(profile), _) => profile,
            (None, true) => Profile::Text,
            (None, false) => Profile::Epoch,
        };
        let now = Timestamp::from_seconds(now.seconds());
        let exp = match self.days {
            Some(days) if !premium => Some(add_days(now, days)?),
            _ => None,
        };
        let times = match (profile, exp) {
            (Profile::Epoch, Some(exp)) => Times::Epoch { issued_at: now.seconds(), exp: exp.seconds() },
            (Profile::Epoch, None) => return Err(IssueError::DurationMissing(self.license_type.clone())),
            (Profile::Text | Profile::TextSorted, exp) => Times::Text { issued_at: now, exp },
        };
        Ok(Record {
            profile,
            client_id: self.client_id.clone(),
            license_type: self.license_type.clone(),
            times,
        })
    }
}
