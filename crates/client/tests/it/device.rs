//! What machines say of themselves: recorded ones of every system, and this one, compared with what Node says of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use keyward_client::device::apple::Apple;
use keyward_client::device::linux::Linux;
use keyward_client::device::windows::Windows;
use keyward_client::device::{Environment, Machine as _, ThisMachine};
use keyward_core::device::fingerprint::Components;
use keyward_core::device::is_device_id;
use serde_json::Value;
use tempfile::TempDir;

/// Prints the material of system D's device id as its application would make it.
const NODE: &str = r"
const os = require('os');
const macs = Object.values(os.networkInterfaces()).flat().filter(a => !a.internal).map(a => a.mac);
const mac = macs.find(m => m && m !== '00:00:00:00:00:00') || '';
const user = process.env.USER || process.env.USERNAME || 'unknown';
console.log(JSON.stringify([os.platform(), os.arch(), os.hostname(), mac, user, 'SALT'].join('|')));
";

#[test]
fn node_says_the_same_of_this_machine() {
    let node = Command::new("node")
        .args(["-e", NODE])
        .output()
        .expect("Node is missing: run `cargo xtask test`, which says what to install");
    let theirs: Value = serde_json::from_slice(&node.stdout).expect("Node prints a JSON text");
    let ours = keyward_client::device::facts("SALT").expect("this machine tells about itself");
    assert_eq!(theirs, ours.material());
    assert!(is_device_id(&ours.device_id()));
}

#[test]
fn this_machine_is_the_same_whenever_it_is_asked() {
    let components = ThisMachine.components();
    assert_eq!(components, ThisMachine.components());
    assert_ne!(components, Components::default(), "it says nothing of itself");
    assert_eq!(ThisMachine.environment(), ThisMachine.environment());
    let (before, now) = (components.fingerprint("p"), ThisMachine.components().fingerprint("p"));
    assert!(before.compare(&now).holds());
    assert!(is_device_id(&now.id));
    #[cfg(target_os = "linux")]
    {
        let name = hostname_of_the_system();
        assert_eq!(components.host_name.unwrap_or_default(), name);
        let id = fs::read_to_string("/etc/machine-id").unwrap_or_default();
        assert!(id.trim().is_empty() || components.machine_id.as_deref() == Some(id.trim()));
    }
}

#[cfg(target_os = "linux")]
fn hostname_of_the_system() -> String {
    let name = keyward_client::device::facts("").expect("this machine has a name").hostname;
    let label = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    if label == "localhost" { String::new() } else { label }
}

const ID: &str = "b08dfa6083e7567a1921a715000001fb";
const X86: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i7-1165G7 @ 2.80GHz\n\
                   flags\t\t: fpu vme sse2 ht\n\nprocessor\t: 1\n";

/// A recorded tree of a machine that runs Linux.
struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().expect("a directory"));
        tree.with(files)
    }

    fn with(self, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or_else(|| Path::new("/"))).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        self
    }

    /// A card of hardware: the kernel gives it a link to its device.
    fn card(self, name: &str, address: &str) -> Self {
        let card = format!("sys/class/net/{name}");
        self.with(&[
            (&format!("{card}/address"), &format!("{address}\n")),
            (&format!("{card}/device/uevent"), ""),
        ])
    }

    /// A card of a program.
    fn made(self, name: &str, address: &str) -> Self {
        self.with(&[(&format!("sys/class/net/{name}/address"), &format!("{address}\n"))])
    }

    fn machine(&self) -> Linux {
        Linux::at(self.0.path())
    }
}

fn laptop() -> Tree {
    Tree::new(&[
        ("etc/machine-id", &format!("{ID}\n")),
        ("proc/sys/kernel/hostname", "Desk.office.example\n"),
        ("proc/cpuinfo", X86),
        ("proc/1/cgroup", "0::/init.scope\n"),
        ("proc/self/mountinfo", "25 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n"),
        ("sys/class/dmi/id/sys_vendor", "LENOVO\n"),
        ("sys/class/dmi/id/product_name", "20XW004AGE\n"),
    ])
    .made("lo", "00:00:00:00:00:00")
    .made("docker0", "02:42:6a:1d:00:01")
    .made("virbr0", "52:54:00:aa:bb:cc")
    .made("tun0", "")
    .made("bond0", "f0:de:f1:00:00:09")
    .card("wlp0s20f3", "f0:de:f1:00:00:02")
    .card("enp0s31f6", "f0:de:f1:00:00:01")
    .card("usb0", "86:3b:aa:00:00:01")
}

