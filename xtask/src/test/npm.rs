//! The npm packages that the tests in the browser need, in a directory of their own.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::tools::{self, command};

const WANTED: &str = "testdata/npm";
const DIRECTORY: &str = "target/npm";
const LOCK: &str = "package-lock.json";
/// A copy of the lock file that was installed from; written last, so that what was half installed is installed anew.
const STAMP: &str = "target/npm/installed.json";

pub(super) fn prepare() -> Result<()> {
    let lock = read(&format!("{WANTED}/{LOCK}"))?;
    if Path::new(STAMP).exists() && fs::read_to_string(STAMP)? == lock {
        return Ok(());
    }
    fs::create_dir_all(DIRECTORY).with_context(|| format!("{DIRECTORY} cannot be made"))?;
    write(&format!("{DIRECTORY}/package.json"), &read(&format!("{WANTED}/package.json"))?)?;
    write(&format!("{DIRECTORY}/{LOCK}"), &lock)?;
    // `ci` takes what the lock file says, by digest, and nothing else.
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
    tools::run(command("npm", install).current_dir(DIRECTORY))?;
    write(STAMP, &lock)
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))
}

fn write(file: &str, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("{file} cannot be written"))
}
