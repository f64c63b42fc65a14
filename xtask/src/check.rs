//! `cargo xtask check`: the rules that a machine can keep.

mod core_crate;
mod licences;
mod targets;

use anyhow::Result;

use crate::tools::{self, cargo};

/// The fuzz targets are a workspace of their own, which `--workspace` does not reach.
const FUZZ: [&str; 2] = ["--manifest-path", "fuzz/Cargo.toml"];

pub(crate) fn run() -> Result<()> {
    format()?;
    lints()?;
    documentation()?;
    licences::check()?;
    core_crate::has_pure_dependencies()?;
    core_crate::builds_for_wasm()?;
    targets::client_is_checked()
}

fn format() -> Result<()> {
    tools::run(&mut cargo(["fmt", "--all", "--check"]))?;
    tools::run(cargo(["fmt", "--check"]).args(FUZZ))
}

fn lints() -> Result<()> {
    let strict = ["--", "-D", "warnings"];
    tools::run(cargo(["clippy", "--workspace", "--all-targets", "--locked"]).args(strict))?;
    // Left out above: with it, what a default build has instead would go unread.
    let testkit = ["clippy", "--package", "keyward", "--bin", "keyward", "--features", "testkit", "--locked"];
    tools::run(cargo(testkit).args(strict))?;
    // Without its default feature libFuzzer is not compiled, so no C++ compiler is needed here.
    let fuzz = ["clippy", "--no-default-features", "--locked", "--target-dir", "target/fuzz"];
    tools::run(cargo(fuzz).args(FUZZ).args(strict))
}

fn documentation() -> Result<()> {
    let args = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    tools::run(cargo(args).env("RUSTDOCFLAGS", "-D warnings"))
}
