//! `cargo xtask bench [NAME]`: the cost of a licence beside its cryptography, its size, a million at once, an activation beside
//! them, moving in, the question of an application, and the pages of the console.

use anyhow::Result;

use crate::tools::{self, cargo};

/// Package and benchmark, in the order in which they run.
const BENCHMARKS: [(&str, &str); 6] = [
    ("keyward-engine", "cost"),
    ("keyward", "bulk"),
    ("keyward-engine", "door"),
    ("keyward", "import"),
    ("keyward-client", "status"),
    ("keyward", "console"),
];

pub(crate) fn run(args: &[String]) -> Result<()> {
    let named = args.first().filter(|name| BENCHMARKS.iter().any(|(_, bench)| bench == *name));
    let args = if named.is_some() { &args[1..] } else { args };
    for (package, bench) in BENCHMARKS.into_iter().filter(|(_, bench)| named.is_none_or(|name| name == bench))
    {
        tools::run(cargo(["bench", "--package", package, "--bench", bench, "--locked", "--"]).args(args))?;
    }
    Ok(())
}
