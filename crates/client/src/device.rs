//! What this machine says about itself: as Node's `os` module would, for system D's ids, and its components, for the second
//! version.
//!
//! What each system is asked, and how its answers are read, are apart: the readers take a recorded machine and run
//! everywhere; [`ThisMachine`] asks the one that it runs on.

pub mod apple;
mod cards;
mod environment;
pub mod linux;
pub mod windows;

use std::io;

use keyward_core::device::fingerprint::Components;
use keyward_core::device::{DeviceFacts, Interface, arch, first_mac, platform, username};

pub use self::environment::Environment;

/// A machine that an application runs on; tests hand in recorded ones.
pub trait Machine: Send + Sync {
    /// The facts of which system D makes a device id, with the application's salt.
    ///
    /// # Errors
    /// When the system does not tell its host name or its network interfaces.
    fn facts(&self, salt: &str) -> io::Result<DeviceFacts>;

    /// The components of which the second version makes one. What the system does not tell is left out.
    fn components(&self) -> Components;

    /// What kind of machine it is.
    fn environment(&self) -> Environment;
}

/// The machine that this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn facts(&self, salt: &str) -> io::Result<DeviceFacts> {
        facts(salt)
    }

    fn components(&self) -> Components {
        ask().components()
    }

    fn environment(&self) -> Environment {
        ask().environment()
    }
}

#[cfg(target_os = "linux")]
fn ask() -> linux::Linux {
    linux::Linux::default()
}

#[cfg(target_os = "macos")]
fn ask() -> apple::Apple {
    apple::Apple::ask()
}

#[cfg(windows)]
fn ask() -> windows::Windows {
    windows::Windows::ask()
}

/// Another Unix tells its host name and its cards.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
fn ask() -> other::Other {
    other::Other
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
mod other {
    use super::{Components, Environment, cards, cards_by_name, host_name};

    pub(super) struct Other;

    impl Other {
        pub(super) fn components(&self) -> Components {
            let name = hostname::get().unwrap_or_default();
            Components {
                macs: cards::best(cards_by_name().into_iter().map(|(_, address)| address)),
                host_name: host_name(&name.to_string_lossy()),
                ..Components::default()
            }
        }

        pub(super) fn environment(&self) -> Environment {
            Environment::Hardware
        }
    }
}

/// A host name as a component: its first label, since the rest comes and goes with the network; nothing when it is what every
/// machine is called that was given none.
fn host_name(text: &str) -> Option<String> {
    let label = text.trim().split('.').next().unwrap_or_default().to_ascii_lowercase();
    let given = !matches!(label.as_str(), "" | "localhost" | "(none)");
    given.then_some(label)
}

/// The facts of which system D makes a device id, with the application's salt.
///
/// # Errors
/// When the system does not tell its host name or its network interfaces.
pub fn facts(salt: &str) -> io::Result<DeviceFacts> {
    let env = |name: &str| std::env::var(name).ok();
    Ok(DeviceFacts {
        platform: platform(std::env::consts::OS).to_owned(),
        arch: arch(std::env::consts::ARCH).to_owned(),
        hostname: hostname::get()?.to_string_lossy().into_owned(),
        mac: first_mac(&interfaces()?).to_owned(),
        username: username(env("USER"), env("USERNAME")),
        salt: salt.to_owned(),
    })
}

/// One entry for each address of an interface that is up, in the order in which the system lists them.
#[cfg(unix)]
fn interfaces() -> io::Result<Vec<Interface>> {
    use nix::ifaddrs::getifaddrs;
    use nix::net::if_::InterfaceFlags;

    let entries: Vec<_> = getifaddrs()?.collect();
    let mac_of = |name: &str| {
        let same_name = entries.iter().filter(|entry| entry.interface_name == name);
        let mut macs = same_name.filter_map(|entry| entry.address.as_ref()?.as_link_addr()?.addr());
        macs.next().map(mac_text).unwrap_or_default()
    };
    let has_address = |entry: &&nix::ifaddrs::InterfaceAddress| {
        let address = entry.address.as_ref();
        let ip = address.is_some_and(|a| a.as_sockaddr_in().is_some() || a.as_sockaddr_in6().is_some());
        ip && entry.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING)
    };
    let listed = entries.iter().filter(has_address).map(|entry| Interface {
        mac: mac_of(&entry.interface_name),
        internal: entry.flags.contains(InterfaceFlags::IFF_LOOPBACK),
    });
    Ok(listed.collect())
}

/// The name and the hardware address of each network card, whether it is up or not.
#[cfg(all(unix, not(target_os = "linux")))]
fn cards_by_name() -> Vec<(String, String)> {
    let entries = nix::ifaddrs::getifaddrs().into_iter().flatten();
    let card = |entry: nix::ifaddrs::InterfaceAddress| {
        let mac = entry.address.as_ref()?.as_link_addr()?.addr()?;
        Some((entry.interface_name, mac_text(mac)))
    };
    entries.filter_map(card).collect()
}

#[cfg(unix)]
fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// One entry for each interface that has an address, in the order in which the system lists them.
#[cfg(windows)]
fn interfaces() -> io::Result<Vec<Interface>> {
    use network_interface::{NetworkInterface, NetworkInterfaceConfig as _};

    let interfaces = NetworkInterface::show().map_err(io::Error::other)?;
    let listed =
        interfaces.into_iter().filter(|interface| !interface.addr.is_empty()).map(|interface| Interface {
            mac: interface.mac_addr.unwrap_or_default().to_ascii_lowercase().replace('-', ":"),
            internal: interface.internal,
        });
    Ok(listed.collect())
}
