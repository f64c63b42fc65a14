//! `cargo xtask bench`: the cost of each operation.

use anyhow::Result;

use crate::tools::{self, cargo};

pub(crate) fn run(args: &[String]) -> Result<()> {
    tools::run(
        cargo(["bench", "--package", "keyward-engine", "--bench", "cost", "--locked", "--"]).args(args),
    )
}
