//! PostgreSQL clusters of a test's own, on loopback: started, killed, copied by a standby, promoted.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use super::database::postgres;
use crate::served::until;

/// One directory per version, none of them in the search path.
const DEBIAN: &str = "/usr/lib/postgresql";
const KEEP: &str = include_str!("keep.sh");

/// A directory with clusters, which is taken away with them.
pub(super) struct Place {
    directory: PathBuf,
    programs: PathBuf,
    /// Who runs the servers: PostgreSQL refuses to run as root.
    user: Option<(u32, u32)>,
    keeper: Child,
}

impl Place {
    pub(super) fn new() -> Self {
        let programs = programs().expect("PostgreSQL's server: `cargo xtask test` installs it");
        let user = unprivileged();
        let mut keep = Command::new("sh");
        keep.args(["-c", KEEP, "keep.sh"]).process_group(0).current_dir("/");
        keep.stdin(Stdio::piped()).stdout(Stdio::piped());
        become_user(&mut keep, user);
        let mut keeper = keep.spawn().expect("sh starts");
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "no directory for the clusters could be made");
        Self { directory: line.trim_end().into(), programs, user, keeper }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        become_user(&mut command, self.user);
        command.current_dir(&self.directory).stdin(Stdio::null());
        command
    }

    /// Runs what must succeed.
    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).output().expect("it starts");
        let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {arguments:?}: {said}{why}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Waiting closes its standard input first.
        let _ = self.keeper.wait();
    }
}

/// One server with its data.
pub(super) struct Cluster<'p> {
    place: &'p Place,
    name: String,
    pub(super) port: u16,
    server: Option<Child>,
}

impl<'p> Cluster<'p> {
    /// A new one, not started.
    pub(super) fn new(place: &'p Place, name: &str) -> Self {
        let cluster = Self { place, name: name.to_owned(), port: free_port(), server: None };
        let identity = ["--username=keyward", "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync"];
        place.run("initdb", &[&["--pgdata", name][..], &identity].concat());
        let directory = place.directory.display();
        cluster.configure(&format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{directory}'\n\
             max_connections = 60\nshared_buffers = 32MB\nwal_level = replica\nmax_wal_senders = 5\n",
            cluster.port
        ));
        cluster
    }

    /// A copy of one that runs, which follows it; then that one says yes only to what both have.
    pub(super) fn standby_of(primary: &Self, name: &str, port: u16) -> Self {
        let place = primary.place;
        // What it was before, as one that was killed and never comes back.
        let _ = fs::remove_dir_all(place.directory.join(name));
        let from = primary.port.to_string();
        let from = ["--host=127.0.0.1", "--username=keyward", "--port", &from];
        let copy = ["--wal-method=stream", "--checkpoint=fast", "--write-recovery-conf", "--no-sync"];
        place.run("pg_basebackup", &[&["--pgdata", name][..], &from, &copy].concat());
        let mut standby = Self { place, name: name.to_owned(), port, server: None };
        standby.configure(&format!("port = {port}\n"));
        standby.start();
        // Set after the copy was made: the standby has none of its own.
        primary.sql("alter system set synchronous_standby_names = '*'");
        primary.sql("select pg_reload_conf()");
        until("the standby is synchronous", || {
            let state = postgres(&primary.url(), "select sync_state from pg_stat_replication");
            state.is_ok_and(|rows| rows.iter().any(|row| row[0] == "sync"))
        });
        standby
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn data(&self) -> PathBuf {
        self.place.directory.join(&self.name)
    }

    fn configure(&self, settings: &str) {
        let open = fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf"));
        open.expect("it is there").write_all(settings.as_bytes()).expect("it is written");
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://keyward@127.0.0.1:{}/postgres", self.port)
    }

    pub(super) fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        postgres(&self.url(), sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    /// Starts it, and waits until it can be asked.
    pub(super) fn start(&mut self) {
        let log = fs::File::create(self.place.directory.join(format!("{}.log", self.name))).expect("a log");
        let mut server = self.place.command("postgres");
        server.args(["-D", &self.name]).process_group(0).stdout(Stdio::null()).stderr(log);
        self.server = Some(server.spawn().expect("postgres starts"));
        until("the database can be asked", || postgres(&self.url(), "select 1").is_ok());
    }

    /// Kills it with all its processes, as a power cut does.
    pub(super) fn kill(&mut self) {
        assert!(self.server.is_some(), "it runs");
        self.end();
    }

    /// The same, where it may have been killed before.
    pub(super) fn end(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let parent = server.id().to_string();
        // Stopped first: it makes no new process while they are looked for.
        signal("-STOP", std::slice::from_ref(&parent));
        let children = children(&parent);
        signal("-KILL", &[&[parent][..], &children].concat());
        server.wait().expect("it ends");
        until("all its processes are gone", || children.iter().all(|child| is_gone(child)));
    }

    /// Stops all its processes where they are: they keep their connections and say nothing.
    pub(super) fn freeze(&mut self) {
        let parent = self.parent();
        signal("-STOP", std::slice::from_ref(&parent));
        signal("-STOP", &children(&parent));
    }

    /// Lets them go on.
    pub(super) fn thaw(&mut self) {
        let parent = self.parent();
        signal("-CONT", &[children(&parent), vec![parent]].concat());
    }

    fn parent(&self) -> String {
        self.server.as_ref().expect("it runs").id().to_string()
    }

    /// Takes the place of the one that it followed.
    pub(super) fn promote(&self) {
        self.place.run("pg_ctl", &["promote", "--wait", "--silent", "--pgdata", &self.name]);
    }
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

fn signal(name: &str, processes: &[String]) {
    let status = Command::new("kill").arg(name).args(processes).stderr(Stdio::null()).status();
    // Some of them may have ended by themselves.
    status.expect("kill runs");
}

/// The processes whose parent is this one.
fn children(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let names = processes.filter_map(|process| process.file_name().into_string().ok());
    names.filter(|name| state(name).is_some_and(|(_, its)| its == parent)).collect()
}

/// One that waits for whoever asks how it ended is gone, too.
fn is_gone(process: &str) -> bool {
    state(process).is_none_or(|(state, _)| state == "Z")
}

/// The state of a process, and its parent.
fn state(process: &str) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut words = text.rsplit_once(") ")?.1.split(' ').map(str::to_owned);
    Some((words.next()?, words.next()?))
}

/// A port for later: below those that the system gives to whoever asks for any.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 15_000 + u16::try_from(std::process::id() % 10_000).expect("a small number");
    let mut ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed) % 5_000);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// The directory of the newest server's programs, or the one that `pg_config` names.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path());
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.max_by_key(number).map(|version| version.join("bin"));
    let named = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    let is_whole = |directory: &PathBuf| {
        ["initdb", "postgres", "pg_ctl", "pg_basebackup"].iter().all(|name| directory.join(name).is_file())
    };
    newest.filter(is_whole).or_else(|| named().filter(is_whole))
}

/// User and group of somebody who may run PostgreSQL, where this is root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().expect("id runs");
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let user =
        ["postgres", "nobody"].into_iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)));
    Some(user.expect("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`"))
}

fn become_user(command: &mut Command, user: Option<(u32, u32)>) {
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
}