#[test]
fn a_laptop_is_known_by_the_cards_that_are_built_in() {
    let components = laptop().machine().components();
    let expected = Components {
        machine_id: Some(ID.to_owned()),
        macs: vec!["f0:de:f1:00:00:01".to_owned(), "f0:de:f1:00:00:02".to_owned()],
        host_name: Some("desk".to_owned()),
        cpu: Some("Intel(R) Core(TM) i7-1165G7 @ 2.80GHz".to_owned()),
    };
    assert_eq!(components, expected);
    assert_eq!(laptop().machine().environment(), Environment::Hardware);
    assert!(Environment::Hardware.advice(&components).is_empty());
}

#[test]
fn a_laptop_abroad_with_another_card_is_the_same() {
    let before = laptop().machine().components().fingerprint("p");
    let moved = laptop().with(&[("proc/sys/kernel/hostname", "hotel-117\n")]);
    fs::remove_dir_all(moved.0.path().join("sys/class/net/wlp0s20f3")).expect("its card is taken out");
    let moved = moved.card("enx1", "00:e0:4c:00:00:01");
    let now = moved.machine().components().fingerprint("p");
    assert!(before.compare(&now).holds());
    assert_eq!(before.id, now.id);
}

#[test]
fn a_virtual_machine_is_known_by_its_virtual_card() {
    let tree = Tree::new(&[
        ("etc/machine-id", ID),
        ("proc/sys/kernel/hostname", "vm1"),
        ("proc/cpuinfo", "model name\t: QEMU Virtual CPU version 2.5+\nflags\t: fpu hypervisor\n"),
        ("sys/class/dmi/id/sys_vendor", "QEMU"),
        ("sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)"),
    ])
    .made("lo", "00:00:00:00:00:00")
    .card("eth0", "52:54:00:12:34:56");
    let (components, environment) = (tree.machine().components(), tree.machine().environment());
    assert_eq!(components.macs, ["52:54:00:12:34:56"]);
    assert_eq!(environment.to_string(), "virtual machine (QEMU)");
    assert!(environment.advice(&components)[0].contains("a copy"));

    let kind = |files: &[(&str, &str)]| Tree::new(files).machine().environment().to_string();
    let flags = ("proc/cpuinfo", "model name : x\nflags : fpu hypervisor\n");
    assert_eq!(kind(&[flags]), "virtual machine (unnamed)");
    assert_eq!(kind(&[flags, ("sys/hypervisor/type", "xen\n")]), "virtual machine (xen)");
    let kernel = ("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n");
    assert_eq!(kind(&[flags, kernel, ("run/systemd/container", "wsl\n")]), "virtual machine (WSL)");
    assert_eq!(kind(&[("proc/device-tree/model", "linux,dummy-virt\0")]), "virtual machine (QEMU)");
}

/// A container has a card that is one end of a cable, and no processor's or mainboard's files hidden.
fn docker() -> Tree {
    Tree::new(&[
        (".dockerenv", ""),
        ("proc/sys/kernel/hostname", "0123456789ab\n"),
        ("proc/cpuinfo", X86),
        ("proc/1/cgroup", "0::/\n"),
        ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
    ])
    .made("lo", "00:00:00:00:00:00")
    .made("eth0", "02:42:ac:11:00:02")
}

#[test]
fn a_container_without_a_machine_id_is_told_what_to_do() {
    let tree = docker();
    let (components, environment) = (tree.machine().components(), tree.machine().environment());
    assert_eq!(environment, Environment::Container("docker".to_owned()));
    assert_eq!((components.machine_id.as_ref(), components.macs.len()), (None, 0));
    let advice = environment.advice(&components);
    assert!(advice[0].contains("host name") && advice[0].contains("volume"), "{advice:?}");
    assert_eq!(advice.len(), 2);
}

