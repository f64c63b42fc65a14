//! The form and its table: `GET /records`, and `/` on A's own listener.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Scope;
use keyward_engine::license::{Found, Question, RecordPage, decide};
use keyward_engine::{EngineError, Policy, Product};

use super::page::{self, Frame};
use super::visitor::{Visitor, look};
use super::{issue, sign_in};
use crate::app::App;
use crate::layers::Context;
use crate::web::{Fields, address};

/// Licences on a page.
const PER_PAGE: usize = 50;
/// Characters of a client's id in the table.
const SHOWN: usize = 80;

#[derive(Template)]
#[template(path = "records/list.html")]
struct List<'a> {
    frame: Frame<'a>,
    form: &'a Typed,
    types: Vec<Type>,
    problem: Option<&'a Problem>,
    csrf: &'a str,
    search: &'a str,
    rows: Vec<Row>,
    is_first: bool,
    next: Option<String>,
}

/// What was typed into the form.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) client_id: String,
    pub(super) license_type: String,
    pub(super) duration: String,
}

/// Why a form was not taken.
pub(super) struct Problem {
    pub(super) sentences: Vec<String>,
    /// The page of the licence that is in the way.
    pub(super) existing: Option<i64>,
}

struct Type {
    name: String,
    is_chosen: bool,
}

struct Row {
    serial: i64,
    client_id: String,
    license_type: String,
    issued: String,
    end: String,
    standing: Standing,
}

/// How a licence stands now, in a word and in a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

impl Standing {
    pub(super) fn of(found: &Found, now: Timestamp) -> Self {
        let verdict = decide(Question::Run, Some(found), &[], &Scope::default(), now);
        let (word, class) = match verdict.code {
            Code::Valid => ("active", "good"),
            Code::GracePeriod => ("in grace", "late"),
            Code::Expired => ("expired", "late"),
            Code::Revoked => ("revoked", "bad"),
            _ => ("suspended", "bad"),
        };
        Self { word, class }
    }
}

impl Typed {
    pub(super) fn of(fields: &Fields) -> Self {
        let [client_id, license_type, duration] =
            ["client_id", "license_type", "duration"].map(|name| fields.get(name).to_owned());
        Self { client_id, license_type, duration }
    }
}

pub(super) async fn list(State(app): State<App>, context: Context, headers: HeaderMap, uri: Uri) -> Response {
    let fields = Fields::of_query(uri.query());
    let visitor = match look(&app, &context, &headers).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => {
            let next = uri.query().map_or_else(|| "/records".to_owned(), |query| format!("/records?{query}"));
            return sign_in::page(StatusCode::OK, &next, None);
        }
        Err(answer) => return answer,
    };
    let mut typed = Typed::of(&fields);
    if typed.duration.is_empty() {
        "365".clone_into(&mut typed.duration);
    }
    show(&app, &context, &visitor, StatusCode::OK, &typed, None, &fields).await
}

/// The page, with what was typed.
pub(super) async fn show(
    app: &App,
    context: &Context,
    visitor: &Visitor,
    status: StatusCode,
    typed: &Typed,
    problem: Option<&Problem>,
    query: &Fields,
) -> Response {
    let (search, before) = (query.get("q").trim(), query.get("before").parse().ok());
    let found = async {
        let product = super::product(app)?;
        let page = licenses(app, &product, search, before).await?;
        Ok::<_, EngineError>((product, page))
    };
    let (product, found) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error, context),
    };
    let now = app.engine().now();
    let frame = Frame { title: "Signed records", csrf: visitor.session.as_ref().map(|_| visitor.csrf()) };
    let chosen = |policy: &Policy| issue::is_called(policy, &typed.license_type);
    let types = issue::types(app, &product)
        .into_iter()
        .map(|policy| Type { is_chosen: chosen(&policy), name: policy.row.name.clone() });
    let page = List {
        frame,
        form: typed,
        types: types.collect(),
        problem,
        csrf: visitor.csrf(),
        search,
        rows: found.licenses.iter().map(|license| row(license, now)).collect(),
        is_first: before.is_none(),
        next: found.next.map(|next| address("/records", &[("q", search), ("before", &next.to_string())])),
    };
    page::html(status, &page)
}

async fn licenses(
    app: &App,
    product: &Product,
    search: &str,
    before: Option<i64>,
) -> Result<RecordPage, EngineError> {
    if search.is_empty() {
        app.engine().records(product.id, before.unwrap_or(i64::MAX), PER_PAGE).await
    } else {
        app.engine().search_records(product.id, search, before, PER_PAGE).await
    }
}

fn row(found: &Found, now: Timestamp) -> Row {
    Row {
        serial: found.serial,
        client_id: cut(found.license.subject.as_deref().unwrap_or_default()),
        license_type: found.policy.row.name.clone(),
        issued: page::instant(found.license.created_at),
        end: page::end(found.license.expiry),
        standing: Standing::of(found, now),
    }
}

/// The beginning of a long text.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
