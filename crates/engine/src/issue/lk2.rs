//! Second-version keys (system E).

use keyward_core::crypto::SharedSecret;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::time::{Timestamp, parse_date};

use super::IssueError;

/// What a person decides about a key.
#[derive(Clone, Debug)]
pub struct Lk2Request {
    /// PRO-10, PRO-20, PRO-50, PRO-100, ENTERPRISE or another.
    pub tier: String,
    /// How many devices.
    pub max_devices: u32,
    /// The company.
    pub company: Option<String>,
    /// `YYYY-MM-DD`: valid until 00:00:00 UTC of this day; `None` or empty is perpetual.
    pub expires: Option<String>,
    /// Tells keys apart that are otherwise equal.
    pub unique_id: Option<String>,
}

impl Lk2Request {
    /// The key, read back once: what it says is returned beside it.
    ///
    /// # Errors
    /// When a field has a value that the form cannot hold.
    pub fn issue(&self, secret: &SharedSecret, now: Timestamp) -> Result<(String, Lk2), IssueError> {
        let date = |field, text: &str| {
            parse_date(text).ok_or(Refusal::from(Flaw::BadValue { field, wanted: "a date, as 2026-12-31" }))
        };
        let expires = match self.expires.as_deref() {
            None | Some("") => None,
            Some(text) => Some(date("expires", text)?),
        };
        let lk2 = Lk2 {
            tier: self.tier.clone(),
            max_devices: self.max_devices,
            company: self.company.clone().filter(|company| !company.is_empty()),
            expires,
            issued: now
                .date()
                .ok_or(Refusal::from(Flaw::BadValue { field: "time", wanted: "after the year 0" }))?,
            unique_id: self.unique_id.clone(),
        };
        let key = lk2.seal(secret)?;
        let read = Lk2Key::parse(&key)?.verify(&keyward_core::crypto::KeySet::of_secret(secret.clone()))?;
        Ok((key, read))
    }
}
