//! A change that a client asks for, and what became of it.

use serde_json::json;

use crate::served::{Answer, exchange};

/// What is changed.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A key of system B is used up by a domain.
    Activate { key: String },
    /// A device of a customer of system E takes a place.
    Add { token: String },
    /// Something of a customer's limit is used up.
    Use { token: String, amount: i64 },
    /// A record of system A is issued.
    Issue { token: String },
    /// One is revoked.
    Revoke { token: String, serial: String },
}

/// A change that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) change: Change,
    /// Unique: the `Idempotency-Key`, and whatever the change makes is called like it.
    pub(super) mark: String,
    /// `None` while nobody knows.
    pub(super) answer: Option<Answer>,
}

/// What a client hears.
#[derive(Debug)]
pub(super) enum Heard {
    /// It was done, now or before.
    Done(Answer),
    /// The server says that it cannot.
    NotNow,
    /// The connection ended.
    Nothing,
}

impl Asked {
    pub(super) fn send(&self, host: &str) -> Heard {
        let mark = &self.mark;
        let json = |token: Option<&String>| {
            let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
            format!("Content-Type: application/json\r\nIdempotency-Key: {mark}\r\n{bearer}")
        };
        let form = |token: &String| {
            format!("Content-Type: application/x-www-form-urlencoded\r\nAuthorization: Bearer {token}\r\n")
        };
        let (path, headers, body) = match &self.change {
            Change::Activate { key } => {
                let body = json!({ "license_key": key, "domain_fingerprint": mark });
                ("/api/activate".to_owned(), json(None), body.to_string())
            }
            Change::Add { token } => {
                ("/devices".to_owned(), json(Some(token)), json!({ "deviceId": mark }).to_string())
            }
            Change::Use { token, amount } => {
                let body = json!({ "name": "api", "amount": amount });
                ("/license/usage".to_owned(), json(Some(token)), body.to_string())
            }
            Change::Issue { token } => {
                let body = format!("client_id={mark}&license_type=Pro&duration=30");
                ("/records".to_owned(), form(token), body)
            }
            Change::Revoke { token, serial } => {
                (format!("/records/{serial}/revoke"), form(token), String::new())
            }
        };
        match exchange(host, "POST", &path, &headers, &body) {
            None => Heard::Nothing,
            Some(answer) if self.is_done(&answer) => Heard::Done(answer),
            Some(answer) if answer.status == 503 => Heard::NotNow,
            Some(answer) => panic!("{self:?}: {answer:?}"),
        }
    }

    /// A form of system A has no key to be repeated under: there, that it was done before is a conflict.
    fn is_done(&self, answer: &Answer) -> bool {
        match self.change {
            Change::Activate { .. } | Change::Use { .. } => answer.status == 200,
            Change::Add { .. } => answer.status == 201,
            Change::Issue { .. } => {
                answer.status == 303
                    || (answer.status == 409 && answer.body.contains("has a licence already"))
            }
            Change::Revoke { .. } => {
                answer.status == 303 || (answer.status == 409 && answer.body.contains("is revoked already"))
            }
        }
    }

    /// Whether a repetition is told apart by its `Idempotency-Key`, and answered with the same bytes.
    pub(super) const fn has_key(&self) -> bool {
        matches!(self.change, Change::Activate { .. } | Change::Add { .. } | Change::Use { .. })
    }

    /// The serial of a record that was issued.
    pub(super) fn serial(&self) -> Option<String> {
        let location = self.answer.as_ref()?.location.as_deref()?;
        let serial = location.strip_prefix("/records/")?.split('?').next()?;
        matches!(self.change, Change::Issue { .. }).then(|| serial.to_owned())
    }
}
