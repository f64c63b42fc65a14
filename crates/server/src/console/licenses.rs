//! The list of licences: searched and filtered by its address, page by page, and what is done to many of them.

mod bulk;
mod export;

pub(super) use bulk::bulk;
pub(super) use export::export;

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use keyward_core::scheme::Scheme;
use keyward_engine::EngineError;
use keyward_engine::license::{Found, Listed, Listing, Page as LicensePage, Patience, Status};
use keyward_engine::rules::Rules;
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::frame::{self, Frame, instant, see};
use super::standing::Standing;
use super::texts::{Common, Licenses};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

const HERE: &str = "/console/licenses";
/// Licences of a page.
const PAGE: i64 = 50;

/// What an address of the list asks for.
struct Wanted<'a> {
    q: &'a str,
    status: &'a str,
    product: &'a str,
    policy: &'a str,
    scheme: &'a str,
    installation: &'a str,
    user: &'a str,
    within: &'a str,
    sort: &'a str,
    after: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(fields: &'a Fields) -> Self {
        Self {
            q: fields.get("q").trim(),
            status: fields.get("status"),
            product: fields.get("product"),
            policy: fields.get("policy"),
            scheme: fields.get("scheme"),
            installation: fields.get("installation"),
            user: fields.get("user"),
            within: fields.get("within").trim(),
            sort: fields.get("sort"),
            after: fields.get("after"),
        }
    }

    fn is_everything(&self) -> bool {
        self.fields().iter().all(|(name, value)| value.is_empty() || *name == "sort")
    }

    /// The fields of an address or a form that ask for the same.
    fn fields(&self) -> [(&'static str, &'a str); 9] {
        [
            ("q", self.q),
            ("status", self.status),
            ("product", self.product),
            ("policy", self.policy),
            ("scheme", self.scheme),
            ("installation", self.installation),
            ("user", self.user),
            ("within", self.within),
            ("sort", self.sort),
        ]
    }

    /// The address of the same list from another place on.
    fn from(&self, after: &str) -> String {
        let mut fields = self.fields().to_vec();
        fields.push(("after", after));
        address(HERE, &fields)
    }

    /// The address of the whole list as a file.
    fn file(&self) -> String {
        address("/console/licenses/export", &self.fields())
    }

    /// Days within which licences end.
    fn days(&self) -> Option<i64> {
        self.within.parse().ok().filter(|days| (1..=36_500).contains(days))
    }

    /// What the engine is asked; `None` when a filter is nothing that anybody offered: then nothing is found, rather than more than
    /// was asked for.
    fn listing(&self) -> Option<Listing> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let known = |text: &str, is_known: bool| text.is_empty() || is_known;
        let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == self.scheme);
        let status = STATUSES.iter().find(|(name, _)| *name == self.status).map(|(_, status)| *status);
        let user = Uuid::try_parse(self.user).ok();
        let is_right = known(self.scheme, scheme.is_some())
            && known(self.status, status.is_some())
            && known(self.user, user.is_some())
            && known(self.within, self.days().is_some());
        is_right.then(|| Listing {
            product: text(self.product),
            policy: text(self.policy),
            scheme,
            status,
            within_days: self.days(),
            installation: text(self.installation),
            user,
            newest_first: self.sort != "oldest",
            by_end: self.sort == "ends",
            after: text(self.after),
            ..Listing::default()
        })
    }

    /// What is wrong with the number of days.
    fn problem(&self, t: &Licenses) -> Option<&'static str> {
        (!self.within.is_empty() && self.days().is_none()).then_some(t.within_bad)
    }
}

const STATUSES: [(&str, Status); 7] = [
    ("active", Status::Active),
    ("unused", Status::Unused),
    ("used", Status::Used),
    ("expiring", Status::Expiring),
    ("expired", Status::Expired),
    ("suspended", Status::Suspended),
    ("revoked", Status::Revoked),
];

#[derive(Template)]
#[template(path = "console/licenses.html")]
struct ListPage<'a> {
    f: Frame<'a>,
    t: &'static Licenses,
    wanted: &'a Wanted<'a>,
    statuses: Vec<Choice>,
    products: Vec<Choice>,
    policies: Vec<Choice>,
    schemes: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_short: bool,
    is_part: bool,
    sorts: Vec<Choice>,
    csrf: String,
    may_change: bool,
}

