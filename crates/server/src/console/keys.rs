//! Signing keys: their public parts and ages, a new one in the place of an old one, and the end of one.

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;
use keyward_engine::keys::{KeyInfo, Rotate};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::frame::{self, Frame, instant, see};
use super::texts::{Keys, fill};
use super::visitor::{Posted, Visitor};
use crate::web::Fields;

/// Days after which a key that signs is pointed out.
const OLD: i64 = 365;
/// A smaller RSA modulus is not safe, in bits.
const SAFE: usize = 2_048;

#[derive(Template)]
#[template(path = "console/keys.html")]
struct ListPage<'a> {
    f: Frame<'a>,
    t: &'static Keys,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/key.html")]
struct KeyPage<'a> {
    f: Frame<'a>,
    t: &'static Keys,
    row: Row,
    key: &'a KeyInfo,
    public: Option<String>,
    retired_at: Option<String>,
    problem: Option<&'static str>,
}

/// A key in words.
struct Row {
    id: Uuid,
    name: String,
    product: String,
    algorithm: String,
    class: &'static str,
    state: &'static str,
    made: String,
    age: String,
    is_old: bool,
    is_small: bool,
}

/// `GET /console/keys`.
pub(super) async fn list(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::SettingsRead) {
        return no;
    }
    let t = Keys::of(visitor.language);
    let engine = visitor.app.engine();
    match engine.list_keys().await {
        Ok(keys) => {
            let rows = keys.iter().rev().map(|key| row(key, engine.now(), t)).collect();
            frame::html(StatusCode::OK, &ListPage { f: Frame::of(&visitor, t.title), t, rows })
        }
        Err(error) => visitor.failed(&error),
    }
}

fn row(key: &KeyInfo, now: Timestamp, t: &'static Keys) -> Row {
    let (class, state) = match key.state.as_str() {
        "active" => ("good", t.active),
        "verify_only" => ("note", t.verify_only),
        _ => ("bad", t.retired),
    };
    let algorithm = match (key.algorithm.as_str(), key.bits) {
        ("rsa", Some(bits)) => format!("RSA {bits}"),
        ("ed25519", _) => "Ed25519".to_owned(),
        ("hmac", _) => t.secret.to_owned(),
        (other, _) => other.to_owned(),
    };
    let days = (now.seconds() - key.created_at.seconds()).max(0) / 86_400;
    let signs = key.state == "active" && key.key_id.is_some();
    Row {
        id: key.id,
        name: key.key_id.clone().unwrap_or_else(|| t.secret.to_owned()),
        product: key.product.clone().unwrap_or_else(|| t.every.to_owned()),
        algorithm,
        class,
        state,
        made: instant(key.created_at),
        age: fill(t.days, days),
        is_old: signs && days > OLD,
        is_small: key.algorithm == "rsa"
            && key.state != "retired"
            && key.bits.is_some_and(|bits| bits < SAFE),
    }
}

/// The key of an address.
async fn find(visitor: &Visitor, id: &str) -> Result<KeyInfo, Response> {
    let Ok(id) = Uuid::try_parse(id) else { return Err(visitor.none()) };
    let keys = visitor.app.engine().list_keys().await.map_err(|error| visitor.failed(&error))?;
    keys.into_iter().find(|key| key.id == id).ok_or_else(|| visitor.none())
}

/// `GET /console/keys/{id}`.
pub(super) async fn show(visitor: Visitor, Path(id): Path<String>, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::SettingsRead) {
        return no;
    }
    let t = Keys::of(visitor.language);
    let notice = match Fields::of_query(uri.query()).get("done") {
        "rotate" => Some(t.rotate_done),
        "retire" => Some(t.retire_done),
        _ => None,
    };
    match find(&visitor, &id).await {
        Ok(key) => whole(&visitor, &key, StatusCode::OK, notice, None).await,
        Err(answer) => answer,
    }
}

async fn whole(
    visitor: &Visitor,
    key: &KeyInfo,
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
) -> Response {
    let t = Keys::of(visitor.language);
    let engine = visitor.app.engine();
    let public = match key.key_id {
        Some(_) => match engine.public_key(key.id).await {
            Ok(pem) => Some(pem),
            Err(error) => return visitor.failed(&error),
        },
        None => None,
    };
    let row = row(key, engine.now(), t);
    let title = if public.is_some() { format!("{} {}", t.key, row.name) } else { row.name.clone() };
    let f = Frame::of(visitor, title).saying(notice);
    let retired_at = key.retired_at.map(instant);
    frame::html(status, &KeyPage { f, t, row, key, public, retired_at, problem })
}

/// `GET /console/keys/{id}/public.pem`.
pub(super) async fn pem(visitor: Visitor, Path(id): Path<String>) -> Response {
    if let Some(no) = visitor.refusal(Permission::SettingsRead) {
        return no;
    }
    let key = match find(&visitor, &id).await {
        Ok(key) => key,
        Err(answer) => return answer,
    };
    let Some(hint) = &key.key_id else { return visitor.none() };
    match visitor.app.engine().public_key(key.id).await {
        Ok(pem) => {
            let name = format!("attachment; filename=\"public-{hint}.pem\"");
            let headers = [
                (CONTENT_TYPE, "application/x-pem-file".to_owned()),
                (CONTENT_DISPOSITION, name),
                (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, pem).into_response()
        }
        Err(error) => visitor.failed(&error),
    }
}

/// `POST /console/keys/{id}/{action}`.
pub(super) async fn act(Path((id, action)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::KeyManage) {
        return no;
    }
    let key = match find(&visitor, &id).await {
        Ok(key) => key,
        Err(answer) => return answer,
    };
    let t = Keys::of(visitor.language);
    let (engine, caller) = (visitor.app.engine(), &visitor.caller);
    let done = match action.as_str() {
        // A colleague who was faster has another key in its place: one is enough.
        "rotate" if key.state != "active" => {
            return whole(&visitor, &key, StatusCode::CONFLICT, None, Some(t.gone)).await;
        }
        "rotate" => engine.rotate_key(caller, Rotate::Id(key.id)).await,
        "retire" if key.key_id.as_deref().is_some_and(|hint| hint != fields.get("hint").trim()) => {
            let problem = Some(t.retire_unsure);
            return whole(&visitor, &key, StatusCode::UNPROCESSABLE_ENTITY, None, problem).await;
        }
        "retire" => engine.retire_key(caller, key.id).await,
        _ => return visitor.none(),
    };
    match done {
        Ok(key) => see(&format!("/console/keys/{}?done={action}", key.id)),
        Err(EngineError::Invalid { .. } | EngineError::Taken { .. }) => {
            whole(&visitor, &key, StatusCode::CONFLICT, None, Some(t.gone)).await
        }
        Err(error) => visitor.failed(&error),
    }
}

impl KeyPage<'_> {
    fn may_rotate(&self) -> bool {
        self.f.may(Permission::KeyManage) && self.key.state == "active" && self.key.key_id.is_some()
    }

    fn may_retire(&self) -> bool {
        self.f.may(Permission::KeyManage) && self.key.state != "retired" && self.key.key_id.is_some()
    }

    fn retire_sure(&self) -> String {
        fill(self.t.retire_sure, &self.row.name)
    }
}
