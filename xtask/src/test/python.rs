//! The Python packages that the tests compare with, or have a server asked by, in an environment of their own.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::tools::{self, command};

const REQUIREMENTS: &str = "testdata/requirements.txt";
const ENVIRONMENT: &str = "target/python";
/// A copy of the requirements that the environment was made from; written last, so that a half-made one is made anew.
const STAMP: &str = "target/python/requirements.txt";

pub(super) fn prepare() -> Result<()> {
    let wanted =
        fs::read_to_string(REQUIREMENTS).with_context(|| format!("{REQUIREMENTS} cannot be read"))?;
    if Path::new(STAMP).exists() && fs::read_to_string(STAMP)? == wanted {
        return Ok(());
    }
    // Debian's python3 alone cannot make environments: that part is a package of its own.
    let can_make_one = || tools::succeeds(&mut command("python3", ["-c", "import ensurepip, venv"]));
    tools::install("Python with `venv`", can_make_one, &["python3", "python3-venv"])?;
    tools::run(&mut command("python3", ["-m", "venv", "--clear", ENVIRONMENT]))?;
    let python = format!("{ENVIRONMENT}/bin/python");
    // Wheels only: a package that had to be compiled would need compilers and headers that nobody installed.
    let install =
        "-m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --requirement";
    tools::run(command(&python, install.split(' ')).arg(REQUIREMENTS))?;
    tools::run(&mut command(&python, ["-m", "pip", "--disable-pip-version-check", "check"]))?;
    fs::write(STAMP, wanted).with_context(|| format!("{STAMP} cannot be written"))
}