/// The rows alone, for the search as somebody types.
#[derive(Template)]
#[template(path = "console/licenses.html", block = "rows")]
struct Rows<'a> {
    t: &'static Licenses,
    wanted: &'a Wanted<'a>,
    policies: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_short: bool,
    is_part: bool,
    csrf: String,
    may_change: bool,
}

struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

struct Row {
    id: Uuid,
    name: String,
    hint: String,
    product: String,
    policy: String,
    customer: String,
    standing: Standing,
    end: String,
    devices: String,
}

/// `GET /console/licenses`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    answer(&visitor, &Fields::of_query(uri.query()), Asked::Page).await
}

/// `POST /console/licenses`: what is typed may be a key, and stands in no address. A script gets the rows alone.
pub(super) async fn search(headers: HeaderMap, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    let asked = if headers.contains_key("hx-request") { Asked::Rows } else { Asked::Form };
    answer(&visitor, &fields, asked).await
}

/// How a list is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// By its address.
    Page,
    /// By a form that is sent without a script.
    Form,
    /// By a script, as somebody types.
    Rows,
}

async fn answer(visitor: &Visitor, fields: &Fields, asked: Asked) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let wanted = Wanted::of(fields);
    let (engine, t) = (visitor.app.engine(), Licenses::of(visitor.language));
    let catalog = engine.catalog();
    if !wanted.q.is_empty() && wanted.after.is_empty() {
        match engine.named_whole(wanted.q).await {
            Ok(Some(id)) => return to_license(id, asked == Asked::Rows),
            Ok(None) => {}
            Err(error) => return visitor.failed(&error),
        }
    }
    let product = catalog.product(wanted.product).map(|product| product.id);
    let page = match found(visitor, &wanted, PAGE, Patience::Short).await {
        Ok(page) => page,
        Err(error) => return visitor.failed(&error),
    };
    let LicensePage { licenses, next, is_short } = page;
    // What finds something may stand in an address; the beginning of a key finds nothing.
    if asked == Asked::Form && (wanted.q.is_empty() || !licenses.is_empty()) {
        return see(&wanted.from(""));
    }
    let rows: Vec<Row> = licenses.iter().map(|listed| row(listed, visitor, t)).collect();
    let next = next.map(|after| wanted.from(&after));
    let choice = |value: &str, name: &str, chosen: &str| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        is_chosen: value == chosen,
    };
    let policies = product.into_iter().flat_map(|product| catalog.policies_of(product));
    let policies: Vec<Choice> =
        policies.map(|policy| choice(&policy.row.code, &policy.row.name, wanted.policy)).collect();
    let may_change = visitor.may(Permission::LicenseChange);
    let csrf = Frame::of(visitor, t.title).csrf();
    if asked == Asked::Rows {
        // The beginning of a key finds nothing, and is not kept in the browser's history.
        let found = wanted.q.is_empty() || !rows.is_empty();
        let place = if found { wanted.from("") } else { "false".to_owned() };
        let rows =
            Rows { t, wanted: &wanted, policies, rows, next, is_short, is_part: true, csrf, may_change };
        let mut response = frame::html(StatusCode::OK, &rows);
        if let Ok(place) = HeaderValue::from_str(&place) {
            response.headers_mut().insert("hx-push-url", place);
        }
        return response;
    }
    let words = [t.active, t.unused, t.used, t.expiring, t.expired, t.suspended, t.revoked];
    let statuses = STATUSES.iter().zip(words).map(|((value, _), word)| choice(value, word, wanted.status));
    let mut products: Vec<_> = catalog.products().collect();
    products.sort_by(|one, other| one.name.cmp(&other.name));
    let products = products.iter().map(|product| choice(&product.code, &product.name, wanted.product));
    let schemes =
        Scheme::ALL.into_iter().map(|scheme| choice(scheme.as_str(), scheme.as_str(), wanted.scheme));
    let sorts = [("", t.sort_newest), ("oldest", t.sort_oldest), ("ends", t.sort_ends)];
    let sorts = sorts.into_iter().map(|(value, word)| choice(value, word, wanted.sort));
    let page = ListPage {
        f: Frame::of(visitor, t.title),
        t,
        wanted: &wanted,
        statuses: statuses.collect(),
        products: products.collect(),
        policies,
        schemes: schemes.collect(),
        rows,
        next,
        is_short,
        is_part: false,
        sorts: sorts.collect(),
        csrf,
        may_change,
    };
    frame::html(StatusCode::OK, &page)
}

