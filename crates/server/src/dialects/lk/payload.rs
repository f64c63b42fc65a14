//! What the key of a licence says, in the fields of the document: `v`, `t`, `d`, `c`, `e`, `i`.

use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::time::{Timestamp, date_text};
use keyward_engine::installation::Held;
use serde_json::{Value, json};

use super::customer::{Customer, failed};
use super::shape::No;

/// What is known from the key alone.
pub(super) struct Payload {
    /// Of the form of the key: 1, 2 or 3.
    pub(super) version: u8,
    /// When it was issued; the older form does not say, so since when it is known here.
    pub(super) issued_at: Timestamp,
    /// What a key of the second version says, word for word.
    said: Option<Lk2>,
}

impl Customer {
    /// What the key of a licence says.
    pub(super) async fn payload(&self, license: &Held) -> Result<Payload, No> {
        let row = &license.found.license;
        let key = self.engine().key_of(&license.found).await.map_err(|error| failed(&error))?;
        let (version, said) = match Scheme::of(&key) {
            Ok(Scheme::Lk1) => (1, None),
            Ok(Scheme::Lk2) => (2, Lk2Key::parse(&key).and_then(|key| key.unverified()).ok()),
            _ => (3, None),
        };
        let issued_at = said.as_ref().map_or(row.created_at, |said| Timestamp::midnight(said.issued));
        Ok(Payload { version, issued_at, said })
    }
}

impl Payload {
    /// The payload. Forms without one are answered as if they had it.
    pub(super) fn to_json(&self, license: &Held) -> Value {
        let day = |at: Timestamp| at.date().map(date_text);
        match &self.said {
            Some(said) => json!({
                "v": self.version, "t": said.tier, "d": said.max_devices, "c": said.company,
                "e": said.expires.map(date_text), "i": date_text(said.issued),
            }),
            None => json!({
                "v": self.version, "t": license.tier(), "d": license.capacity, "c": license.said("company"),
                "e": license.found.license.expiry.and_then(day), "i": day(self.issued_at),
            }),
        }
    }
}
