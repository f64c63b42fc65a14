//! `cargo xtask test`: installs what the tests need, and runs everything.

mod browser;
mod npm;
mod prometheus;
mod python;

use anyhow::{Result, ensure};
use clap::Args;

use crate::tools::{self, cargo, command};
use crate::{check, postgres};

/// Set for the tests to run in their long form.
const LONG: &str = "KEYWARD_TEST_LONG";

#[derive(Args)]
pub(crate) struct Options {
    /// Leave out the tests that need a browser or PostgreSQL
    #[arg(long)]
    fast: bool,
    /// Let the tests that look for races look longer
    #[arg(long)]
    long: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    tools::install("`openssl`", || tools::on_path("openssl"), &["openssl"])?;
    python::prepare()?;
    node()?;
    if !options.fast {
        postgres::install()?;
        browser::prepare()?;
        prometheus::prepare();
    }
    check::run()?;
    tests(options)
}

fn tests(options: &Options) -> Result<()> {
    let mut tests = cargo(["test", "--workspace", "--locked"]);
    // What a failed test says is enough; whoever wants the way there runs it alone.
    tests.env("RUST_BACKTRACE", "0");
    if options.long {
        tests.env(LONG, "1");
    }
    if options.fast {
        return tools::run(tests.env(postgres::VARIABLE, "none").env(browser::VARIABLE, "none"));
    }
    let server = postgres::Server::start()?;
    tools::run(tests.env(postgres::VARIABLE, &server.url).env(browser::VARIABLE, browser::PROGRAM))
}

/// Node is not installed here: a distribution's own may be older than what the tests compare with.
fn node() -> Result<()> {
    ensure!(
        tools::on_path("node"),
        "`node` is missing: the tests compare with JavaScript; install Node.js 20 or later (https://nodejs.org)"
    );
    tools::run(&mut command("node", ["--version"]))
}