/// The licences that an address asks for.
async fn found(
    visitor: &Visitor,
    wanted: &Wanted<'_>,
    limit: i64,
    patience: Patience,
) -> Result<LicensePage, EngineError> {
    let nothing = LicensePage { licenses: Vec::new(), next: None, is_short: false };
    let (engine, Some(mut listing)) = (visitor.app.engine(), wanted.listing()) else { return Ok(nothing) };
    (listing.limit, listing.patience) = (limit, patience);
    let catalog = engine.catalog();
    let product = catalog.product(wanted.product).map(|product| product.id);
    // A policy of the product that was chosen before.
    listing.policy =
        listing.policy.filter(|policy| product.is_some_and(|id| catalog.policy_of(id, policy).is_some()));
    let page = match wanted.q {
        "" => engine.list(&listing).await,
        text => engine.search(text, &listing).await,
    };
    match page {
        // An address that somebody typed, or a product that is gone: nothing is there.
        Err(EngineError::NotFound { .. } | EngineError::Invalid { .. }) => Ok(nothing),
        other => other,
    }
}

/// On to the licence whose whole key was typed.
fn to_license(id: Uuid, by_script: bool) -> Response {
    let place = format!("{HERE}/{id}");
    if by_script { ([("hx-redirect", place)], StatusCode::NO_CONTENT).into_response() } else { see(&place) }
}

fn row(listed: &Listed, visitor: &Visitor, t: &'static Licenses) -> Row {
    let Listed { found, hint, verdict, .. } = listed;
    let license = &found.license;
    let product = visitor.app.engine().catalog().product_by_id(license.product_id).map(|it| it.name.clone());
    Row {
        id: license.id,
        name: called(found),
        hint: hint.clone().unwrap_or_default(),
        product: product.unwrap_or_default(),
        policy: found.policy.row.name.clone(),
        customer: customer(found),
        standing: Standing::of(found, verdict, t),
        end: end(found, Common::of(visitor.language)),
        devices: devices(license.machines_count, &found.policy.rules, license.max_machines),
    }
}

/// How a licence is called: what it is for, or its name, or whom its metadata says that it was made for.
pub(super) fn called(found: &Found) -> String {
    let license = &found.license;
    let own = license.subject.clone().or_else(|| license.name.clone());
    own.filter(|text| !text.is_empty()).or_else(|| made_for(&license.metadata)).unwrap_or_default()
}

/// Whom metadata names as systems D and E do.
fn made_for(metadata: &str) -> Option<String> {
    let metadata: serde_json::Value = serde_json::from_str(metadata).ok()?;
    let said = |name| metadata[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    said("company").or_else(|| said("issuedTo")).map(str::to_owned)
}

/// How its customer is called.
pub(super) fn customer(found: &Found) -> String {
    found.user_email.clone().or_else(|| found.user_external_id.clone()).unwrap_or_default()
}

/// When it ends, for people.
pub(super) fn end(found: &Found, c: &Common) -> String {
    match (found.license.expiry, &found.license.expiry_text) {
        (Some(end), _) => instant(end),
        (None, Some(text)) => text.clone(),
        (None, None) if found.policy.rules.duration.is_some() => "–".to_owned(),
        (None, None) => c.never.to_owned(),
    }
}

/// How many devices it runs on, and how many it may.
pub(super) fn devices(count: i64, rules: &Rules, own: Option<u32>) -> String {
    match rules.machine_limit(own) {
        Some(limit) => format!("{count} / {limit}"),
        None if count == 0 => "–".to_owned(),
        None => count.to_string(),
    }
}
