//! Features (entitlements): which there are, what has them, made, renamed, and removed when nothing has them.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_engine::{EngineError, Feature, Policy};
use uuid::Uuid;

use super::frame::{self, Frame, see};
use super::texts::{Common, Features};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

const HERE: &str = "/console/features";
/// Features of a page.
const PAGE: i64 = 100;

#[derive(Template)]
#[template(path = "console/features.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Features,
    rows: Vec<Row>,
    next: Option<String>,
    after: &'a str,
    problem: Option<&'static str>,
    typed: Typed<'a>,
}

/// What was typed: for a new one, or for the one of an id.
#[derive(Clone, Copy, Default)]
struct Typed<'a> {
    id: Option<Uuid>,
    code: &'a str,
    name: &'a str,
}

struct Row {
    id: Uuid,
    code: String,
    name: String,
    /// Its policies: where each is, and what it is called.
    policies: Vec<(String, String)>,
    has_license: bool,
}

impl Row {
    /// Whether it can be removed.
    const fn is_unused(&self) -> bool {
        self.policies.is_empty() && !self.has_license
    }
}

/// What the page says beside the list.
#[derive(Default)]
struct Told<'a> {
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
    after: &'a str,
    typed: Typed<'a>,
}

/// `GET /console/features`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    let (t, fields) = (Features::of(visitor.language), Fields::of_query(uri.query()));
    let notice = match fields.get("done") {
        "create" => Some(t.create_done),
        "rename" => Some(t.rename_done),
        "delete" => Some(t.delete_done),
        _ => None,
    };
    whole(&visitor, Told { notice, after: fields.get("after"), ..Told::default() }).await
}

async fn whole(visitor: &Visitor, told: Told<'_>) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let (t, engine) = (Features::of(visitor.language), visitor.app.engine());
    // Which policies carry them is held in memory: as it is now on every node.
    if let Err(error) = engine.refresh().await {
        return visitor.failed(&error);
    }
    // One more tells whether there is another page.
    let mut found = match engine.features_after(told.after, PAGE + 1).await {
        Ok(found) => found,
        Err(error) => return visitor.failed(&error),
    };
    let is_more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let last = found.last().filter(|_| is_more);
    let next = last.map(|last| address(HERE, &[("after", &last.entitlement.code)]));
    let page = Page {
        f: Frame::of(visitor, t.title).saying(told.notice),
        t,
        next,
        rows: found.into_iter().map(|feature| row(feature, visitor)).collect(),
        after: told.after,
        problem: told.problem,
        typed: told.typed,
    };
    frame::html(told.status, &page)
}

fn row(feature: Feature, visitor: &Visitor) -> Row {
    let Feature { entitlement, has_license } = feature;
    let catalog = visitor.app.engine().catalog();
    let mut products: Vec<_> = catalog.products().collect();
    products.sort_by(|one, other| one.code.cmp(&other.code));
    let mut policies = Vec::new();
    for product in products {
        let has = |policy: &&Arc<Policy>| policy.model.entitlements.contains(&entitlement.code);
        policies.extend(catalog.policies_of(product.id).filter(has).map(|policy| {
            let place = format!("/console/products/{}/{}", product.code, policy.row.code);
            (place, format!("{} · {}", product.name, policy.row.name))
        }));
    }
    Row { id: entitlement.id, code: entitlement.code, name: entitlement.name, policies, has_license }
}

/// `POST /console/features`.
pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let t = Features::of(visitor.language);
    let typed = Typed { id: None, code: fields.get("code").trim(), name: fields.get("name").trim() };
    let (status, problem) =
        match visitor.app.engine().create_feature(&visitor.caller, typed.code, typed.name).await {
            Ok(()) => return see("/console/features?done=create"),
            Err(EngineError::Taken { .. }) => (StatusCode::CONFLICT, t.taken),
            Err(EngineError::Invalid { field, .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, if field == "code" { t.code_bad } else { t.name_bad })
            }
            Err(error) => return visitor.failed(&error),
        };
    whole(&visitor, Told { status, problem: Some(problem), typed, ..Told::default() }).await
}

/// `POST /console/features/{id}/{action}`.
pub(super) async fn act(Path((id, action)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let Ok(id) = Uuid::try_parse(&id) else { return visitor.none() };
    let (t, c) = (Features::of(visitor.language), Common::of(visitor.language));
    let (engine, caller, after) = (visitor.app.engine(), &visitor.caller, fields.get("after"));
    let typed = Typed { id: Some(id), code: "", name: fields.get("name").trim() };
    let (status, problem) = match action.as_str() {
        "rename" => match engine.rename_feature(caller, id, fields.get("seen"), typed.name).await {
            Ok(()) => return see(&address(HERE, &[("done", "rename"), ("after", after)])),
            Err(EngineError::Changed(_)) => (StatusCode::CONFLICT, c.changed_meanwhile),
            Err(EngineError::Invalid { .. }) => (StatusCode::UNPROCESSABLE_ENTITY, t.name_bad),
            Err(error) => return visitor.failed(&error),
        },
        "delete" => match engine.delete_feature(caller, id).await {
            Ok(true) => return see(&address(HERE, &[("done", "delete"), ("after", after)])),
            Ok(false) => (StatusCode::CONFLICT, t.used),
            Err(error) => return visitor.failed(&error),
        },
        _ => return visitor.none(),
    };
    let typed = if action == "rename" { typed } else { Typed::default() };
    whole(&visitor, Told { status, problem: Some(problem), typed, after, ..Told::default() }).await
}

impl Page<'_> {
    /// What stands in the name of a row: what was typed, where it was sent back.
    fn name<'r>(&'r self, row: &'r Row) -> &'r str {
        if self.is_sent_back(row) { self.typed.name } else { &row.name }
    }

    fn is_sent_back(&self, row: &Row) -> bool {
        self.problem.is_some() && self.typed.id == Some(row.id)
    }
}
