//! What this machine says about itself: as Node's `os` module would, for system D's ids, and its components, for the second
//! version.

use std::io;

use keyward_core::device::fingerprint::Components;
use keyward_core::device::{DeviceFacts, Interface, arch, first_mac, platform, username};

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

/// What kind of machine it is: components of some kinds come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Hardware, as far as it says.
    Hardware,
    /// A virtual machine, of this kind.
    Virtual(String),
    /// A container, of this kind: host name and network card are new with each start, unless they are set.
    Container(String),
}

/// The machine that this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn facts(&self, salt: &str) -> io::Result<DeviceFacts> {
        facts(salt)
    }

    fn components(&self) -> Components {
        Components {
            host_name: hostname::get().ok().map(|name| name.to_string_lossy().into_owned()),
            ..Components::default()
        }
    }

    fn environment(&self) -> Environment {
        Environment::Hardware
    }
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
