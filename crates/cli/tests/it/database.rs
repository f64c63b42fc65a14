//! Commands on a database: whole sessions on both kinds, and what can go wrong.

mod admin;
mod audit;
mod backup;
mod config;
mod erase;
mod export;
mod failures;
mod files;
mod forms;
mod import;
mod installations;
mod keys;
mod offline;
mod pool;
mod register;
mod tier;
mod token;

use crate::world::World;

/// The first column of a table's rows.
fn first_column(csv: &str) -> Vec<String> {
    csv.lines().skip(1).filter_map(|line| line.split(',').next().map(str::to_owned)).collect()
}

/// New keys of a month, stored.
fn month_keys(world: &World, count: &str) -> Vec<String> {
    first_column(&world.db_out(&["issue", "pool", "--count", count, "--duration", "1m", "--format", "csv"]))
}
