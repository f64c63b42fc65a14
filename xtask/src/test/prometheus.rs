//! `promtool`, which says what Prometheus does with the alert rules. Unpacked and not installed: its package would start a server.

use std::fs;

use anyhow::{Context as _, Result};

use crate::tools::{self, command, root};

/// Where the tests find it, in the target directory.
const PLACE: &str = "target/prometheus";
const PROGRAM: &str = "usr/bin/promtool";
const PACKAGE: &str = "prometheus";

/// Where there are no packages to be had, Prometheus is not asked about the rules.
pub(super) fn prepare() {
    if let Err(why) = fetch() {
        eprintln!("promtool is not there, and the alert rules are only read: {why:#}");
    }
}

fn fetch() -> Result<()> {
    let place = root().join(PLACE);
    if place.join(PROGRAM).is_file() || tools::on_path("promtool") || !tools::can_install()? {
        return Ok(());
    }
    fs::create_dir_all(&place).with_context(|| format!("{} cannot be made", place.display()))?;
    let apt = |args: &[&str]| tools::run(command("apt-get", args.iter().copied()).current_dir(&place));
    apt(&["update", "--quiet"])?;
    apt(&["download", "--quiet", PACKAGE])?;
    for entry in fs::read_dir(&place)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "deb") {
            tools::run(command("dpkg", ["--extract"]).arg(&path).arg(&place))?;
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
