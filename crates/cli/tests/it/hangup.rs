//! SIGHUP: a closed terminal ends a server that was started from it; any other reads its certificate again.

use std::process::{Child, Command, Stdio};

use crate::served::{Served, until};
use crate::world::World;

/// `NAME.crt` and `NAME.key` for `localhost`.
fn make(world: &World, name: &str) {
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
        .current_dir(&world.directory)
        .output()
        .expect("openssl starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether OpenSSL finds this certificate behind an address.
fn shows(world: &World, host: &str, certificate: &str) -> bool {
    let asked = Command::new("openssl")
        .args(["s_client", "-connect", host, "-verify_return_error", "-verify_hostname", "localhost"])
        .args(["-CAfile", certificate, "-no-CApath", "-no-CAstore"])
        .current_dir(&world.directory)
        .stdin(Stdio::null())
        .output()
        .expect("openssl starts");
    asked.status.success()
}

#[test]
fn where_no_terminal_is_behind_the_certificate_is_read_again() {
    let world = World::new();
    make(&world, "first");
    make(&world, "second");
    let copy = |name: &str| {
        for kind in ["crt", "key"] {
            std::fs::copy(world.path(&format!("{name}.{kind}")), world.path(&format!("live.{kind}")))
                .expect("copied");
        }
    };
    copy("first");
    let mut command = Command::new("setsid");
    command
        .args([env!("CARGO_BIN_EXE_keyward"), "serve", "--listen", "127.0.0.1:0"])
        .env("KEYWARD_SERVER_TLS_CERT", "live.crt")
        .env("KEYWARD_SERVER_TLS_KEY", "live.key")
        .current_dir(&world.directory)
        .stdin(Stdio::null());
    let mut served = Served::spawn(command);
    assert!(served.said.contains("https://"), "{}", served.said);
    let host = served.host.clone();
    assert!(shows(&world, &host, "first.crt") && !shows(&world, &host, "second.crt"));
    copy("second");
    served.signal("-HUP");
    until("the second certificate is shown", || shows(&world, &host, "second.crt"));
    assert!(!shows(&world, &host, "first.crt"));
    assert_eq!(served.stop(), 0);
}

/// A server in a terminal of its own, which `script` makes.
struct InTerminal {
    script: Child,
    id: String,
    host: String,
}

impl InTerminal {
    fn start(world: &World, before: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_keyward");
        let line = format!(
            "echo $$ > id; exec {before} '{program}' serve --listen 127.0.0.1:0 > out 2> said < /dev/null"
        );
        let script = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env("SHELL", "/bin/sh")
            .current_dir(&world.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("script starts");
        let host = || {
            let said = std::fs::read_to_string(world.path("said")).unwrap_or_default();
            let (_, rest) = said.split_once("is ready at http://")?;
            rest.split_once('\n').map(|(host, _)| host.trim_end_matches('/').to_owned())
        };
        until("the server is there", || host().is_some());
        Self { id: world.read("id").trim().to_owned(), host: host().expect("it is there"), script }
    }

    fn signal(&self, signal: &str) -> bool {
        Command::new("kill").args([signal, &self.id]).status().expect("kill runs").success()
    }

    fn answers(&self) -> bool {
        crate::served::ask(&self.host, "GET", "/health/live", "", "").is_some_and(|(status, _)| status == 200)
    }
}

impl Drop for InTerminal {
    fn drop(&mut self) {
        // Gone already where a test stopped it.
        let _ = Command::new("kill").args(["-9", &self.id]).stderr(Stdio::null()).status();
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[test]
fn a_closed_terminal_ends_a_server_that_was_started_from_it() {
    let world = World::new();
    let mut server = InTerminal::start(&world, "");
    assert!(server.answers() && server.signal("-HUP"));
    assert_eq!(server.script.wait().expect("it ends").code(), Some(0), "and well");
    assert!(world.read("said").contains("stopping:"), "{}", world.read("said"));
}

#[test]
fn a_closed_terminal_is_no_matter_where_nohup_says_so() {
    let world = World::new();
    let server = InTerminal::start(&world, "nohup");
    assert!(server.signal("-HUP"));
    until("the signal is answered", || world.read("said").contains("nothing to read again"));
    assert!(server.answers());
}
