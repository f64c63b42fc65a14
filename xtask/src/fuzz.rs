//! `cargo xtask fuzz`: coverage-guided fuzzing on stable Rust, with LLVM's libFuzzer and nothing else to install.
//!
//! The instrumentation is that of `cargo fuzz` without its address sanitizer, which only nightly Rust has.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::tools::{self, cargo, command};

const TARGETS: &str = "fuzz/src/bin";
/// Coverage of edges, counted, and the operands of comparisons, so that libFuzzer finds constants by itself.
const INSTRUMENTATION: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Ten seconds for eight kilobytes is a finding too.
const LIMITS: [&str; 4] = ["-max_len=8192", "-timeout=10", "-rss_limit_mb=4096", "-print_final_stats=1"];

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target, instead of all
    #[arg(long)]
    target: Option<String>,
    /// How many processes share a target
    #[arg(long, default_value_t = 1)]
    jobs: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut targets = targets()?;
    if let Some(wanted) = &options.target {
        ensure!(
            targets.contains(wanted),
            "there is no fuzz target `{wanted}`; there are: {}",
            targets.join(", ")
        );
        targets.retain(|target| target == wanted);
    }
    let programs = build()?;
    let mut findings = Vec::new();
    for target in &targets {
        if let Err(error) = fuzz(&programs, target, options) {
            findings.push(finding(&programs, target, &error));
        }
    }
    if findings.is_empty() { Ok(()) } else { bail!("{}", findings.join("\n")) }
}

/// The names of all targets: one file each.
fn targets() -> Result<Vec<String>> {
    let files = fs::read_dir(TARGETS).with_context(|| format!("{TARGETS} cannot be read"))?;
    let mut names = Vec::new();
    for file in files {
        names.extend(file?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort_unstable();
    Ok(names)
}

/// Builds all targets and returns where they are.
fn build() -> Result<PathBuf> {
    tools::install("a C++ compiler", || tools::on_path("c++"), &["g++"])?;
    let host = tools::read(&mut command("rustc", ["--print", "host-tuple"]))?;
    // Naming the host as the target keeps the instrumentation off build scripts and macros.
    let place = ["--target", host.trim(), "--target-dir", "fuzz/target"];
    let build = ["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml"];
    tools::run(cargo(build).args(place).env("RUSTFLAGS", INSTRUMENTATION))?;
    Ok(Path::new("fuzz/target").join(host.trim()).join("release"))
}

fn fuzz(programs: &Path, target: &str, options: &Options) -> Result<()> {
    let [corpus, seeds] = ["corpus", "seeds"].map(|kind| format!("fuzz/{kind}/{target}"));
    for directory in [&corpus, &artifacts(target)] {
        fs::create_dir_all(directory).with_context(|| format!("{directory} cannot be made"))?;
    }
    // libFuzzer keeps what it finds in the first directory and only reads the others.
    let mut program = command(&programs.join(target).to_string_lossy(), [corpus.as_str(), &seeds]);
    program.args(LIMITS).arg(format!("-max_total_time={}", options.seconds));
    program.arg(format!("-artifact_prefix={}", artifacts(target)));
    if options.jobs > 1 {
        program.arg(format!("-fork={}", options.jobs));
    }
    tools::run(&mut program)
}

fn artifacts(target: &str) -> String {
    format!("fuzz/artifacts/{target}/")
}

/// What was found, and the command that shows it again.
fn finding(programs: &Path, target: &str, error: &anyhow::Error) -> String {
    let files = fs::read_dir(artifacts(target)).into_iter().flatten().flatten();
    let newest = files.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok());
    match newest {
        Some(file) => {
            let (program, input) = (programs.join(target), file.path());
            format!("{target}: {}\n  repeat: {} {}", input.display(), program.display(), input.display())
        }
        None => format!("{target}: {error}"),
    }
}
