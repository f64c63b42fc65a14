//! The overview: how the licences stand, what happened, and what needs somebody's attention.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::audit::DELAY;
use keyward_engine::license::{Listing, Patience, Status};
use keyward_engine::statistics::{Count, Day, Overview, PolicyCounts};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::HOME;
use super::attempts;
use super::chart::{Chart, Series};
use super::frame::{self, Frame, day, see};
use super::language::Language;
use super::licenses::{called, customer, end};
use super::texts::{Common, Home, fill};
use super::visitor::Visitor;
use crate::web::address;

/// Days that are shown.
const DAYS: i64 = 28;
/// Licences that end soon, of which so many are shown.
const ENDING: i64 = 8;
/// The events of activations: of a licence, and of a device of an installation.
const ACTIVATED: &str = "license.activate,device.activate";
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
    path: String,
    /// What the number is of all.
    note: Option<String>,
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
    /// All and those in use, each with the list of them; `path` is that of those available.
    total: (i64, String),
    used: (i64, String),
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
    let tiles = tiles(visitor, &overview, t).await?;
    let days: Vec<_> = overview.by_day.iter().map(|day| day.at).collect();
    let values = |of: fn(&Day) -> i64| overview.by_day.iter().map(of).collect::<Vec<_>>();
    let series = |name, class, list, of| Series { name, class, list, values: values(of) };
    let answered = |with| Some((attempts::HERE, ("answer", with)));
    let activated = ("/console/audit", ("event", ACTIVATED));
    let activated = visitor.may(Permission::AuditRead).then_some(activated);
    let activations = series(t.activations, "bar-main", activated, |day| day.activations);
    let good = series(t.granted, "bar-good", answered(attempts::GRANTED), |day| day.validations);
    let refused = series(t.refused, "bar-bad", answered(attempts::REFUSED), |day| day.failed);
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

/// The numbers, each with the list behind it.
async fn tiles(visitor: &Visitor, overview: &Overview, t: &'static Home) -> Result<Vec<Tile>, EngineError> {
    let number = |count: Count| number(count, visitor.language);
    let tile = |name, status: &str, count: Count| Tile {
        name,
        value: number(count),
        path: address("/console/licenses", &[("status", status)]),
        note: None,
    };
    let rate = match overview.total {
        0 => "–".to_owned(),
        total => format!("{:.1} %", overview.used as f64 * 100.0 / total as f64),
    };
    let mut tiles = vec![
        tile(t.total, "", Count::exactly(overview.total)),
        tile(t.active, "active", overview.active),
        Tile { note: Some(fill(t.rate, rate)), ..tile(t.used, "used", Count::exactly(overview.used)) },
        tile(t.unused, "unused", Count::exactly(overview.unused)),
        tile(t.expiring, "expiring", overview.expiring),
        tile(t.expired, "expired", overview.expired),
        tile(t.suspended, "suspended", overview.suspended),
        tile(t.revoked, "revoked", Count::exactly(overview.revoked)),
    ];
    let Some(today) = overview.by_day.last() else { return Ok(tiles) };
    let date = day(today.at);
    let of_today = |path, field| address(path, &[field, ("from", &date), ("to", &date)]);
    tiles.push(Tile {
        name: t.failed_today,
        value: number(Count::exactly(today.failed)),
        path: of_today(attempts::HERE, ("answer", attempts::REFUSED)),
        note: None,
    });
    if visitor.may(Permission::AuditRead) {
        let delays = number(visitor.app.engine().count_delays(today.at).await?);
        let path = of_today("/console/audit", ("event", DELAY));
        tiles.push(Tile { name: t.delayed_today, value: delays, path, note: None });
    }
    Ok(tiles)
}

/// A number for people: with its thousands apart, and a plus where there may be more.
fn number(count: Count, language: Language) -> String {
    let apart = match language {
        Language::English => ',',
        Language::French => '\u{202f}',
    };
    let digits = count.at_least.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(apart);
        }
        text.push(digit);
    }
    if count.is_more {
        text.push('+');
    }
    text
}

/// The stock of every product with keys that work once.
async fn pools(visitor: &Visitor) -> Result<Vec<Pool>, EngineError> {
    let engine = visitor.app.engine();
    let catalog = engine.catalog();
    let is_pool = |product: Uuid| catalog.policies_of(product).any(|policy| policy.rules.single_use);
    let mut products: Vec<_> = catalog.products().filter(|product| is_pool(product.id)).collect();
    products.sort_by(|one, other| one.code.cmp(&other.code));
    let ids: Vec<Uuid> = products.iter().map(|product| product.id).collect();
    let mut pools = Vec::new();
    for (product, counts) in products.iter().zip(engine.counts(&ids).await?) {
        for counts in counts {
            let list = |status: &str| {
                let fields = [("product", &*product.code), ("policy", &*counts.code), ("status", status)];
                address("/console/licenses", &fields)
            };
            let PolicyCounts { total, available, .. } = counts;
            if total > 0 {
                pools.push(Pool {
                    path: list("unused"),
                    total: (total, list("")),
                    used: (counts.in_use(), list("used")),
                    available,
                    is_low: available * LOW < total,
                    name: counts.name,
                });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart_and_say_when_there_are_more() {
        let english = |count| number(count, Language::English);
        for (value, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-123, "-123")]
        {
            assert_eq!(english(Count::exactly(value)), text);
        }
        assert_eq!(english(Count { at_least: 1_000, is_more: true }), "1,000+");
        assert_eq!(number(Count::exactly(12_345), Language::French), "12\u{202f}345");
    }
}
