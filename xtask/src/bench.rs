//! `cargo xtask bench [NAME]`: the cost of a licence beside its cryptography, its size, a million at once, an activation beside
//! them, moving in, the question of an application, the pages of the console, and the answers of the server.

use anyhow::Result;

use crate::postgres;
use crate::tools::{self, cargo};

/// Package and benchmark, in the order in which they run.
const BENCHMARKS: [(&str, &str); 7] = [
    ("keyward-engine", "cost"),
    ("keyward", "bulk"),
    ("keyward-engine", "door"),
    ("keyward", "import"),
    ("keyward-client", "status"),
    ("keyward", "console"),
    ("keyward", "server"),
];

pub(crate) fn run(args: &[String]) -> Result<()> {
    let named = args.first().filter(|name| BENCHMARKS.iter().any(|(_, bench)| bench == *name));
    let args = if named.is_some() { &args[1..] } else { args };
    for (package, bench) in BENCHMARKS.into_iter().filter(|(_, bench)| named.is_none_or(|name| name == bench))
    {
        let mut run = cargo(["bench", "--package", package, "--bench", bench, "--locked", "--"]);
        if bench == "server" {
            postgres::install()?;
            let server = postgres::Server::start()?;
            run.env(postgres::VARIABLE, &server.url).env("PATH", postgres::search_path()?);
            tools::run(run.args(args))?;
        } else {
            tools::run(run.args(args))?;
        }
    }
    Ok(())
}