#[test]
fn a_machine_id_in_a_container_counts_with_a_warning() {
    let tree = docker().with(&[("etc/machine-id", ID)]);
    let components = tree.machine().components();
    let advice = tree.machine().environment().advice(&components);
    assert!(advice[0].contains("in the image"), "{advice:?}");
    let again = docker().with(&[("etc/machine-id", ID), ("proc/sys/kernel/hostname", "fedcba987654\n")]);
    let (before, now) = (components.fingerprint("p"), again.machine().components().fingerprint("p"));
    assert_eq!(before.id, now.id, "its host name is new with each start");
    assert!(before.compare(&now).holds());
}

#[test]
fn containers_tell_their_kind() {
    let kind = |files: &[(&str, &str)]| Tree::new(files).machine().environment().to_string();
    assert_eq!(kind(&[("run/systemd/container", "systemd-nspawn\n")]), "container (systemd-nspawn)");
    assert_eq!(kind(&[("proc/1/environ", "PATH=/bin\0container=lxc\0TERM=xterm\0")]), "container (lxc)");
    assert_eq!(kind(&[("proc/1/environ", "PATH=/bin\0"), ("run/.containerenv", "")]), "container (podman)");
    assert_eq!(kind(&[("run/secrets/kubernetes.io/serviceaccount/token", "")]), "container (kubernetes)");
    assert_eq!(kind(&[("proc/1/cgroup", "0::/kubepods/besteffort/pod1/2\n")]), "container (kubernetes)");
    assert_eq!(kind(&[("proc/1/cgroup", "4:memory:/lxc/web\n")]), "container (lxc)");
}

