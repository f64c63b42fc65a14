//! The unit for systemd, its user and its configuration.

use std::collections::BTreeMap;

use super::{command_exists, configuration_is_good, file, if_installed, longest_end, seconds, settings};
use crate::world::World;

const UNIT: &str = "systemd/keyward.service";
const PROGRAM: &str = "/usr/local/bin/keyward";
const CONFIGURATION: &str = "/etc/keyward/keyward.toml";
/// What `systemd-analyze security` may find, of 100: what is left is that a server is reached through the network.
const EXPOSURE: &str = "15";

/// The settings of the unit by section and name; one that is written twice has several values.
fn unit() -> BTreeMap<String, Vec<String>> {
    let mut settings = BTreeMap::<String, Vec<String>>::new();
    let mut section = "";
    for line in file(UNIT).lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section =
                ["Unit", "Service", "Install"].into_iter().find(|known| *known == name).expect("a section");
        } else {
            let text = file(UNIT);
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line} of {text}"));
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric()), "{line}");
            settings.entry(format!("{section}.{name}")).or_default().push(value.to_owned());
        }
    }
    settings
}

fn only<'u>(unit: &'u BTreeMap<String, Vec<String>>, name: &str) -> &'u str {
    match unit.get(name).map(Vec::as_slice) {
        Some([value]) => value,
        other => panic!("{name}: {other:?}"),
    }
}

/// The shipped configuration, and the same with its examples switched on.
fn configurations(world: &World) {
    let text = file("systemd/keyward.toml");
    std::fs::write(world.path("keyward.toml"), &text).expect("written");
    let is_setting = |line: &str| line.starts_with('#') && line.contains(" = ");
    let all: String =
        text.lines().map(|line| if is_setting(line) { &line[1..] } else { line }.to_owned() + "\n").collect();
    assert_ne!(all, text);
    std::fs::write(world.path("all.toml"), all).expect("written");
}

#[test]
fn it_starts_what_is_there() {
    let world = World::new();
    configurations(&world);
    let unit = unit();
    let command: Vec<&str> = only(&unit, "Service.ExecStart").split(' ').collect();
    assert_eq!(command, [PROGRAM, "serve", "--config", CONFIGURATION]);
    command_exists(&world, &command[1..3]);

    let [(name, credential)] = unit["Service.Environment"]
        .iter()
        .map(|variable| variable.split_once('=').expect("a variable"))
        .collect::<Vec<_>>()[..]
    else {
        panic!("one variable")
    };
    let loaded = only(&unit, "Service.LoadCredential").split_once(':').expect("a credential and its file");
    assert_eq!(credential, format!("%d/{}", loaded.0));
    for configuration in ["keyward.toml", "all.toml"] {
        configuration_is_good(&world, Some(configuration), &[(name, credential)]);
    }
    let service = settings(&world, Some("keyward.toml"), &[(name, credential)]);
    assert_eq!(service["keys.master_key_file"], credential, "the variable ranks above the file");
    let beside = settings(&world, Some("keyward.toml"), &[]);
    assert_eq!(beside["keys.master_key_file"], loaded.1, "commands have the same key");

    let state = format!("/var/lib/{}", only(&unit, "Service.StateDirectory"));
    assert_eq!((&*service["server.data"], only(&unit, "Service.WorkingDirectory")), (&*state, &*state));
    assert!(seconds(only(&unit, "Service.TimeoutStopSec")) > longest_end(&service));
    let users = file("systemd/keyward.sysusers");
    let user = only(&unit, "Service.User");
    assert!(
        users.lines().any(|line| line.starts_with(&format!("u {user} - ")) && line.ends_with(&state)),
        "{users}"
    );
}

#[test]
fn it_may_do_little() {
    let unit = unit();
    for (name, value) in [
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateDevices", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("UMask", "0077"),
        ("LimitCORE", "0"),
        ("Restart", "on-failure"),
    ] {
        assert_eq!(only(&unit, &format!("Service.{name}")), value, "{name}");
    }
    assert_eq!(unit["Service.SystemCallFilter"], ["@system-service", "~@privileged @resources"]);
    assert_ne!(only(&unit, "Service.User"), "root");
}

/// What `systemd-analyze verify` has to say of a unit. What it says of others of this machine is left out.
fn complaints(world: &World, unit: &str) -> Option<String> {
    // Here the program is elsewhere, and whether it is there is asked, too.
    let unit = unit.replace(PROGRAM, env!("CARGO_BIN_EXE_keyward"));
    std::fs::write(world.path("keyward.service"), unit).expect("written");
    let path = world.path("keyward.service");
    let path = path.to_str().expect("a text");
    let (_, said) = if_installed("systemd-analyze", &["verify", "--man=no", "--recursive-errors=no", path])?;
    assert!(!said.contains("option"), "{said}");
    Some(said.lines().filter(|line| line.contains("keyward")).collect())
}

#[test]
fn systemd_takes_it() {
    let world = World::new();
    let unit = file(UNIT);
    let Some(said) = complaints(&world, &unit) else { return };
    assert_eq!(said, "");
    for (right, wrong) in
        [("NoNewPrivileges=", "NoNewPrivilege="), ("ProtectSystem=strict", "ProtectSystem=very")]
    {
        assert_ne!(complaints(&world, &unit.replace(right, wrong)).as_deref(), Some(""), "{wrong}");
    }

    let path = world.path("keyward.service");
    let exposure = |unit: &str| {
        std::fs::write(&path, unit).expect("written");
        let threshold = format!("--threshold={EXPOSURE}");
        let path = path.to_str().expect("a text");
        if_installed("systemd-analyze", &["security", "--no-pager", "--offline=true", &threshold, path])
            .expect("it is installed")
    };
    let (is_safe, said) = exposure(&unit);
    assert!(is_safe && said.contains("Overall exposure level"), "{said}");
    assert!(!exposure(&unit.replace("ProtectSystem=strict", "CapabilityBoundingSet=CAP_SYS_ADMIN")).0);
}
