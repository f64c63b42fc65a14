//! Running other programs: each command line is shown first, and a failure names it and says how it ended.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a directory of the workspace")
}

/// The cargo that started this program, so that one toolchain does everything.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    command(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), args)
}

/// A command with its arguments.
pub(crate) fn command<'a>(program: &str, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// Shows a command and runs it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// Runs a command and returns what it prints.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started"))?;
    ensure!(output.status.success(), "`{line}` failed ({})", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something that is not text"))
}

/// Installs Debian packages unless what they bring is there already.
pub(crate) fn install(wanted: &str, is_there: impl Fn() -> bool, packages: &[&str]) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    let list = packages.join(" ");
    ensure!(on_path("apt-get"), "{wanted} is missing; install it (on Debian: {list})");
    ensure!(
        is_root()?,
        "{wanted} is missing and only root may install it; run as root: apt-get install {list}"
    );
    let apt = |args: &[&str]| {
        run(command("apt-get", args.iter().copied()).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())?;
    ensure!(is_there(), "{wanted} is still missing after installing {list}");
    Ok(())
}

/// Whether `install` could install something here.
pub(crate) fn can_install() -> Result<bool> {
    Ok(on_path("apt-get") && is_root()?)
}

/// Whether this program runs as root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(read(&mut command("id", ["-u"]))?.trim() == "0")
}

/// Whether a command can be started and succeeds; what it prints is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether a program can be found.
pub(crate) fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// A command as a person would type it: without the directory of an installed program, which only fills the screen.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().filter(|_| program.is_absolute()).unwrap_or(command.get_program());
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy())))
    });
    let words =
        std::iter::once(program).chain(command.get_args()).map(|word| quoted(&word.to_string_lossy()));
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(char::is_whitespace) { format!("'{word}'") } else { word.to_owned() }
}