#[test]
fn a_raspberry_pi_is_known_without_a_model_name() {
    let cpuinfo = "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n\
                   Model\t\t: Raspberry Pi 4 Model B Rev 1.4\n";
    let files = [("proc/cpuinfo", cpuinfo), ("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")];
    let pi = Tree::new(&files).card("eth0", "dc:a6:32:00:00:01").card("wlan0", "dc:a6:32:00:00:02");
    let components = pi.machine().components();
    assert_eq!(components.cpu.as_deref(), Some("0x41/0xd08"));
    assert_eq!(components.macs, ["dc:a6:32:00:00:01", "dc:a6:32:00:00:02"]);
    assert_eq!(pi.machine().environment(), Environment::Hardware);
    let board = Tree::new(&files[1..]).machine().components();
    assert_eq!(board.cpu.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
}

#[test]
fn a_machine_id_that_says_nothing_is_none() {
    let id = |files: &[(&str, &str)]| Tree::new(files).machine().components().machine_id;
    for nothing in ["", "\n", "uninitialized\n", "00000000000000000000000000000000\n"] {
        assert_eq!(id(&[("etc/machine-id", nothing)]), None);
        let dbus = [("etc/machine-id", nothing), ("var/lib/dbus/machine-id", "B08DFA60\n")];
        assert_eq!(id(&dbus).as_deref(), Some("b08dfa60"));
    }
}

#[test]
fn a_machine_with_nothing_says_nothing() {
    let machine = Tree::new(&[("proc/sys/kernel/hostname", "localhost.localdomain\n")]).machine();
    assert_eq!(machine.components(), Components::default());
    assert_eq!(machine.environment(), Environment::Hardware);
    assert_eq!(machine.environment().advice(&machine.components()).len(), 1);
    // Directories and rubbish where files should be.
    let rubbish =
        Tree::new(&[("etc/machine-id/x", ""), ("proc/cpuinfo", ":::\n\u{0}\n"), ("sys/class/net/eth0", "")]);
    assert_eq!(rubbish.machine().components(), Components::default());
    fs::write(rubbish.0.path().join("proc/cpuinfo"), [0xff, 0xfe, b':', 0x80]).expect("bytes");
    assert_eq!(rubbish.machine().components(), Components::default());
}

const IOREG: &str = r#"+-o J314sAP  <class IOPlatformExpertDevice, id 0x100000221, registered, matched, active, busy 0 (41 ms), retain 38>
    {
      "IOPolledInterface" = "AppleARMWatchdogTimerHibernateHandler is not serializable"
      "manufacturer" = <"Apple Inc.">
      "model" = <"MacBookPro18,3">
      "IOPlatformUUID" = "3F1C7D2A-0B4E-5C6D-8E9F-A0B1C2D3E4F5"
      "IOPlatformSerialNumber" = "C02ZK1ABMD6T"
    }
"#;

fn mac() -> Apple {
    let card = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    Apple {
        ioreg: IOREG.to_owned(),
        sysctl: "machdep.cpu.brand_string: Apple M1 Pro\nhw.model: MacBookPro18,3\nkern.hv_vmm_present: 0\n"
            .to_owned(),
        cards: vec![
            card("lo0", "00:00:00:00:00:00"),
            card("anpi0", "f2:18:98:00:00:07"),
            card("en1", "36:18:98:00:00:05"),
            card("en0", "f4:d4:88:00:00:01"),
            card("awdl0", "f4:d4:88:00:00:02"),
            card("bridge0", "36:18:98:00:00:06"),
        ],
        host_name: "Annas-MacBook.local".to_owned(),
    }
}

#[test]
fn a_mac_is_read_from_its_tools() {
    let expected = Components {
        machine_id: Some("3f1c7d2a-0b4e-5c6d-8e9f-a0b1c2d3e4f5".to_owned()),
        macs: vec!["f4:d4:88:00:00:01".to_owned()],
        host_name: Some("annas-macbook".to_owned()),
        cpu: Some("Apple M1 Pro".to_owned()),
    };
    assert_eq!(mac().components(), expected);
    assert_eq!(mac().environment(), Environment::Hardware);
    let virtual_machine =
        |sysctl: &str| Apple { sysctl: sysctl.to_owned(), ..mac() }.environment().to_string();
    assert_eq!(virtual_machine("hw.model: VMware7,1\n"), "virtual machine (VMware)");
    assert_eq!(
        virtual_machine("hw.model: VirtualMac2,1\nkern.hv_vmm_present: 1\n"),
        "virtual machine (Apple)"
    );
    assert_eq!(virtual_machine("hw.model: iMac1,1\nkern.hv_vmm_present: 1\n"), "virtual machine (unnamed)");
    assert_eq!(Apple::default().components(), Components::default());
}

#[test]
fn windows_is_read_from_its_registry() {
    let machine = Windows {
        machine_guid: "8C1B7E0E-55D5-4C51-9E5B-6D0B3A6D2F11\r\n".to_owned(),
        processor: "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz   ".to_owned(),
        processor_identifier: "Intel64 Family 6 Model 142 Stepping 10, GenuineIntel".to_owned(),
        manufacturer: "Dell Inc.".to_owned(),
        product: "XPS 13 9370".to_owned(),
        cards: ["00-FF-11-22-33-44", "00:15:5D:00:00:01", "9C:B6:D0:00:00:01", "9E:B6:D0:00:00:02"]
            .map(str::to_owned)
            .to_vec(),
        host_name: "DESKTOP-4F7".to_owned(),
        container: false,
    };
    let expected = Components {
        machine_id: Some("8c1b7e0e-55d5-4c51-9e5b-6d0b3a6d2f11".to_owned()),
        macs: vec!["9c:b6:d0:00:00:01".to_owned()],
        host_name: Some("desktop-4f7".to_owned()),
        cpu: Some("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz".to_owned()),
    };
    assert_eq!(machine.components(), expected);
    assert_eq!(machine.environment(), Environment::Hardware);

    let unnamed = Windows { processor: String::new(), ..machine.clone() };
    let identifier = unnamed.components().cpu;
    assert_eq!(identifier.as_deref(), Some("Intel64 Family 6 Model 142 Stepping 10, GenuineIntel"));
    let braces =
        Windows { machine_guid: "{8c1b7e0e-55d5-4c51-9e5b-6d0b3a6d2f11}".to_owned(), ..machine.clone() };
    assert_eq!(braces.components().machine_id, expected.machine_id);
    let copy = Windows {
        manufacturer: "Microsoft Corporation".to_owned(),
        product: "Virtual Machine".to_owned(),
        ..machine.clone()
    };
    assert_eq!(copy.environment().to_string(), "virtual machine (Hyper-V)");
    assert_eq!(Windows { container: true, ..machine }.environment().to_string(), "container (windows)");
    assert_eq!(Windows::default().components(), Components::default());
}
