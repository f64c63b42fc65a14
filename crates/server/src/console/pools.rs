//! Pools (system B): the stock of each duration, from counters.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_core::scheme::Scheme;
use keyward_engine::Policy;
use keyward_engine::statistics::PolicyCounts;
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::frame::{self, Frame};
use super::texts::{Pools, fill};
use super::visitor::Visitor;
use crate::web::address;

#[derive(Template)]
#[template(path = "console/pools.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Pools,
    pools: Vec<Pool>,
}

struct Pool {
    name: String,
    low: Option<String>,
    rows: Vec<Row>,
    sum: Row,
}

struct Row {
    name: String,
    link: String,
    /// Available, activated, suspended, revoked and all, each with the list of them.
    cells: [Cell; 5],
    is_low: bool,
}

struct Cell {
    name: &'static str,
    value: i64,
    path: String,
}

/// Under a tenth is left.
const fn is_low(available: i64, total: i64) -> bool {
    total > 0 && available.saturating_mul(10) < total
}

/// `GET /console/pools`.
pub(super) async fn show(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::StatsRead) {
        return no;
    }
    let t = Pools::of(visitor.language);
    let engine = visitor.app.engine();
    let catalog = engine.catalog();
    let is_pool = |policy: &Policy| policy.row.scheme.as_deref() == Some(Scheme::Pool.as_str());
    let has_pool = |product: Uuid| catalog.policies_of(product).any(|policy| is_pool(policy));
    let mut products: Vec<_> = catalog.products().filter(|product| has_pool(product.id)).collect();
    products.sort_by(|one, other| one.code.cmp(&other.code));
    let ids: Vec<Uuid> = products.iter().map(|product| product.id).collect();
    let counts = match engine.counts(&ids).await {
        Ok(counts) => counts,
        Err(error) => return visitor.failed(&error),
    };
    let mut pools = Vec::new();
    for (product, counts) in products.iter().zip(counts) {
        let of_pool = |it: &&PolicyCounts| {
            catalog.policy_of(product.id, &it.code).is_some_and(|policy| is_pool(policy))
        };
        let rows: Vec<Row> = counts.iter().filter(of_pool).map(|it| row(&product.code, it, t)).collect();
        let low: Vec<&str> = rows.iter().filter(|row| row.is_low).map(|row| row.name.as_str()).collect();
        let low = (!low.is_empty()).then(|| fill(t.low_text, low.join(", ")));
        pools.push(Pool { name: product.name.clone(), low, sum: sum(&product.code, &rows, t), rows });
    }
    frame::html(StatusCode::OK, &Page { f: Frame::of(&visitor, t.title), t, pools })
}

fn row(product: &str, counts: &PolicyCounts, t: &'static Pools) -> Row {
    let list = |status: &str| {
        address("/console/licenses", &[("product", product), ("policy", &counts.code), ("status", status)])
    };
    let PolicyCounts { total, available, suspended, revoked, .. } = *counts;
    Row {
        name: counts.name.clone(),
        link: list(""),
        cells: cells([available, counts.in_use(), suspended, revoked, total], t, list),
        is_low: is_low(available, total),
    }
}

fn cells(values: [i64; 5], t: &'static Pools, list: impl Fn(&str) -> String) -> [Cell; 5] {
    let names = [t.available, t.used, t.suspended, t.revoked, t.total];
    let statuses = ["unused", "used", "suspended", "revoked", ""];
    std::array::from_fn(|at| Cell { name: names[at], value: values[at], path: list(statuses[at]) })
}

fn sum(product: &str, rows: &[Row], t: &'static Pools) -> Row {
    let sums = std::array::from_fn(|at| rows.iter().map(|row| row.cells[at].value).sum());
    // A product may have keys of other kinds beside its pool.
    let list = |status: &str| {
        let fields = [("product", product), ("scheme", Scheme::Pool.as_str()), ("status", status)];
        address("/console/licenses", &fields)
    };
    Row { name: t.all.to_owned(), link: list(""), cells: cells(sums, t, list), is_low: false }
}

#[cfg(test)]
mod tests {
    use super::is_low;

    #[test]
    fn under_a_tenth_is_low() {
        assert!(is_low(0, 1) && is_low(9, 100) && is_low(99, 1_000));
        assert!(!is_low(0, 0) && !is_low(10, 100) && !is_low(1, 10));
    }
}
