//! System A's table: signed records. The record's text is rebuilt from its columns, and its signature is what it is found by.

use std::borrow::Cow;

use keyward_core::crypto::KeySet;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::record::{Profile, Record, SignedRecord, Times};
use keyward_core::time::Timestamp;
use keyward_store::old::{Fields, OldRow, OldTable, OldValue};

use super::entry::{Entry, Form, Reads};
use super::read::{Flaw, Moment, flag, int, near, needed_text, text};
use crate::form::{MAX_SUBJECT, signature_text};
use crate::rules::Rules;
use crate::{Engine, Product, seed};

/// What the old system checked was the text of the signature; whether it fits the record, it never asked.
const WRONG: &str = "the signature was not made by an RSA key of the product; the old system did not check that, and the \
                     record is found by it all the same (`keyward keys import`)";

/// Bytes of a policy's code at the most.
const MAX_CODE: usize = 64;

pub(super) struct Records {
    keys: KeySet,
}

impl Records {
    pub(super) fn new(engine: &Engine, product: &Product) -> Self {
        Self { keys: engine.catalog().key_set(product.id, Scheme::Record) }
    }
}

impl Reads for Records {
    fn scheme(&self) -> Scheme {
        Scheme::Record
    }

    fn table(&self) -> OldTable {
        OldTable {
            name: "licenses",
            order: "id",
            needed: &["client_id", "license_type", "issued_at", "exp", "signature"],
            optional: &["id", "revoked", "is_revoked", "status", "revoked_at"],
            beside: None,
        }
    }

    fn entry(&self, row: &OldRow) -> Result<Entry, Flaw> {
        let row = row.fields();
        let (client_id, license_type) = (needed_text(row, "client_id")?, needed_text(row, "license_type")?);
        if client_id.len() > MAX_SUBJECT {
            return Err(Flaw::new("client_id", format!("a text of at most {MAX_SUBJECT} bytes")));
        }
        let policy = policy(&license_type)?;
        let signature = signature(row)?;
        let (profile, times) = times(row)?;
        let record = Record { profile, client_id: client_id.clone(), license_type, times };
        let (record, fits) = self.check(record, &signature);
        let expiry = match (record.expires(), record.times) {
            (None, _) => (None, None),
            (Some(end), Times::Epoch { exp, .. }) => match Moment::from_micros(end.micros()) {
                Some(Moment::Far(_)) => (None, Some(exp.to_string())),
                _ => (Some(end), None),
            },
            (Some(end), Times::Text { .. }) => (Some(end), None),
        };
        let issued_at = record.issued();
        let signed = SignedRecord::new(record, signature);
        let too_long = |_| Flaw::new("client_id", "a record that is not too long");
        let form = Form {
            text: signed.to_json().map_err(too_long)?,
            spelling: signature_text(Scheme::Record, &signed.signature),
            device: None,
            issued_at,
            expires_at: expiry.0,
            superseded_at: None,
            signed_by: None,
        };
        Ok(Entry {
            form: Some(form),
            subject: Some(client_id),
            expiry,
            suspended: revoked(row)?,
            created_at: Some(issued_at),
            seal_fits: fits,
            remarks: if fits == Some(false) { vec![WRONG] } else { Vec::new() },
            ..policy
        })
    }

    fn policy(&self, _: &str) -> (Rules, Vec<String>) {
        (seed::exact(), Vec::new())
    }
}

impl Records {
    /// The record in the profile that it was signed in, and whether it was; nothing is said without a key.
    fn check(&self, record: Record, signature: &[u8]) -> (Record, Option<bool>) {
        if self.keys.public.is_empty() {
            return (record, None);
        }
        let profiles: &[Profile] = match record.profile {
            Profile::Epoch => &[Profile::Epoch],
            Profile::Text | Profile::TextSorted => &[Profile::Text, Profile::TextSorted],
        };
        for profile in profiles {
            let signed =
                SignedRecord::new(Record { profile: *profile, ..record.clone() }, signature.to_vec());
            if let Ok(record) = signed.verify(&self.keys) {
                return (record, Some(true));
            }
        }
        (record, Some(false))
    }
}

/// A licence of the policy that a type stands for.
fn policy(license_type: &str) -> Result<Entry, Flaw> {
    let name = license_type.trim();
    if name.is_empty() || name.len() > MAX_CODE || name.chars().any(char::is_control) {
        return Err(Flaw::new("license_type", "a type of 1 to 64 bytes without control characters"));
    }
    Ok(Entry::new(name.to_ascii_lowercase(), name.to_owned()))
}

fn signature(row: Fields<'_>) -> Result<Vec<u8>, Flaw> {
    let wanted = || Flaw::new("signature", "hexadecimal digits, two for each byte");
    let text = needed_text(row, "signature")?;
    // The decoder takes a prefix that no signature has.
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wanted());
    }
    hex::decode(text).map_err(|_| wanted())
}

/// Whole seconds since 1970, or texts, of which the end may be `Never`.
fn times(row: Fields<'_>) -> Result<(Profile, Times), Flaw> {
    let is_text = |column| matches!(row.get(column), OldValue::Time(_)) || int(row, column).is_err();
    if !is_text("issued_at") && !is_text("exp") {
        let needed = |column| int(row, column)?.ok_or(Flaw::new(column, "seconds since 1970"));
        return Ok((Profile::Epoch, Times::Epoch { issued_at: needed("issued_at")?, exp: needed("exp")? }));
    }
    let seconds = |column| -> Result<Timestamp, Flaw> {
        let wanted = "seconds since 1970, or `YYYY-MM-DD HH:MM:SS`";
        let at = near(row, column).map_err(|_| Flaw::new(column, wanted))?;
        at.map(|at| Timestamp::from_seconds(at.seconds())).ok_or(Flaw::new(column, wanted))
    };
    let never = matches!(row.get("exp"), OldValue::Text(text) if text.trim().eq_ignore_ascii_case("never"));
    let exp = match never {
        true => None,
        false => Some(seconds("exp").map_err(|flaw| Flaw {
            wanted: Cow::from("seconds since 1970, `YYYY-MM-DD HH:MM:SS`, or `Never`"),
            ..flaw
        })?),
    };
    Ok((Profile::Text, Times::Text { issued_at: seconds("issued_at")?, exp }))
}

/// The document's table has no column for it; deployments that revoke have added one of these.
fn revoked(row: Fields<'_>) -> Result<Option<(&'static str, Option<Timestamp>)>, Flaw> {
    let since = near(row, "revoked_at")?;
    let flagged = flag(row, "revoked")?.or(flag(row, "is_revoked")?);
    let status = text(row, "status")?.unwrap_or_default().to_ascii_lowercase();
    let reason = match status.as_str() {
        _ if flagged == Some(true) => Some("revoked"),
        "revoked" => Some("revoked"),
        // Nothing else says whether: the time alone does.
        "" if flagged.is_none() && since.is_some() => Some("revoked"),
        "suspended" | "inactive" | "disabled" => Some("suspended"),
        "" | "active" | "valid" | "expired" => None,
        _ => return Err(Flaw::new("status", "active, revoked, suspended or inactive")),
    };
    Ok(reason.map(|reason| (reason, since)))
}
