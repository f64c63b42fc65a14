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
use super::texts::{Products, fill};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

/// The kinds of keys, the one to choose first.
const SCHEMES: [Scheme; 7] =
    [Scheme::Lk3, Scheme::Record, Scheme::File, Scheme::Pool, Scheme::Tier, Scheme::Lk2, Scheme::Lk1];

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
    schemes: [&'static str; 7],
    /// Each kind with what it needs.
    needs: [(&'static str, &'static str); 7],
    fronts: String,
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
        EngineError::Invalid { field, .. } if matches!(field.as_bytes(), b"tier") => {
            Some((StatusCode::UNPROCESSABLE_ENTITY, t.tier_bad))
        }
        EngineError::Invalid { field, .. } if matches!(field.as_bytes(), b"duration") => {
            Some((StatusCode::UNPROCESSABLE_ENTITY, t.days_bad))
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
        needs: SCHEMES.map(|scheme| (scheme.as_str(), needs(scheme, t))),
        fronts: fronts(visitor, t),
        problem,
        new_code: fields.get("code"),
        scheme: fields.get("scheme"),
        typed,
    };
    frame::html(status, &page)
}

/// What the keys of a kind need of their policy.
const fn needs(scheme: Scheme, t: &'static Products) -> &'static str {
    match scheme {
        Scheme::Lk3 => t.lk3_needs,
        Scheme::Record => t.record_needs,
        Scheme::File => t.file_needs,
        Scheme::Pool => t.pool_needs,
        Scheme::Tier => t.tier_needs,
        Scheme::Lk2 => t.lk2_needs,
        Scheme::Lk1 => t.lk1_needs,
    }
}

/// The products that older applications ask about.
fn fronts(visitor: &Visitor, t: &'static Products) -> String {
    let dialects = &visitor.app.config().dialects;
    let mut products =
        vec![&dialects.records.product, &dialects.pool.product, &dialects.tier.product, &dialects.lk.product];
    products.dedup();
    let products: Vec<&str> = products.into_iter().map(String::as_str).collect();
    fill(t.fronts, products.join(", "))
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
    let rules = match typed.rules(&Rules::of_new(scheme), t) {
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
