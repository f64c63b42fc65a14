//! `file` (system D): a JSON file bound to a device, signed with RSA PKCS#1 v1.5 over `JSON.stringify(payload)`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::{Algorithm, KeySet};
use crate::json::{self, Object, Value, ecmascript};
use crate::refusal::{Flaw, Refusal, check_size};
use crate::time::Timestamp;

/// Grace of system D, in days.
pub const GRACE_PERIOD_DAYS: i64 = 15;
/// The longest grace a file may have, in days.
const MAX_GRACE_DAYS: i64 = 36_500;

/// What the payload of a file says. Fields it does not know stay in the signed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The product.
    pub product: String,
    /// `YEARLY`, or another.
    pub license_type: String,
    /// The customer.
    pub issued_to: String,
    /// The device it is bound to, compared exactly.
    pub device_id: String,
    /// As written.
    pub issued_at: String,
    /// The last instant at which it is active, in whole milliseconds.
    pub expires_at: Timestamp,
    /// Days of 24 hours after expiry in which everything still works.
    pub grace_period_days: i64,
}

/// A file as read: payload and signature, not yet checked.
#[derive(Clone, Debug, PartialEq)]
pub struct LicenseFile<'a> {
    payload: Object<'a>,
    signature: Vec<u8>,
}

impl<'a> LicenseFile<'a> {
    /// A file of a payload and the signature made over its [`Payload::signed_text`].
    ///
    /// # Errors
    /// As [`Payload::signed_text`], and `TOO_LARGE` when no reader would take it.
    pub fn new(payload: Payload, signature: Vec<u8>) -> Result<LicenseFile<'static>, Refusal> {
        let file = LicenseFile { payload: payload.into_json()?, signature };
        check_size(file.to_text().as_bytes())?;
        Ok(file)
    }

    /// Reads a file: one JSON object with `payload` and `signature`, standard base64. Layout, escapes, order and
    /// further outer fields are free.
    ///
    /// # Errors
    /// `MALFORMED` with the reason, or `TOO_LARGE`.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        let Value::Object(mut fields) = json::parse(text, "file")? else {
            return Err(Flaw::UnknownForm.into());
        };
        let signature = STANDARD
            .decode(fields.text("signature")?)
            .map_err(|_| Flaw::BadEncoding { what: "signature", encoding: "standard base64" })?;
        match fields.take("payload").ok_or(Flaw::MissingField { field: "payload" })? {
            Value::Object(payload) => Ok(Self { payload, signature }),
            _ => Err(Flaw::WrongType { field: "payload", wanted: "an object" }.into()),
        }
    }

    /// Checks the signature under the RSA keys at hand, then reads the payload.
    pub fn verify(&self, keys: &KeySet) -> Result<Payload, Refusal> {
        keys.must_have(Algorithm::RsaPkcs1Sha256)?;
        let text = self.signed_text();
        let mut keys = keys.public(Algorithm::RsaPkcs1Sha256);
        if keys.any(|key| key.verify(text.as_bytes(), &self.signature)) {
            Ok(self.unverified()?)
        } else {
            Err(Refusal::BadSignature)
        }
    }

    /// What the payload says, unchecked.
    pub fn unverified(&self) -> Result<Payload, Flaw> {
        Payload::from_json(&self.payload)
    }

    /// Its signature, unchecked.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The text that is signed: `JSON.stringify(payload)`.
    pub fn signed_text(&self) -> String {
        ecmascript::stringify_object(&self.payload)
    }

    /// The file: `JSON.stringify({payload, signature}, null, 2)`, without a newline at the end.
    pub fn to_text(&self) -> String {
        ecmascript::stringify_pretty(&Value::Object(Object::from([
            ("payload", Value::Object(self.payload.clone())),
            ("signature", STANDARD.encode(&self.signature).into()),
        ])))
    }
}

impl Payload {
    /// The text that is signed.
    ///
    /// # Errors
    /// When the expiry lies outside the years 1 to 9999, or the grace outside 0 to 36,500 days.
    pub fn signed_text(&self) -> Result<String, Refusal> {
        Ok(ecmascript::stringify_object(&self.clone().into_json()?))
    }

    fn into_json(self) -> Result<Object<'static>, Flaw> {
        let expires_at = self
            .expires_at
            .to_ecmascript()
            .ok_or(Flaw::BadValue { field: "expiresAt", wanted: "a time of the years 1 to 9999" })?;
        Ok(Object::from([
            ("product", self.product.into()),
            ("licenseType", self.license_type.into()),
            ("issuedTo", self.issued_to.into()),
            ("deviceId", self.device_id.into()),
            ("issuedAt", self.issued_at.into()),
            ("expiresAt", expires_at.into()),
            ("gracePeriodDays", Value::Integer(grace(self.grace_period_days)?)),
        ]))
    }

    fn from_json(fields: &Object<'_>) -> Result<Self, Flaw> {
        let text = |name| fields.text(name).map(str::to_owned);
        let field = "gracePeriodDays";
        let days = fields
            .field(field)?
            .as_double()
            .filter(|days| days.fract() == 0.0 && days.abs() < 1e9)
            .ok_or(Flaw::WrongType { field, wanted: "a whole number of days" })?;
        let expires_at = Timestamp::parse_rfc3339(fields.text("expiresAt")?).ok_or(Flaw::BadValue {
            field: "expiresAt",
            wanted: "a time with an offset, as 2026-12-31T00:00:00.000Z",
        })?;
        Ok(Self {
            product: text("product")?,
            license_type: text("licenseType")?,
            issued_to: text("issuedTo")?,
            device_id: text("deviceId")?,
            issued_at: text("issuedAt")?,
            expires_at: expires_at.floor_millis(),
            // A whole number below 10⁹ is exact.
            grace_period_days: grace(days as i64)?,
        })
    }

    /// The last instant of grace.
    pub const fn grace_period_end(&self) -> Timestamp {
        self.expires_at.plus_days(self.grace_period_days)
    }
}

fn grace(days: i64) -> Result<i64, Flaw> {
    let wanted = "0 to 36500 days";
    (0..=MAX_GRACE_DAYS)
        .contains(&days)
        .then_some(days)
        .ok_or(Flaw::BadValue { field: "gracePeriodDays", wanted })
}
