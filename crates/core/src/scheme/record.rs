//! `record` (system A): a JSON record of a client, signed with RSA PKCS#1 v1.5 over what Python's `json.dumps` gives.

use crate::crypto::{Algorithm, KeySet};
use crate::json::{self, Object, Value, python};
use crate::refusal::{Flaw, Refusal, check_size};
use crate::time::Timestamp;

/// How a record writes its times, and in which order and spacing its fields are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Seconds since 1970: what new records use.
    Epoch,
    /// `YYYY-MM-DD HH:MM:SS`, or `Never`.
    Text,
    /// As `Text`, fields sorted by name, without spaces.
    TextSorted,
}

impl Profile {
    /// Its name in the vectors and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Text => "text",
            Self::TextSorted => "text_sorted",
        }
    }
}

/// When a record was issued and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Profile `epoch`: seconds since 1970, any 64-bit number.
    Epoch {
        /// Issued.
        issued_at: i64,
        /// The last second in which it is valid.
        exp: i64,
    },
    /// The `text` profiles: whole seconds; no end is `Never`.
    Text {
        /// Issued.
        issued_at: Timestamp,
        /// The last instant at which it is valid, `None` for `Never`.
        exp: Option<Timestamp>,
    },
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The profile it is signed in.
    pub profile: Profile,
    /// The client: a domain or a name.
    pub client_id: String,
    /// Basic, Pro, Enterprise, Premium, or another.
    pub license_type: String,
    /// Its times, of the kind that the profile has.
    pub times: Times,
}

/// A record and its signature, as issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecord {
    /// The record.
    pub record: Record,
    /// The RSA signature.
    pub signature: Vec<u8>,
    /// The profiles in which the signature may be made.
    profiles: &'static [Profile],
}

impl Record {
    /// Whether it never ends: `Never`, or the type `Premium` in a `text` profile.
    pub fn is_perpetual(&self) -> bool {
        match self.times {
            Times::Epoch { .. } => false,
            Times::Text { exp, .. } => exp.is_none() || self.license_type == "Premium",
        }
    }

    /// The last instant at which it is valid; `None` when it never ends.
    pub fn expires(&self) -> Option<Timestamp> {
        match self.times {
            Times::Epoch { exp, .. } => Some(Timestamp::from_seconds(exp)),
            Times::Text { exp, .. } => exp.filter(|_| !self.is_perpetual()),
        }
    }

    /// When it was issued.
    pub const fn issued(&self) -> Timestamp {
        match self.times {
            Times::Epoch { issued_at, .. } => Timestamp::from_seconds(issued_at),
            Times::Text { issued_at, .. } => issued_at,
        }
    }

    /// The text that is signed: `json.dumps` of the four fields in the order of the profile.
    ///
    /// # Errors
    /// When a time of a `text` profile lies outside the years 1 to 9999.
    pub fn signed_text(&self) -> Result<String, Refusal> {
        self.signed_text_in(self.profile)
    }

    fn signed_text_in(&self, profile: Profile) -> Result<String, Refusal> {
        let (issued_at, exp) = self.time_texts()?;
        let [client, kind] = [&self.client_id, &self.license_type].map(|text| {
            let mut quoted = String::with_capacity(text.len() + 2);
            python::push_string(&mut quoted, text);
            quoted
        });
        Ok(match profile {
            Profile::Epoch => format!(
                r#"{{"client_id": {client}, "license_type": {kind}, "exp": {exp}, "issued_at": {issued_at}}}"#
            ),
            Profile::Text => format!(
                r#"{{"client_id": {client}, "license_type": {kind}, "issued_at": "{issued_at}", "exp": "{exp}"}}"#
            ),
            Profile::TextSorted => format!(
                r#"{{"client_id":{client},"exp":"{exp}","issued_at":"{issued_at}","license_type":{kind}}}"#
            ),
        })
    }

    fn time_texts(&self) -> Result<(String, String), Flaw> {
        let wanted = "a time of the years 1 to 9999";
        Ok(match self.times {
            Times::Epoch { issued_at, exp } => (issued_at.to_string(), exp.to_string()),
            Times::Text { issued_at, exp } => (
                issued_at.to_record_text().ok_or(Flaw::BadValue { field: "issued_at", wanted })?,
                match exp {
                    None => "Never".to_owned(),
                    Some(exp) => exp.to_record_text().ok_or(Flaw::BadValue { field: "exp", wanted })?,
                },
            ),
        })
    }

