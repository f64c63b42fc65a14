//! System E: a key is added to what the installation has, and the device takes a place of it.

use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::time::Timestamp;
use serde_json::{Value, json};

use super::address::segment;
use super::failure::Failure;
use super::said::{Grant, Reply, Said, Talk};

/// Devices run on for so many days when a licence of the installation ends (system E).
const GRACE_DAYS: i64 = 7;

/// The key without what stands around it.
pub(super) fn key(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.starts_with("LK-") { Ok(text.to_owned()) } else { Err(Flaw::UnknownForm.into()) }
}

pub(super) fn activate(talk: &mut Talk<'_>, key: &str, device: &str) -> Result<Said, Failure> {
    let body = json!({ "licenseKey": key });
    let reply = talk.ask("POST", "/license/activate".to_owned(), Some(body.clone()), None)?;
    if reply.status != 200 {
        return no(talk, &reply);
    }
    if !reply.has("addedLicense") {
        return reply.unexpected();
    }
    let reply = talk.ask("POST", format!("{}/activate-license", path(device)), Some(body), None)?;
    match reply.status {
        200 | 201 => shown(talk, &reply, device),
        _ => no(talk, &reply),
    }
}

pub(super) fn refresh(talk: &mut Talk<'_>, device: &str) -> Result<Said, Failure> {
    let reply = talk.ask("GET", path(device), None, None)?;
    match (reply.status, reply.code("code")) {
        (200, _) => shown(talk, &reply, device),
        (404, Some(Code::NotFound)) if is_reason(&reply) => {
            Ok(Said::no(Code::FingerprintScopeMismatch, "the vendor released this device"))
        }
        _ => no(talk, &reply),
    }
}

/// Frees the place of the device; that it has none is as good.
pub(super) fn deactivate(talk: &mut Talk<'_>, device: &str) -> Result<(), Failure> {
    let reply = talk.ask("DELETE", path(device), None, None)?;
    match (reply.status, reply.code("code")) {
        (200, _) if reply.text("deviceId")? == device => Ok(()),
        (404, Some(Code::NotFound)) if is_reason(&reply) => Ok(()),
        (401 | 403, _) => Err(Failure::Token),
        _ => reply.unexpected(),
    }
}

/// What becomes of a report of usage.
pub(super) enum Counted {
    Yes,
    /// Nothing was counted: it is too much.
    TooMuch(String),
    /// Nothing was counted: no licence limits anything of this name.
    Unknown,
}

/// Counts an amount, once for each `Idempotency-Key`.
pub(super) fn count(
    talk: &mut Talk<'_>,
    name: &str,
    amount: i64,
    idempotency_key: &str,
) -> Result<Counted, Failure> {
    let body = json!({ "name": name, "amount": amount });
    let reply = talk.ask("POST", "/license/usage".to_owned(), Some(body), Some(idempotency_key))?;
    match (reply.status, reply.code("code")) {
        (200, _) if reply.text("name")? == name => reply.number("used").map(|_| Counted::Yes),
        (409, Some(code @ Code::UsageLimit)) => {
            Ok(Counted::TooMuch(talk.sentence(reply.optional_text("error")?, code)))
        }
        (404, Some(Code::NotFound)) if is_reason(&reply) => Ok(Counted::Unknown),
        (401 | 403, _) => Err(Failure::Token),
        // The same request is on its way on another connection.
        (409, None) => Err(Failure::Timeout { sent: true }),
        _ => reply.unexpected(),
    }
}

/// What is refused around the interface has no reason of the interface: there may be no such address.
fn is_reason(reply: &Reply) -> bool {
    reply.text("error").is_ok() && !reply.has("requestId")
}

fn path(device: &str) -> String {
    format!("/devices/{}", segment(device))
}

/// A device as the server shows it.
fn shown(talk: &mut Talk<'_>, reply: &Reply, device: &str) -> Result<Said, Failure> {
    if reply.text("deviceId")? != device {
        return Err(Failure::answer("it is about another device"));
    }
    let lease = reply.lease()?;
    if !reply.boolean("isAllowed")? {
        return no(talk, reply);
    }
    let mut grant = Grant { tier: Some(reply.text("tier")?.to_owned()), lease, ..Grant::default() };
    let license = reply.number_or_null("licenseId")?;
    let decoded = talk.ask("GET", "/license/decoded".to_owned(), None, None)?;
    if decoded.status != 200 {
        return no(talk, &decoded);
    }
    for held in decoded.list("licenses")? {
        add(&mut grant, held, license)?;
    }
    Ok(Said::Yes(grant))
}

/// Features are those of all active licences. The end is that of the device's own, while it is active: when it is not, and
/// the device may run all the same, it runs on what the others allow.
fn add(grant: &mut Grant, held: &Value, own: Option<i64>) -> Result<(), Failure> {
    let held = Reply::part(held)?;
    let is_own = own == Some(held.number("id")?);
    if is_own {
        grant.holder = held.optional_text("companyName")?.map(str::to_owned);
    }
    if !held.boolean("isActive")? {
        return Ok(());
    }
    for feature in held.texts("features")? {
        if !grant.features.contains(&feature) {
            grant.features.push(feature);
        }
    }
    if is_own && let Some(text) = held.optional_text("expiresAt")? {
        let end = Timestamp::parse_rfc3339(text);
        grant.end = Some(end.ok_or_else(|| Failure::answer("its expiresAt is no date"))?);
        grant.grace_days = GRACE_DAYS;
    }
    Ok(())
}

/// A clear no has a code that is known; a token that is not is no answer about the licence.
fn no(talk: &Talk<'_>, reply: &Reply) -> Result<Said, Failure> {
    match (reply.status, reply.code("code")) {
        (401 | 403, _) => Err(Failure::Token),
        (200 | 400 | 404 | 409, Some(code))
            if code != Code::Valid && (reply.status == 200 || is_reason(reply)) =>
        {
            let sentence = reply.optional_text("error")?.or(reply.optional_text("reason")?);
            Ok(Said::no(code, talk.sentence(sentence, code)))
        }
        // What is asked twice at the same time.
        (409, None) => Err(Failure::Busy { wait: None }),
        _ => reply.unexpected(),
    }
}
