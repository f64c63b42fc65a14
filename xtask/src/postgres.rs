//! A throw-away PostgreSQL server on loopback: for the tests, or with `cargo xtask postgres` for a developer.
//!
//! The server belongs to a shell script in a process group of its own, which Ctrl-C does not reach. It waits for the end
//! of its standard input, that is of this program, and then stops the server and removes its directory.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::tools::{self, command};

/// Where the tests find their server: a URL, or `none` to leave out the tests that need one.
pub(crate) const VARIABLE: &str = "KEYWARD_TEST_POSTGRES";

const KEEP: &str = include_str!("postgres/keep.sh");
/// One directory per version, none of them in the search path.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Debian's package starts a server of its own when it is installed, unless a file here says otherwise.
const DEBIAN_SETTINGS: &str = "/etc/postgresql-common/createcluster.d";

/// Starts a server, says where it is, and keeps it until standard input closes.
pub(crate) fn run() -> Result<()> {
    install()?;
    let server = Server::start()?;
    println!("export {VARIABLE}={}", server.url);
    eprintln!("the server runs until Ctrl-C or the end of the input");
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

/// Installs the server's programs, but no server that would run by itself.
pub(crate) fn install() -> Result<()> {
    let install = || tools::install("PostgreSQL's server", || programs().is_some(), &["postgresql"]);
    if programs().is_some() || !tools::can_install()? {
        return install();
    }
    let setting = Path::new(DEBIAN_SETTINGS).join("keyward-tests.conf");
    fs::create_dir_all(DEBIAN_SETTINGS).with_context(|| format!("{DEBIAN_SETTINGS} cannot be made"))?;
    fs::write(&setting, "create_main_cluster = false\n")
        .with_context(|| format!("{} cannot be written", setting.display()))?;
    let installed = install();
    fs::remove_file(&setting).with_context(|| format!("{} cannot be removed", setting.display()))?;
    installed
}

/// A server that runs as long as this value lives.
pub(crate) struct Server {
    pub(crate) url: String,
    keeper: Child,
}

impl Server {
    pub(crate) fn start() -> Result<Server> {
        let programs = programs().context("PostgreSQL's server is missing")?;
        let port = free_port()?;
        let mut keep = command("sh", ["-c", KEEP, "keep.sh"]);
        keep.arg(&programs).arg(port.to_string());
        // The directory of the workspace may be closed to the user who runs the server.
        keep.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        not_as_root(&mut keep)?;
        eprintln!("PostgreSQL from {} starts on port {port}", programs.display());
        let mut keeper = keep.spawn().context("`sh` could not be started")?;
        let answer = keeper.stdout.take().map(BufReader::new);
        let server = Server { url: format!("postgres://keyward@127.0.0.1:{port}/postgres"), keeper };
        let mut line = String::new();
        answer.context("the server has no output")?.read_line(&mut line)?;
        ensure!(line == "ready\n", "PostgreSQL's server did not start; what it said is above");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Waiting closes the keeper's standard input first.
        if let Err(error) = self.keeper.wait() {
            eprintln!("PostgreSQL's server may still run: {error}");
        }
    }
}

/// Where programs are looked for, the server's first.
pub(crate) fn search_path() -> Result<OsString> {
    let others = env::var_os("PATH").unwrap_or_default();
    let all = programs().into_iter().chain(env::split_paths(&others));
    env::join_paths(all).context("PATH has a directory that cannot be named in it")
}

/// PostgreSQL refuses to run as root.
fn not_as_root(keep: &mut Command) -> Result<()> {
    if !tools::is_root()? {
        return Ok(());
    }
    let exists = |user: &&str| tools::succeeds(&mut command("id", [*user]));
    let user = ["postgres", "nobody"].into_iter().find(exists);
    let user =
        user.context("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")?;
    let id = |which| -> Result<u32> { Ok(tools::read(&mut command("id", [which, user]))?.trim().parse()?) };
    keep.uid(id("-u")?).gid(id("-g")?);
    Ok(())
}

/// A port that was free just now.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// The directory of the server's programs: Debian's newest, or the one that `pg_config` names.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    newest_first(versions.map(|entry| entry.path()).collect())
        .into_iter()
        .map(|version| version.join("bin"))
        .chain(named_by_pg_config())
        .find(|directory| ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).is_file()))
}

fn named_by_pg_config() -> Option<PathBuf> {
    let output = command("pg_config", ["--bindir"]).output().ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(directory.trim()))
}

/// By number, since `9.6` is older than `15`.
fn newest_first(mut directories: Vec<PathBuf>) -> Vec<PathBuf> {
    let major = |directory: &PathBuf| {
        let name = directory.file_name()?.to_str()?;
        name.split('.').next()?.parse::<u32>().ok()
    };
    directories.sort_by_key(|directory| std::cmp::Reverse(major(directory)));
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_tried_first_and_what_is_no_version_last() {
        let found = ["9.6", "other", "15", "17"].map(PathBuf::from);
        let expected = ["17", "15", "9.6", "other"].map(PathBuf::from);
        assert_eq!(newest_first(found.to_vec()), expected);
    }
}
