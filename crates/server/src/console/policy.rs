//! One policy: its rules in sentences, its features, and the form that changes it.

mod sentences;
mod strategies;
mod typed;

pub(super) use sentences::{devices, span};
pub(super) use typed::Typed;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_engine::{Holder, Policy, Product, check_feature_code};

use super::frame::{self, Frame, instant, see};
use super::products::sentence;
use super::texts::{Common, Products};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

#[derive(Template)]
#[template(path = "console/policy.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Products,
    product: &'a Product,
    policy: &'a Policy,
    place: String,
    licenses: String,
    changed: String,
    sentences: Vec<String>,
    seen: String,
    problem: Option<String>,
    /// How many licences follow it.
    count: String,
    asked: typed::Asked,
    typed: Typed,
    is_sent_back: bool,
}

/// The policy of an address.
fn find(visitor: &Visitor, product: &str, policy: &str) -> Option<(Arc<Product>, Arc<Policy>)> {
    let catalog = visitor.app.engine().catalog();
    let product = catalog.product(product)?;
    let policy = catalog.policy_of(product.id, policy)?;
    Some((Arc::clone(product), Arc::clone(policy)))
}

/// `GET /console/products/{code}/{policy}`.
pub(super) async fn show(
    visitor: Visitor,
    Path((product, policy)): Path<(String, String)>,
    uri: Uri,
) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let Some((product, policy)) = find(&visitor, &product, &policy) else {
        return visitor.none();
    };
    let t = Products::of(visitor.language);
    let notice = match Fields::of_query(uri.query()).get("done") {
        "policy" => Some(t.policy_done),
        "change" => Some(t.change_done),
        "features" => Some(t.features_done),
        _ => None,
    };
    whole(&visitor, &product, &policy, StatusCode::OK, notice, None, None).await
}

async fn whole(
    visitor: &Visitor,
    product: &Product,
    policy: &Policy,
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<String>,
    typed: Option<Typed>,
) -> Response {
    let t = Products::of(visitor.language);
    let count = match visitor.app.engine().licenses_under(policy.row.id).await {
        Ok(count) => count.to_string(),
        Err(error) => return visitor.failed(&error),
    };
    let is_sent_back = typed.is_some();
    let typed = typed.unwrap_or_else(|| Typed::show(policy));
    let page = Page {
        f: Frame::of(visitor, format!("{} · {}", product.name, policy.row.name)).saying(notice),
        t,
        product,
        policy,
        place: format!("/console/products/{}/{}", product.code, policy.row.code),
        licenses: address("/console/licenses", &[("product", &product.code), ("policy", &policy.row.code)]),
        changed: instant(policy.row.updated_at),
        sentences: sentences::of(&policy.rules, t),
        seen: seen(policy),
        problem,
        count,
        asked: typed.asked(policy, t),
        is_sent_back,
        typed,
    };
    frame::html(status, &page)
}

/// What a colleague may change: a form that was made before that is not followed.
fn seen(policy: &Policy) -> String {
    let mut hasher = DefaultHasher::new();
    (&policy.row.name, &policy.row.rules).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// `POST /console/products/{code}/{policy}`.
pub(super) async fn change(Path((product, policy)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let engine = visitor.app.engine();
    // A colleague may have changed it on another node.
    if let Err(error) = engine.refresh().await {
        return visitor.failed(&error);
    }
    let Some((product, policy)) = find(&visitor, &product, &policy) else {
        return visitor.none();
    };
    let (t, c) = (Products::of(visitor.language), Common::of(visitor.language));
    let typed = Typed::of(&fields);
    let again = async |status, problem: String, typed| {
        // As it stands now.
        let now = find(&visitor, &product.code, &policy.row.code);
        let now = now.map_or_else(|| Arc::clone(&policy), |(_, policy)| policy);
        whole(&visitor, &product, &now, status, None, Some(problem), Some(typed)).await
    };
    if fields.get("seen") != seen(&policy) {
        return again(StatusCode::CONFLICT, c.changed_meanwhile.to_owned(), typed).await;
    }
    let rules = match typed.rules(&policy.rules, t) {
        Ok(rules) => rules,
        Err(problem) => return again(StatusCode::UNPROCESSABLE_ENTITY, problem, typed).await,
    };
    match engine.change_policy(&visitor.caller, &policy, &typed.name, &rules).await {
        Ok(true) => see(&format!("/console/products/{}/{}?done=change", product.code, policy.row.code)),
        Ok(false) => again(StatusCode::CONFLICT, c.changed_meanwhile.to_owned(), typed).await,
        Err(error) => match sentence(&error, t) {
            Some((status, problem)) => again(status, problem.to_owned(), typed).await,
            None => visitor.failed(&error),
        },
    }
}

/// `POST /console/products/{code}/{policy}/features`.
pub(super) async fn features(Path((product, policy)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let Some((product, policy)) = find(&visitor, &product, &policy) else {
        return visitor.none();
    };
    let t = Products::of(visitor.language);
    let (engine, caller) = (visitor.app.engine(), &visitor.caller);
    let holder = Holder::Policy(policy.row.id);
    let done = match (fields.get("add").trim(), fields.get("remove")) {
        ("", feature) if policy.model.entitlements.iter().any(|it| it == feature) => {
            engine.detach_entitlements(caller, holder, &[feature.to_owned()]).await
        }
        // A colleague removed it.
        ("", feature) if !feature.is_empty() => Ok(()),
        (feature, _) if check_feature_code(feature).is_ok() => {
            engine.attach_entitlements(caller, holder, &[feature.to_owned()]).await
        }
        _ => {
            let problem = Some(t.feature_bad.to_owned());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return whole(&visitor, &product, &policy, status, None, problem, None).await;
        }
    };
    match done {
        Ok(()) => see(&format!("/console/products/{}/{}?done=features", product.code, policy.row.code)),
        Err(error) => visitor.failed(&error),
    }
}
