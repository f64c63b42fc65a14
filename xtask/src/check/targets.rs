//! The application's side on the systems that its tests do not run on.

use std::path::Path;

use anyhow::Result;

use crate::tools::{self, cargo, command};

/// A target, and the C compiler that TLS needs for it.
const TARGETS: [(&str, &str); 2] = [
    ("x86_64-pc-windows-gnu", "x86_64-w64-mingw32-gcc"),
    ("aarch64-apple-darwin", "aarch64-apple-darwin-cc"),
];
const CLIENT: [&str; 4] = ["check", "--package", "keyward-client", "--locked"];

/// Without `online` no C compiler is needed.
pub(super) fn client_is_checked() -> Result<()> {
    for (target, compiler) in TARGETS {
        if !is_installed(target)? {
            eprintln!(
                "left out: keyward-client for {target}, because that target is not and cannot be installed"
            );
            continue;
        }
        tools::run(cargo(CLIENT).args(["--target", target]))?;
        if tools::on_path(compiler) {
            tools::run(cargo(CLIENT).args(["--features", "online", "--target", target]))?;
        } else {
            eprintln!(
                "left out: keyward-client's feature `online` for {target}, because {compiler} is missing"
            );
        }
    }
    Ok(())
}

fn is_installed(target: &str) -> Result<bool> {
    let libraries = || tools::read(&mut command("rustc", ["--print", "target-libdir", "--target", target]));
    if Path::new(libraries()?.trim()).is_dir() {
        return Ok(true);
    }
    let added =
        tools::on_path("rustup") && tools::succeeds(&mut command("rustup", ["target", "add", target]));
    Ok(added && Path::new(libraries()?.trim()).is_dir())
}
