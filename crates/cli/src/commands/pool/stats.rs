//! `keyward pool stats`.

use clap::Args;
use keyward_engine::EngineError;
use keyward_engine::statistics::Statistics;
use keyward_server::dialects::pool;

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
            if json { output::json(&pool::statistics(&statistics)) } else { print(&statistics) }
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