    fn read(fields: &Object<'_>, profile: Option<Profile>) -> Result<Self, Flaw> {
        let client_id = fields.text("client_id")?.to_owned();
        let license_type = fields.text("license_type")?.to_owned();
        let spelled_as_text = || ["exp", "issued_at"].iter().all(|name| fields.text(name).is_ok());
        let profile =
            profile.unwrap_or_else(|| if spelled_as_text() { Profile::Text } else { Profile::Epoch });
        let times = match profile {
            Profile::Epoch => {
                Times::Epoch { exp: fields.integer("exp")?, issued_at: fields.integer("issued_at")? }
            }
            Profile::Text | Profile::TextSorted => {
                let time = |field| {
                    Timestamp::parse_record_text(fields.text(field)?)
                        .ok_or(Flaw::BadValue { field, wanted: "`YYYY-MM-DD HH:MM:SS`" })
                };
                let never = fields.text("exp")? == "Never";
                Times::Text {
                    exp: if never { None } else { Some(time("exp")?) },
                    issued_at: time("issued_at")?,
                }
            }
        };
        Ok(Self { profile, client_id, license_type, times })
    }
}

impl SignedRecord {
    /// A record with the signature made over its [`Record::signed_text`].
    pub fn new(record: Record, signature: Vec<u8>) -> Self {
        let profiles = profiles(record.profile);
        Self { record, signature, profiles }
    }

    /// Reads a record: one JSON object with the four fields and `signature`, hexadecimal. Spelling, order and further
    /// fields are free. Without a profile the types of the times decide, and both `text` profiles are tried.
    ///
    /// # Errors
    /// `MALFORMED` with the reason, or `TOO_LARGE`.
    pub fn parse(text: &str, profile: Option<Profile>) -> Result<Self, Refusal> {
        let Value::Object(fields) = json::parse(text, "record")? else {
            return Err(Flaw::UnknownForm.into());
        };
        let record = Record::read(&fields, profile)?;
        let hex = fields.text("signature")?;
        let encoding = Flaw::BadEncoding { what: "signature", encoding: "hexadecimal" };
        let signature = super::from_hex(hex).filter(|signature| !signature.is_empty()).ok_or(encoding)?;
        let profiles = match (profile, record.profile) {
            (None, Profile::Text) => &[Profile::Text, Profile::TextSorted],
            (_, found) => profiles(found),
        };
        Ok(Self { record, signature, profiles })
    }

    /// Checks the signature under the RSA keys at hand, and returns the record in the profile it was signed in.
    pub fn verify(&self, keys: &KeySet) -> Result<Record, Refusal> {
        keys.must_have(Algorithm::RsaPkcs1Sha256)?;
        for &profile in self.profiles {
            let text = self.record.signed_text_in(profile)?;
            let mut keys = keys.public(Algorithm::RsaPkcs1Sha256);
            if keys.any(|key| key.verify(text.as_bytes(), &self.signature)) {
                return Ok(Record { profile, ..self.record.clone() });
            }
        }
        Err(Refusal::BadSignature)
    }

    /// The record and its signature as one JSON object, in Python's spelling and the profile's order.
    ///
    /// # Errors
    /// As [`Record::signed_text`], and `TOO_LARGE` when no reader would take it.
    pub fn to_json(&self) -> Result<String, Refusal> {
        let mut text = self.record.signed_text()?;
        text.pop();
        let (space, signature) =
            (if self.record.profile == Profile::TextSorted { "" } else { " " }, hex::encode(&self.signature));
        let json = format!("{text},{space}\"signature\":{space}\"{signature}\"}}");
        check_size(json.as_bytes())?;
        Ok(json)
    }
}

const fn profiles(profile: Profile) -> &'static [Profile] {
    match profile {
        Profile::Epoch => &[Profile::Epoch],
        Profile::Text => &[Profile::Text],
        Profile::TextSorted => &[Profile::TextSorted],
    }
}
