//! `/` on the pool's own listener: the stock at a glance.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;

use super::stats::of_pool;
use crate::app::App;
use crate::config::StatsAccess;
use crate::dialects::page;

pub(super) async fn overview(State(app): State<App>) -> Response {
    let mut body = String::from(
        "<p>A central pool of licence keys that work once.</p>\n<ul>\n\
         <li><code>GET /api/validate/{key}</code> asks about a key and changes nothing.</li>\n\
         <li><code>POST /api/activate</code> uses a key for a domain.</li>\n\
         <li><code>GET /api/stats</code> shows the pool in numbers.</li>\n</ul>\n",
    );
    if app.config().dialects.pool.stats == StatsAccess::Public
        && let Ok(statistics) = of_pool(&app).await
    {
        body.push_str("<table><tr><th>Duration</th><th>Total</th><th>Used</th><th>Available</th></tr>");
        for policy in &statistics.by_policy {
            // Names come from operators, so they are escaped.
            let name = policy.name.replace('&', "&amp;").replace('<', "&lt;");
            let (total, used, available) = (policy.total, policy.used, policy.available);
            let _ =
                write!(body, "<tr><td>{name}</td><td>{total}</td><td>{used}</td><td>{available}</td></tr>");
        }
        body.push_str("</table>");
    }
    page::html("Licence pool", &body)
}
