//! Exit codes, what is printed, and what is left on the disk.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{server, vendor};

const YEAR: u64 = 365 * 86_400;

/// The worker's machine.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a directory"));
        std::fs::write(machine.path("vendor.pem"), vendor::public_key().to_pem()).expect("it is written");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_keyward-worker"))
            .current_dir(&self.0)
            .env("WORKER_EVERY", "20")
            .args(["--data", "data", "--key", "vendor.pem"])
            .args(args)
            .output();
        Ran(output.expect("it runs"))
    }

    /// Lays down a licence for this device.
    fn lay_down(&self, features: &[&str], seconds: u64) -> String {
        let device = self.run(&["--device-id"]).out();
        let license = vendor::license(device.trim(), features, now(), now() + seconds);
        std::fs::write(self.path("license.key"), &license).expect("it is written");
        license
    }

    fn reports(&self) -> usize {
        std::fs::read_dir(self.path("data/reports")).map_or(0, Iterator::count)
    }
}

struct Ran(Output);

impl Ran {
    fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

#[expect(clippy::disallowed_methods, reason = "the worker asks the same clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn with_a_licence_it_works_and_the_next_start_needs_no_file() {
    let machine = Machine::new();
    let license = machine.lay_down(&["export"], YEAR);
    let ran = machine.run(&["--license", "license.key", "--jobs", "3"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    assert_eq!(ran.out(), "licence: Licence active.\nreport 1 is made\nreport 2 is made\nreport 3 is made\n");
    assert_eq!(machine.reports(), 3);
    assert!(!(ran.out() + &ran.err()).contains(&license), "the key is in no log");

    let again = machine.run(&["--jobs", "1"]);
    assert_eq!((again.code(), again.err().as_str()), (Some(0), ""));
}

#[test]
fn without_a_licence_it_says_what_to_do() {
    let machine = Machine::new();
    let ran = machine.run(&["--jobs", "3"]);
    assert_eq!(ran.code(), Some(3));
    assert_eq!(
        ran.err(),
        "stopped: no licence is installed on this device (NOT_FOUND). Import the licence that the vendor sent, or \
         send this device's id to get one. See https://keyward.example/help/codes#not_found\n"
    );
    assert_eq!(machine.reports(), 0);
}

#[test]
fn a_licence_that_ends_meanwhile_ends_the_work() {
    let machine = Machine::new();
    machine.lay_down(&["export"], 10);
    // It waits an hour after its first report, and is woken.
    let ran = machine.run(&["--license", "license.key", "--every", "3600000"]);
    assert_eq!(ran.code(), Some(3), "{}", ran.err());
    assert_eq!(machine.reports(), 1);
    let err = ran.err();
    assert!(err.starts_with("licence: License Expired. Read-Only Mode. (EXPIRED)\nstopped: "), "{err}");
    assert!(err.contains("(EXPIRED). Renew it, or issue a new licence."), "{err}");
    assert!(err.ends_with("See https://keyward.example/help/codes#expired\n"), "{err}");
}

#[test]
fn a_licence_without_the_feature_is_not_enough() {
    let machine = Machine::new();
    machine.lay_down(&["reports"], YEAR);
    let ran = machine.run(&["--license", "license.key"]);
    assert_eq!(ran.code(), Some(3));
    assert!(ran.err().contains("the licence does not include the feature \"export\" (ENTITLEMENTS_MISSING)"));
}

#[test]
fn a_refused_file_does_no_harm_while_another_licence_holds() {
    let machine = Machine::new();
    machine.lay_down(&["export"], YEAR);
    assert_eq!(machine.run(&["--license", "license.key", "--jobs", "1"]).code(), Some(0));
    let others = vendor::license("FFFFFFFFFFFFFFFF", &["export"], now(), now() + YEAR);
    std::fs::write(machine.path("license.key"), &others).expect("it is written");
    let ran = machine.run(&["--license", "license.key", "--jobs", "1"]);
    assert_eq!(ran.code(), Some(0));
    assert!(ran.err().starts_with("the licence file was not taken: WRONG_DEVICE: "), "{}", ran.err());
    assert!(!ran.err().contains(&others), "the key is in no log");

    let alone = Machine::new();
    std::fs::write(alone.path("license.key"), others).expect("it is written");
    let ran = alone.run(&["--license", "license.key", "--jobs", "1"]);
    assert_eq!(ran.code(), Some(3));
    assert!(ran.err().contains("(WRONG_DEVICE). "), "{}", ran.err());
}

#[test]
fn what_is_not_the_licence_has_another_exit_code() {
    let machine = Machine::new();
    std::fs::write(machine.path("vendor.pem"), "no key").expect("it is written");
    let ran = machine.run(&["--jobs", "1"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.err().starts_with("failed: KEY_FILE: "), "{}", ran.err());
}

#[test]
fn stopped_anywhere_the_licence_is_still_there() {
    let machine = Machine::new();
    machine.lay_down(&["export"], YEAR);
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyward-worker"))
        .current_dir(&machine.0)
        .args(["--data", "data", "--key", "vendor.pem", "--every", "1", "--license", "license.key"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    while machine.reports() < 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it ran");
    child.wait().expect("it ended");
    assert_eq!(machine.run(&["--jobs", "1"]).code(), Some(0));
}

/// A key of system C; what it is worth, its server says.
const KEY: &str = "QF-PRO-a-key-that-nobody-reads";

#[test]
fn a_key_is_activated_and_holds_while_the_server_is_away() {
    let machine = Machine::new();
    std::fs::write(machine.path("license.key"), format!("{KEY}\n")).expect("it is written");
    let url = server::start(1, false);
    let server = ["--server", &url, "--refresh", "30"];
    let ran =
        machine.run(&[&server[..], &["--license", "license.key", "--jobs", "10", "--every", "300"]].concat());
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    assert_eq!(machine.reports(), 10);
    assert!(ran.err().contains("the licence server: SERVER_UNREACHABLE: "), "{}", ran.err());
    assert!(!(ran.out() + &ran.err()).contains(KEY), "the key is in no log");
    assert_eq!(machine.run(&[&server[..], &["--jobs", "1"]].concat()).code(), Some(0));
}

#[test]
fn what_the_server_takes_back_ends_the_work() {
    let machine = Machine::new();
    std::fs::write(machine.path("license.key"), KEY).expect("it is written");
    let url = server::start(2, true);
    let ran = machine.run(&["--server", &url, "--refresh", "100", "--license", "license.key"]);
    assert_eq!(ran.code(), Some(3), "{}", ran.err());
    assert!(machine.reports() > 0);
    assert!(ran.err().contains("stopped: the licence has expired (EXPIRED). Renew it"), "{}", ran.err());
}

#[test]
fn a_server_that_was_never_reached_is_no_refusal() {
    let machine = Machine::new();
    std::fs::write(machine.path("license.key"), KEY).expect("it is written");
    let url = server::start(0, false);
    let ran = machine.run(&["--server", &url, "--license", "license.key"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.err().starts_with("failed: SERVER_UNREACHABLE: "), "{}", ran.err());
}
