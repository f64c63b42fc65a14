//! `cargo xtask test`: installs what the tests need, and runs everything.

mod python;

use anyhow::{Result, ensure};

use crate::check;
use crate::tools::{self, cargo, command};

/// `fast` leaves out the tests that need a browser or PostgreSQL; there are none yet.
pub(crate) fn run(_fast: bool) -> Result<()> {
    tools::install("`openssl`", || tools::on_path("openssl"), &["openssl"])?;
    python::prepare()?;
    node()?;
    check::run()?;
    tools::run(&mut cargo(["test", "--workspace", "--locked"]))
}

/// Node is not installed here: a distribution's own may be older than what the tests compare with.
fn node() -> Result<()> {
    ensure!(
        tools::on_path("node"),
        "`node` is missing: the tests compare with JavaScript; install Node.js 20 or later (https://nodejs.org)"
    );
    tools::run(&mut command("node", ["--version"]))
}
