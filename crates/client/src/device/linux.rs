//! What Linux says of a machine, in files that everybody may read: what only root may read would give another id to a
//! service than to its user.
//!
//! In a container the machine id counts where there is one. Mounted from the host or made for the container, it is the best
//! that a container has; as a part of the image it is the same in all containers, which is why
//! [`Environment::advice`] warns. Cards without a device of their own (loopback, bridges, bonds, tunnels, and
//! both ends of a container's cable) are left out, so an ordinary container has none.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use keyward_core::device::fingerprint::Components;

use super::cards;
use super::environment::Environment;
use super::host_name;

/// No file here needs more: a machine with hundreds of processors describes the first one first.
const ENOUGH: u64 = 16 * 1024;

/// The file tree of a machine that runs Linux.
#[derive(Clone, Debug)]
pub struct Linux {
    root: PathBuf,
}

impl Default for Linux {
    /// The tree of the machine that this program runs on.
    fn default() -> Self {
        Self::at("/")
    }
}

impl Linux {
    /// A machine whose tree is in a directory: a recorded one, or a container's host whose tree is mounted.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// What a device id is made of.
    pub fn components(&self) -> Components {
        Components {
            machine_id: self.machine_id(),
            macs: self.macs(),
            host_name: self.read("proc/sys/kernel/hostname").and_then(|name| host_name(&name)),
            cpu: self
                .read("proc/cpuinfo")
                .and_then(|text| processor(&text))
                .or_else(|| self.read("proc/device-tree/model")),
        }
    }

    /// What kind of machine it is.
    pub fn environment(&self) -> Environment {
        match self.container() {
            Some(kind) => Environment::Container(kind),
            None => self.hypervisor().unwrap_or(Environment::Hardware),
        }
    }

    fn machine_id(&self) -> Option<String> {
        let id = |path| self.read(path)?.lines().next().map(|id| id.trim().to_ascii_lowercase());
        let set = |id: &String| id != "uninitialized" && id.bytes().any(|b| !matches!(b, b'0' | b'-'));
        ["etc/machine-id", "var/lib/dbus/machine-id"].into_iter().find_map(|path| id(path).filter(set))
    }

    fn macs(&self) -> Vec<String> {
        let cards = fs::read_dir(self.root.join("sys/class/net")).into_iter().flatten().flatten();
        let hardware = cards.map(|card| card.path()).filter(|card| card.join("device").exists());
        cards::best(hardware.filter_map(|card| read(&card.join("address"))))
    }

    fn container(&self) -> Option<String> {
        let mark = |path: &str, kind: &str| self.root.join(path).exists().then(|| kind.to_owned());
        let variable = |environ: String| {
            let mut variables = environ.split('\0');
            variables.find_map(|variable| variable.strip_prefix("container=")).map(str::to_owned)
        };
        self.read("run/systemd/container")
            .or_else(|| self.read("proc/1/environ").and_then(variable))
            .filter(|kind| !kind.is_empty() && kind != "wsl") // a virtual machine, whatever it calls itself
            .or_else(|| mark("run/.containerenv", "podman"))
            .or_else(|| mark("run/secrets/kubernetes.io", "kubernetes"))
            .or_else(|| mark(".dockerenv", "docker"))
            .or_else(|| container_of_groups(&self.read("proc/1/cgroup")?))
            .or_else(|| container_of_mounts(&self.read("proc/self/mountinfo")?))
    }

    fn hypervisor(&self) -> Option<Environment> {
        let read = |path| self.read(path).unwrap_or_default();
        let virtual_machine = |kind: &str| Some(Environment::Virtual(kind.to_owned()));
        if read("proc/sys/kernel/osrelease").to_ascii_lowercase().contains("microsoft") {
            return virtual_machine("WSL");
        }
        let board = Environment::of_mainboard(
            &read("sys/class/dmi/id/sys_vendor"),
            &read("sys/class/dmi/id/product_name"),
        );
        if board.is_some() {
            return board;
        }
        if let Some(kind) = self.read("sys/hypervisor/type") {
            return virtual_machine(&kind);
        }
        if read("proc/device-tree/model") == "linux,dummy-virt" {
            return virtual_machine("QEMU");
        }
        let cpuinfo = read("proc/cpuinfo");
        let flags = value(&cpuinfo, "flags")?;
        flags.split(' ').any(|flag| flag == "hypervisor").then(|| Environment::Virtual("unnamed".to_owned()))
    }

