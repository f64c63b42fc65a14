//! Files that this user may not read or write: the test starts itself again as nobody, since root may everything.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use keyward_client::files::LocalDisk;

use crate::world::{STATE, TRACE, World};

const DIRECTORY: &str = "KEYWARD_TEST_DIRECTORY";
const NOBODY: &str = "65534";

fn mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

/// What the status says to a user that owns nothing here.
fn as_nobody(world: &World) -> String {
    let me = std::env::current_exe().expect("this program");
    let run = Command::new("setpriv")
        .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
        .arg(me)
        .args(["permissions::nobody_asks", "--exact", "--ignored", "--nocapture"])
        .env(DIRECTORY, world.data())
        .output()
        .expect("it starts");
    assert!(run.status.success(), "{run:?}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
#[ignore = "started by the test below, as another user"]
fn nobody_asks() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let world = World::new();
    let manager = world.builder().disk(LocalDisk).data_directory(directory).open().expect("it opens");
    let status = manager.status();
    println!("{} {:?}", status.code(), status.warnings());
    assert_eq!(manager.record_use("export").expect_err("it may not be written").code(), "DISK");
}

#[test]
fn what_may_not_be_read_or_written_is_said_and_nothing_is_lost() {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("left out: only root can become another user, with setpriv");
        return;
    }
    let world = World::new();
    let manager = world.licensed();
    let request = manager.request("KEY", None).expect("a request");
    drop(manager);
    for directory in [world.directory.path(), &world.data(), &world.file(".trace")] {
        mode(directory, 0o755);
    }
    let all = |wanted| {
        for file in [STATE, TRACE, "license.key", ".license.lock"] {
            mode(&world.file(file), wanted);
        }
    };
    all(0o644);
    let said = as_nobody(&world);
    assert!(said.contains("VALID") && said.contains("could not be written"), "{said}");
    all(0o600);
    let said = as_nobody(&world);
    assert!(said.contains("NOT_FOUND") && said.contains("the licence file cannot be read"), "{said}");
    let manager = world.open();
    assert!(manager.status().is_active());
    assert_eq!(manager.request("KEY", None).expect("the same"), request);
}
