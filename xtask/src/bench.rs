//! `cargo xtask bench`: the cost of a licence beside its cryptography, its size, a million at once, and an activation beside
//! them.

use anyhow::Result;

use crate::tools::{self, cargo};

/// Package and benchmark, in the order in which they run.
const BENCHMARKS: [(&str, &str); 3] =
    [("keyward-engine", "cost"), ("keyward", "bulk"), ("keyward-engine", "door")];

pub(crate) fn run(args: &[String]) -> Result<()> {
    for (package, bench) in BENCHMARKS {
        tools::run(cargo(["bench", "--package", package, "--bench", bench, "--locked", "--"]).args(args))?;
    }
    Ok(())
}
