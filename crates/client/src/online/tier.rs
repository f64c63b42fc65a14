//! System C: a tiered key is verified; no device is bound by it.

use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use serde_json::json;

use super::failure::Failure;
use super::said::{Grant, Said, Talk};

/// The key without what stands around it.
pub(super) fn key(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match Scheme::of(text)? {
        Scheme::Tier => Ok(text.to_owned()),
        _ => Err(Flaw::UnknownForm.into()),
    }
}

pub(super) fn verify(talk: &mut Talk<'_>, key: &str) -> Result<Said, Failure> {
    let reply = talk.ask("POST", "/api/verify".to_owned(), Some(json!({ "license": key })), None)?;
    match (reply.status, reply.boolean("valid")?) {
        (200, true) => Ok(Said::Yes(Grant {
            tier: Some(reply.text("tier")?.to_owned()),
            features: reply.texts("features")?,
            end: reply.number_or_null("expiresAt")?.map(Timestamp::from_millis),
            lease: reply.lease()?,
            ..Grant::default()
        })),
        (401, false) => match reply.text("error")? {
            "Invalid license signature" => {
                Ok(Said::no(Code::BadSignature, "the server did not make this key"))
            }
            "License not found" => {
                Ok(Said::no(Code::NotFound, "the server has no such licence that may be used"))
            }
            "License expired" => Ok(Said::no(Code::Expired, "the licence has expired")),
            _ => reply.unexpected(),
        },
        _ => reply.unexpected(),
    }
}
