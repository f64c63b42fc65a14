//! What was made: the key or file, what it says when read back, and what goes with it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_core::claims::Claims;
use keyward_core::crypto::{Algorithm, KeySet};
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::{Lk3Key, Seal};
use keyward_engine::EngineError;
use keyward_engine::license::{Found, Issued, Named};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::kind::Kind;
use super::letter::letter;
use crate::console::claims;
use crate::console::frame::{self, Frame};
use crate::console::qr::Qr;
use crate::console::texts::{Generate, fill};
use crate::console::visitor::Visitor;

#[derive(Template)]
#[template(path = "console/generate_done.html")]
pub(super) struct Done<'a> {
    f: Frame<'a>,
    t: &'static Generate,
    kind: Kind,
    id: Uuid,
    /// Whether the form was sent before.
    is_again: bool,
    text: &'a str,
    qr: Option<Qr>,
    /// What it says, when read back; `None` when it cannot be.
    rows: Option<Vec<(&'static str, String)>>,
    letter: String,
    tell: Vec<String>,
    weak: Option<String>,
    may_download: bool,
}

impl<'a> Done<'a> {
    /// The page of a licence that was made.
    pub(super) async fn page(
        visitor: &'a Visitor,
        kind: Kind,
        issued: &'a Issued,
        is_again: bool,
    ) -> Response {
        match Self::of(visitor, kind, issued, is_again).await {
            Ok(page) => frame::html(StatusCode::OK, &page),
            Err(error) => visitor.failed(&error),
        }
    }

    async fn of(
        visitor: &'a Visitor,
        kind: Kind,
        issued: &'a Issued,
        is_again: bool,
    ) -> Result<Self, EngineError> {
        let (t, engine) = (Generate::of(visitor.language), visitor.app.engine());
        let found = engine.find(&Named::Id(issued.id)).await?;
        let keys = engine.keys_for(&found, kind.scheme()).await?;
        let read = Claims::verified(&issued.key, &keys);
        let said = read.as_ref().ok().cloned();
        let said = said.or_else(|| Claims::unverified(&issued.key, &KeySet::default()).ok());
        let letter = said.map(|claims| letter(&issued.key, &claims, &found, issued.expiry, t));
        Ok(Self {
            f: Frame::of(visitor, t.done),
            t,
            kind,
            id: issued.id,
            is_again,
            text: &issued.key,
            qr: Qr::of_key(&issued.key),
            rows: read.ok().map(|claims| claims::rows(&claims, visitor.language)),
            letter: letter.unwrap_or_default(),
            tell: tell(visitor, &found, &issued.key, t).await?,
            weak: kind.weak(visitor, t),
            may_download: visitor.may(Permission::LicenseReveal),
        })
    }
}

/// What whoever gives out the licence must see to.
async fn tell(
    visitor: &Visitor,
    found: &Found,
    text: &str,
    t: &'static Generate,
) -> Result<Vec<String>, EngineError> {
    let (engine, product) = (visitor.app.engine(), found.license.product_id);
    let algorithm = match Scheme::of(text)? {
        Scheme::Record | Scheme::File => Some(Algorithm::RsaPkcs1Sha256),
        Scheme::Lk3 if Lk3Key::parse(text)?.seal() == Seal::Signature => Some(Algorithm::Ed25519),
        Scheme::Pool | Scheme::Tier => return Ok(vec![t.tell_server.to_owned(), t.tell_stored.to_owned()]),
        Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3 => None,
    };
    let first = match algorithm {
        Some(algorithm) => {
            let (_, key) = engine.signing_key(&visitor.caller, Some(product), algorithm).await?;
            fill(t.tell_key, key.public().id())
        }
        None => t.tell_secret.to_owned(),
    };
    Ok(vec![first, t.tell_stored.to_owned()])
}
