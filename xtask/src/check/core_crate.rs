//! The core: pure, and usable in a browser.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::tools::{self, cargo, command};

const WASM: &str = "wasm32-unknown-unknown";
/// Crates that do I/O, wait, make randomness, or need a C compiler.
const FORBIDDEN: [&str; 11] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "getrandom",
    "hyper",
    "mio",
    "openssl",
    "reqwest",
    "ring",
    "rusqlite",
    "socket2",
    "tokio",
];

pub(super) fn has_pure_dependencies() -> Result<()> {
    let args = "tree --package keyward-core --edges normal --target all --prefix none --format {p} --locked";
    let tree = tools::read(&mut cargo(args.split(' ')))?;
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let found: BTreeSet<_> = names.filter(|name| FORBIDDEN.contains(name)).collect();
    ensure!(found.is_empty(), "keyward-core must stay pure, but depends on: {found:?}");
    eprintln!("keyward-core depends on nothing that does I/O");
    Ok(())
}

pub(super) fn builds_for_wasm() -> Result<()> {
    let library = tools::read(&mut command("rustc", ["--print", "target-libdir", "--target", WASM]))?;
    if !Path::new(library.trim()).is_dir() {
        eprintln!("left out: keyward-core for {WASM}, because that target is not installed");
        return Ok(());
    }
    tools::run(&mut cargo(["build", "--package", "keyward-core", "--target", WASM, "--locked"]))
}