    fn read(&self, path: &str) -> Option<String> {
        read(&self.root.join(path))
    }
}

/// The beginning of a file, without the space and the zeros at its ends; nothing when it is empty or cannot be read.
fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(ENOUGH).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

/// The model of the first processor, as x86 names it, or by the numbers of ARM.
fn processor(cpuinfo: &str) -> Option<String> {
    value(cpuinfo, "model name")
        .or_else(|| Some(format!("{}/{}", value(cpuinfo, "CPU implementer")?, value(cpuinfo, "CPU part")?)))
}

/// The first value of a name in `/proc/cpuinfo`, its words apart by one space.
fn value(cpuinfo: &str, name: &str) -> Option<String> {
    let mut pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = pairs.find(|(key, value)| key.trim() == name && !value.trim().is_empty())?;
    Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The kind of container that the first process's control groups are named after.
fn container_of_groups(text: &str) -> Option<String> {
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let kind = |part: &str| {
        let marks = [("kubepods", "kubernetes"), ("libpod", "podman"), ("docker", "docker"), ("lxc", "lxc")];
        let marked = |mark: &str| {
            part.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
        };
        marks.into_iter().find(|(mark, _)| marked(mark)).map(|(_, kind)| kind.to_owned())
    };
    paths.flat_map(|path| path.split('/')).find_map(kind)
}

/// The kind of container whose layers the root is made of.
fn container_of_mounts(text: &str) -> Option<String> {
    let root = text.lines().find(|line| line.split(' ').nth(4) == Some("/"))?;
    let (_, system) = root.split_once(" - ")?;
    let marks =
        [("/docker/", "docker"), ("/containers/storage/", "podman"), ("/io.containerd.", "containerd")];
    let marked = |(mark, _): &(&str, &str)| system.starts_with("overlay ") && system.contains(mark);
    marks.into_iter().find(marked).map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_name_their_container() {
        let kind = |text| container_of_groups(text).unwrap_or_default();
        assert_eq!(kind("12:cpu:/docker/0123abcd\n0::/"), "docker");
        assert_eq!(kind("0::/system.slice/docker-0123abcd.scope"), "docker");
        assert_eq!(kind("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-1.scope"), "kubernetes");
        assert_eq!(kind("0::/lxc.payload.web/init.scope"), "lxc");
        assert_eq!(kind("0::/machine.slice/libpod-0123.scope"), "podman");
        assert_eq!(kind("0::/init.scope"), "");
        assert_eq!(kind("0::/system.slice/dockerhub.service"), "");
    }

    #[test]
    fn a_root_of_layers_is_a_containers() {
        let overlay = |upper: &str| {
            format!(
                "733 480 0:72 / / rw,relatime master:1 - overlay overlay rw,lowerdir=l,upperdir={upper},workdir=w\n\
                 734 733 0:75 / /proc rw - proc proc rw"
            )
        };
        let kind = |text: &str| container_of_mounts(text).unwrap_or_default();
        assert_eq!(kind(&overlay("/var/lib/docker/overlay2/1/diff")), "docker");
        assert_eq!(
            kind(&overlay("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs")),
            "containerd"
        );
        assert_eq!(kind(&overlay("/run/live/overlay")), "");
        assert_eq!(kind("25 1 8:1 / / rw - ext4 /dev/sda1 rw"), "");
    }

    #[test]
    fn processors_are_named_as_their_makers_name_them() {
        let name = |text| processor(text).unwrap_or_default();
        assert_eq!(
            name("processor\t: 0\nmodel name\t: Intel(R)  Core(TM) i7\nflags\t: fpu\n"),
            "Intel(R) Core(TM) i7"
        );
        assert_eq!(name("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"), "0x41/0xd08");
        assert_eq!(name("processor: 0\nmodel name:\n"), "");
    }
}
