//! `cargo xtask bench`: the cost of a licence beside its cryptography, its size, and a million at once.

use anyhow::Result;

use crate::tools::{self, cargo};

/// Package and benchmark, in the order in which they run.
const BENCHMARKS: [(&str, &str); 2] = [("keyward-engine", "cost"), ("keyward", "bulk")];

pub(crate) fn run(args: &[String]) -> Result<()> {
    for (package, bench) in BENCHMARKS {
        tools::run(cargo(["bench", "--package", package, "--bench", bench, "--locked", "--"]).args(args))?;
    }
    Ok(())
}
