//! `keyward pool stats`.

use clap::Args;
use keyward_engine::EngineError;
use keyward_engine::statistics::Statistics;
use serde_json::{Map, Value, json};

use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Columns, Table};

#[derive(Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Stats {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.read(self.now.given(), async |opened: &Opened| {
            let statistics = of_pool(opened).await?;
            if json { output::json(&object(&statistics)) } else { print(&statistics) }
        })
    }
}

pub(super) async fn of_pool(opened: &Opened) -> Result<Statistics, Failure> {
    let code = &opened.config.dialects.pool.product;
    let product = opened.engine.catalog().product(code).map(|product| product.id);
    let product = product.ok_or_else(|| EngineError::NotFound { what: "product", name: code.clone() })?;
    Ok(opened.engine.statistics(product).await?)
}

fn print(statistics: &Statistics) -> Result<(), Failure> {
    let mut list = Columns::new(&["DURATION", "DAYS", "TOTAL", "USED", "AVAILABLE", "INACTIVE"]);
    for policy in &statistics.by_policy {
        let inactive = policy.suspended + policy.revoked;
        list.row(&[&policy.name, &policy.code, &policy.total, &policy.used, &policy.available, &inactive]);
    }
    let (total, used) = (statistics.total(), statistics.used());
    list.row(&[&"all", &"", &total, &used, &statistics.available(), &statistics.inactive()]);
    output::print(list)?;
    let mut table = Table::default();
    table.row("activation rate", format_args!("{} %", statistics.activation_rate()));
    let Statistics { activations_24h, activations_7d, activations_30d, .. } = statistics;
    table.row(
        "activations",
        format_args!(
            "{activations_24h} in 24 hours, {activations_7d} in 7 days, {activations_30d} in 30 days"
        ),
    );
    table.row("failed attempts", statistics.failed_attempts);
    table.row("bypass attempts", statistics.bypass_attempts);
    output::print(format_args!("\n{table}"))
}

/// As `/api/stats` shows it.
fn object(statistics: &Statistics) -> Value {
    let by_duration: Map<String, Value> = statistics
        .by_policy
        .iter()
        .map(|policy| {
            let value = json!({
                "label": policy.name, "total": policy.total, "used": policy.used, "available": policy.available,
            });
            (policy.code.clone(), value)
        })
        .collect();
    let sum = |of: fn(&keyward_engine::statistics::PolicyCounts) -> i64| -> i64 {
        statistics.by_policy.iter().map(of).sum()
    };
    json!({
        "total_licenses": statistics.total(),
        "used_licenses": statistics.used(),
        "available_licenses": statistics.available(),
        "inactive_licenses": statistics.inactive(),
        "by_duration": by_duration,
        "by_status": {
            "active": statistics.total() - statistics.inactive(),
            "suspended": sum(|policy| policy.suspended),
            "revoked": sum(|policy| policy.revoked),
        },
        "activations": {
            "last_24h": statistics.activations_24h,
            "last_7d": statistics.activations_7d,
            "last_30d": statistics.activations_30d,
        },
        "failed_attempts": statistics.failed_attempts,
        "bypass_attempts": statistics.bypass_attempts,
        "activation_rate": statistics.activation_rate(),
    })
}
