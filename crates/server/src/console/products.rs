//! Products, each with its policies.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_core::scheme::Scheme;
use keyward_engine::rules::Rules;
use keyward_engine::token::Permission;
use keyward_engine::{EngineError, Policy};

use super::frame::{self, Frame, instant, see};
use super::policy::{Typed, devices, span};
use super::texts::Products;
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

/// The kinds of keys whose policies have whatever names their vendor likes; those of the others are given.
const SCHEMES: [Scheme; 3] = [Scheme::File, Scheme::Record, Scheme::Lk3];

#[derive(Template)]
#[template(path = "console/products.html")]
struct ListPage<'a> {
    f: Frame<'a>,
    t: &'static Products,
    rows: Vec<ProductRow>,
    problem: Option<String>,
    code: &'a str,
    name: &'a str,
}

struct ProductRow {
    code: String,
    name: String,
    policies: usize,
    made: String,
}

#[derive(Template)]
#[template(path = "console/product.html")]
struct ProductPage<'a> {
    f: Frame<'a>,
    t: &'static Products,
    code: &'a str,
    prefix: Option<&'a str>,
    made: String,
    licenses: String,
    rows: Vec<PolicyRow>,
    schemes: [&'static str; 3],
    problem: Option<String>,
    new_code: &'a str,
    scheme: &'a str,
    typed: &'a Typed,
}

struct PolicyRow {
    code: String,
    name: String,
    scheme: String,
    duration: String,
    devices: String,
}

/// `GET /console/products`.
pub(super) async fn list(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    all(&visitor, StatusCode::OK, None, &Fields::of_query(None))
}

fn all(visitor: &Visitor, status: StatusCode, problem: Option<&str>, fields: &Fields) -> Response {
    let t = Products::of(visitor.language);
    let catalog = visitor.app.engine().catalog();
    let row = |product: &std::sync::Arc<keyward_engine::Product>| ProductRow {
        code: product.code.clone(),
        name: product.name.clone(),
        policies: catalog.policies_of(product.id).count(),
        made: instant(product.created_at),
    };
    let mut rows: Vec<ProductRow> = catalog.products().map(row).collect();
    rows.sort_by(|one, other| one.code.cmp(&other.code));
    let (f, problem) = (Frame::of(visitor, t.title), problem.map(str::to_owned));
    let (code, name) = (fields.get("code"), fields.get("name"));
    frame::html(status, &ListPage { f, t, rows, problem, code, name })
}

/// `POST /console/products`.
pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let t = Products::of(visitor.language);
    let (code, name) = (fields.get("code").trim(), fields.get("name").trim());
    match visitor.app.engine().create_product(&visitor.caller, code, name).await {
        Ok(()) => see(&format!("/console/products/{code}?done=product")),
        Err(error) => match sentence(&error, t) {
            Some((status, problem)) => all(&visitor, status, Some(problem), &fields),
            None => visitor.failed(&error),
        },
    }
}

/// What the pages say of an error that the person can do something about; `None` is ours.
pub(super) const fn sentence(
    error: &EngineError,
    t: &'static Products,
) -> Option<(StatusCode, &'static str)> {
    match error {
        EngineError::Taken { .. } => Some((StatusCode::CONFLICT, t.taken)),
        EngineError::Invalid { field, .. } if matches!(field.as_bytes(), b"code") => {
            Some((StatusCode::UNPROCESSABLE_ENTITY, t.code_bad))
        }
        EngineError::Invalid { .. } => Some((StatusCode::UNPROCESSABLE_ENTITY, t.name_bad)),
        _ => None,
    }
}

/// `GET /console/products/{code}`.
pub(super) async fn show(visitor: Visitor, Path(code): Path<String>, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let t = Products::of(visitor.language);
    let fields = Fields::of_query(uri.query());
    let notice = (fields.get("done") == "product").then_some(t.product_done);
    let nothing = Fields::of_query(None);
    one(&visitor, &code, StatusCode::OK, notice, None, &nothing, &Typed::new_policy())
}

fn one(
    visitor: &Visitor,
    code: &str,
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<String>,
    fields: &Fields,
    typed: &Typed,
) -> Response {
    let t = Products::of(visitor.language);
    let catalog = visitor.app.engine().catalog();
    let Some(product) = catalog.product(code) else { return visitor.none() };
    let page = ProductPage {
        f: Frame::of(visitor, product.name.clone()).saying(notice),
        t,
        code: &product.code,
        prefix: product.key_prefix.as_deref(),
        made: instant(product.created_at),
        licenses: address("/console/licenses", &[("product", &product.code)]),
        rows: catalog.policies_of(product.id).map(|policy| row(policy, t)).collect(),
        schemes: SCHEMES.map(Scheme::as_str),
        problem,
        new_code: fields.get("code"),
        scheme: fields.get("scheme"),
        typed,
    };
    frame::html(status, &page)
}

fn row(policy: &Policy, t: &'static Products) -> PolicyRow {
    PolicyRow {
        code: policy.row.code.clone(),
        name: policy.row.name.clone(),
        scheme: policy.row.scheme.clone().unwrap_or_default(),
        duration: policy.rules.duration.map_or_else(
            || t.forever.to_owned(),
            |seconds| span(i64::try_from(seconds).unwrap_or(i64::MAX), t),
        ),
        devices: devices(&policy.rules, t),
    }
}

/// `POST /console/products/{code}`: a new policy.
pub(super) async fn create_policy(Path(product): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let t = Products::of(visitor.language);
    let typed = Typed::of(&fields);
    let again =
        |status, problem: String| one(&visitor, &product, status, None, Some(problem), &fields, &typed);
    let Some(scheme) = SCHEMES.into_iter().find(|scheme| scheme.as_str() == fields.get("scheme")) else {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.scheme_bad.to_owned());
    };
    let rules = match typed.rules(&Rules::default(), t) {
        Ok(rules) => rules,
        Err(problem) => return again(StatusCode::UNPROCESSABLE_ENTITY, problem),
    };
    let (engine, code) = (visitor.app.engine(), fields.get("code").trim());
    match engine.create_policy(&visitor.caller, &product, code, &typed.name, scheme, &rules).await {
        Ok(()) => see(&format!("/console/products/{product}/{code}?done=policy")),
        Err(error) => match sentence(&error, t) {
            Some((status, problem)) => again(status, problem.to_owned()),
            None => visitor.failed(&error),
        },
    }
}
