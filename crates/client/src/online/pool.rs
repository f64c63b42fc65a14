//! System B: a key is used up by a device, once; asking again from the same device tells what became of it.

use keyward_core::code::Code;
use keyward_core::refusal::Refusal;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::time::Timestamp;
use serde_json::json;

use super::failure::Failure;
use super::said::{Grant, Reply, Said, Talk};

/// The key in its one spelling; people write it in groups.
pub(super) fn key(text: &str) -> Result<String, Refusal> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    Ok(PoolKey::parse(&bare)?.as_str().to_owned())
}

/// Activates, and asks again: both are one request. With an `Idempotency-Key` the first answer is repeated, so only an
/// activation has one.
pub(super) fn activate(
    talk: &mut Talk<'_>,
    key: &str,
    device: &str,
    idempotency_key: Option<&str>,
) -> Result<Said, Failure> {
    let body = json!({ "license_key": key, "domain_fingerprint": device });
    let reply = talk.ask("POST", "/api/activate".to_owned(), Some(body), idempotency_key)?;
    let success = reply.boolean("success")?;
    match (reply.status, success) {
        (200, true) => {
            if reply.text("license_key")? != key {
                return Err(Failure::answer("it is about another key"));
            }
            if !reply.has("expiration_date") {
                return Err(Failure::answer("it lacks the end of the licence"));
            }
            yes(&reply)
        }
        (409, false) => Err(Failure::Busy { wait: None }),
        (400 | 404, false) => no(talk, &reply),
        _ => reply.unexpected(),
    }
}

fn yes(reply: &Reply) -> Result<Said, Failure> {
    Ok(Said::Yes(Grant { end: end(reply)?, lease: reply.lease()?, ..Grant::default() }))
}

fn no(talk: &Talk<'_>, reply: &Reply) -> Result<Said, Failure> {
    // With both words it is said around the interface, not by it: there may be no such address.
    if reply.has("valid") {
        return reply.unexpected();
    }
    let Some(code) = reply.code("error_code") else { return reply.unexpected() };
    let standing = match reply.optional_text("status")? {
        None => None,
        Some("ACTIVE") if code == Code::AlreadyUsed => return yes(reply),
        Some("ACTIVE") => None,
        Some("SUSPENDED") => Some((Code::Suspended, "the licence is suspended")),
        Some("REVOKED") => Some((Code::Revoked, "the licence was revoked")),
        Some("EXPIRED") => Some((Code::Expired, "the licence has expired")),
        Some(_) => return Err(Failure::answer("it has a status that is not known")),
    };
    Ok(match (standing, code) {
        (Some((code, sentence)), _) => Said::No { code, sentence: sentence.to_owned(), end: end(reply)? },
        (None, Code::AlreadyUsed) => {
            Said::no(Code::WrongDevice, "the key was used by another device, or was moved to one")
        }
        (None, code) => Said::no(code, talk.sentence(reply.optional_text("error")?, code)),
    })
}

/// Dates are UTC without a zone.
fn end(reply: &Reply) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = reply.optional_text("expiration_date")? else { return Ok(None) };
    let date = Timestamp::parse_rfc3339(&format!("{text}Z"));
    date.map(Some).ok_or_else(|| Failure::answer("its expiration_date is no date"))
}
