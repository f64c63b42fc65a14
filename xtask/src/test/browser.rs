//! Chromium and its driver, for the tests of what people see.

use anyhow::{Result, ensure};

use super::npm;
use crate::tools;

/// Where the tests find chromedriver: a path, or `none` to leave out the tests in the browser.
pub(super) const VARIABLE: &str = "KEYWARD_TEST_BROWSER";
pub(super) const PROGRAM: &str = "chromedriver";

pub(super) fn prepare() -> Result<()> {
    let is_there = || tools::on_path(PROGRAM) && tools::on_path("chromium");
    tools::install("Chromium with chromedriver", is_there, &["chromium", "chromium-driver"])?;
    ensure!(
        tools::on_path("npm"),
        "`npm` is missing: the tests in the browser need packages of it; it comes with Node.js"
    );
    npm::prepare()
}
