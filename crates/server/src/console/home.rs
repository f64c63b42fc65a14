//! The overview: how the licences stand, what happened, and what needs somebody's attention.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::license::{Listing, Patience, Status};
use keyward_engine::statistics::{Day, PolicyCounts};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::HOME;
use super::chart::{Chart, Series};
use super::frame::{self, Frame, see};
use super::licenses::{called, customer, end};
use super::texts::{Common, Home, fill};
use super::visitor::Visitor;

/// Days that are shown.
const DAYS: i64 = 28;
/// Licences that end soon, of which so many are shown.
const ENDING: i64 = 8;
/// A pool with less than this part of its keys left is low: one in so many.
const LOW: i64 = 10;

#[derive(Template)]
#[template(path = "console/home.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Home,
    /// Somebody may be guessing keys.
    alert: bool,
    tiles: Vec<Tile>,
    charts: [Chart; 2],
    ending: Vec<Ending>,
    pools: Vec<Pool>,
    is_new: bool,
}

/// A number that leads to the list behind it.
struct Tile {
    name: &'static str,
    value: String,
    path: &'static str,
}

struct Ending {
    id: Uuid,
    name: String,
    customer: String,
    end: String,
}

struct Pool {
    name: String,
    path: String,
    total: i64,
    used: i64,
    available: i64,
    is_low: bool,
}

/// `GET /console`: the address without its stroke.
pub(super) async fn elsewhere() -> Response {
    see(HOME)
}

/// `GET /console/`.
pub(super) async fn home(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::StatsRead) {
        return no;
    }
    match read(&visitor).await {
        Ok(page) => frame::html(StatusCode::OK, &page),
        Err(error) => visitor.failed(&error),
    }
}

async fn read(visitor: &Visitor) -> Result<Page<'_>, EngineError> {
    let (app, t) = (&visitor.app, Home::of(visitor.language));
    let (engine, c) = (app.engine(), Common::of(visitor.language));
    let overview = engine.overview(DAYS).await?;
    let listing = Listing {
        status: Some(Status::Expiring),
        limit: ENDING,
        patience: Patience::Short,
        ..Listing::default()
    };
    let ending = engine.list(&listing).await?.licenses;
    let rate = match overview.total {
        0 => "–".to_owned(),
        total => format!("{:.1} %", overview.used as f64 * 100.0 / total as f64),
    };
    let number = |value: i64| value.to_string();
    let failed_today = overview.by_day.last().map_or(0, |day| day.failed);
    let tiles = vec![
        Tile { name: t.total, value: number(overview.total), path: "/console/licenses" },
        Tile { name: t.used, value: number(overview.used), path: "/console/licenses?status=active" },
        Tile { name: t.rate, value: rate, path: "/console/licenses?status=unused" },
        Tile {
            name: t.suspended,
            value: number(overview.suspended),
            path: "/console/licenses?status=suspended",
        },
        Tile { name: t.revoked, value: number(overview.revoked), path: "/console/licenses?status=revoked" },
        Tile { name: t.failed_today, value: number(failed_today), path: "/console/#validations" },
    ];
    let days: Vec<_> = overview.by_day.iter().map(|day| day.at).collect();
    let values = |of: fn(&Day) -> i64| overview.by_day.iter().map(of).collect::<Vec<_>>();
    let activations =
        Series { name: t.activations, class: "bar-main", values: values(|day| day.activations) };
    let good = Series { name: t.granted, class: "bar-good", values: values(|day| day.validations) };
    let refused = Series { name: t.refused, class: "bar-bad", values: values(|day| day.failed) };
    Ok(Page {
        f: Frame::of(visitor, c.dashboard),
        t,
        alert: app.guessing(),
        tiles,
        charts: [
            Chart { title: t.activations, days: days.clone(), series: vec![activations] },
            Chart { title: t.validations, days, series: vec![good, refused] },
        ],
        ending: ending
            .iter()
            .map(|listed| Ending {
                id: listed.found.license.id,
                name: match called(&listed.found) {
                    name if name.is_empty() => format!("…{}", listed.hint.as_deref().unwrap_or_default()),
                    name => name,
                },
                customer: customer(&listed.found),
                end: end(&listed.found, c),
            })
            .collect(),
        pools: pools(visitor).await?,
        is_new: overview.total == 0,
    })
}

/// The stock of every product with keys that work once.
async fn pools(visitor: &Visitor) -> Result<Vec<Pool>, EngineError> {
    let engine = visitor.app.engine();
    let catalog = engine.catalog();
    let mut products: Vec<_> = catalog.products().collect();
    products.sort_by(|one, other| one.code.cmp(&other.code));
    let mut pools = Vec::new();
    for product in products {
        if !catalog.policies_of(product.id).any(|policy| policy.rules.single_use) {
            continue;
        }
        for counts in engine.statistics(product.id).await?.by_policy {
            let PolicyCounts { code, name, total, used, available, .. } = counts;
            if total > 0 {
                let fields =
                    [("product", product.code.as_str()), ("policy", code.as_str()), ("status", "unused")];
                let path = crate::web::address("/console/licenses", &fields);
                let is_low = available * LOW < total;
                pools.push(Pool { name, path, total, used, available, is_low });
            }
        }
    }
    Ok(pools)
}

impl Page<'_> {
    fn low(&self, pool: &Pool) -> String {
        fill(self.t.low, &pool.name)
    }
}
