//! Files that whoever asks may not read or write: the test starts itself again to ask, as nobody where it runs as root, who
//! may everything.

use std::ffi::OsStr;
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

/// This test, as `--exact` wants it.
const TEST: &str = "permissions::what_may_not_be_read_or_written_is_said_and_nothing_is_lost";

/// What the status says to whoever may do with the files what their last three bits say.
fn asked(world: &World, as_nobody: bool) -> String {
    let me = std::env::current_exe().expect("this program");
    let mut run = match as_nobody {
        true => {
            let mut run = Command::new("setpriv");
            run.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(me);
            run
        }
        false => Command::new(me),
    };
    let run = run.args([TEST, "--exact", "--nocapture"]).env(DIRECTORY, world.data()).output();
    let run = run.expect("it starts");
    assert!(run.status.success(), "{run:?}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

fn ask(directory: &OsStr) {
    let world = World::new();
    let manager = world.builder().disk(LocalDisk).data_directory(directory).open().expect("it opens");
    let status = manager.status();
    println!("{} {:?}", status.code(), status.warnings());
    assert_eq!(manager.record_use("export").expect_err("it may not be written").code(), "DISK");
}

#[test]
fn what_may_not_be_read_or_written_is_said_and_nothing_is_lost() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return ask(&directory);
    }
    let world = World::new();
    let manager = world.licensed();
    let request = manager.request("KEY", None).expect("a request");
    drop(manager);
    let is_root = std::fs::metadata(world.data()).expect("it is there").uid() == 0;
    // What others may, or, where nobody else can be had, the owner alone.
    let may = |others: u32| if is_root { 0o700 | others } else { others << 6 };
    for directory in [world.directory.path(), &world.data(), &world.file(".trace")] {
        mode(directory, may(0o5));
    }
    let all = |wanted| {
        for file in [STATE, TRACE, "license.key", ".license.lock"] {
            mode(&world.file(file), may(wanted));
        }
    };
    all(0o4);
    let said = asked(&world, is_root);
    assert!(said.contains("VALID") && said.contains("could not be written"), "{said}");
    all(0);
    let said = asked(&world, is_root);
    assert!(said.contains("NOT_FOUND") && said.contains("the licence file cannot be read"), "{said}");
    for directory in [world.directory.path(), &world.data(), &world.file(".trace")] {
        mode(directory, 0o700);
    }
    for file in [STATE, TRACE, "license.key", ".license.lock"] {
        mode(&world.file(file), 0o600);
    }
    let manager = world.open();
    assert!(manager.status().is_active());
    assert_eq!(manager.request("KEY", None).expect("the same"), request);
}
