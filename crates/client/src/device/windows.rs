//! What Windows says of a machine, in its registry.

use keyward_core::device::fingerprint::Components;

use super::cards;
use super::environment::Environment;
use super::host_name;

/// What a machine that runs Windows answered.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    /// `MachineGuid` of `HKLM\SOFTWARE\Microsoft\Cryptography`.
    pub machine_guid: String,
    /// `ProcessorNameString` of `HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor\0`, which 32-bit and 64-bit programs see
    /// alike.
    pub processor: String,
    /// The environment's `PROCESSOR_IDENTIFIER`, for want of the former.
    pub processor_identifier: String,
    /// `SystemManufacturer` of `HKLM\HARDWARE\DESCRIPTION\System\BIOS`.
    pub manufacturer: String,
    /// `SystemProductName` of the same.
    pub product: String,
    /// Whether `HKLM\SYSTEM\CurrentControlSet\Control` has a `ContainerType`.
    pub container: bool,
    /// The hardware address of each network card.
    pub cards: Vec<String>,
    /// The host name.
    pub host_name: String,
}

impl Windows {
    /// Asks the machine that this program runs on.
    #[cfg(windows)]
    pub(super) fn ask() -> Self {
        use network_interface::{NetworkInterface, NetworkInterfaceConfig as _};
        use windows_registry::LOCAL_MACHINE;

        const BOARD: &str = r"HARDWARE\DESCRIPTION\System\BIOS";
        // A 32-bit program has a registry of its own, unless it asks for the machine's.
        let open = |path: &str| LOCAL_MACHINE.options().read().wow64_64().open(path);
        let text =
            |path: &str, name: &str| open(path).and_then(|key| key.get_string(name)).unwrap_or_default();
        let cards = NetworkInterface::show().unwrap_or_default();
        Self {
            machine_guid: text(r"SOFTWARE\Microsoft\Cryptography", "MachineGuid"),
            processor: text(r"HARDWARE\DESCRIPTION\System\CentralProcessor\0", "ProcessorNameString"),
            processor_identifier: std::env::var("PROCESSOR_IDENTIFIER").unwrap_or_default(),
            manufacturer: text(BOARD, "SystemManufacturer"),
            product: text(BOARD, "SystemProductName"),
            container: open(r"SYSTEM\CurrentControlSet\Control")
                .is_ok_and(|key| key.get_type("ContainerType").is_ok()),
            cards: cards.into_iter().filter_map(|card| card.mac_addr).collect(),
            host_name: hostname::get().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    /// What a device id is made of.
    pub fn components(&self) -> Components {
        let words = |text: &str| Some(text.split_whitespace().collect::<Vec<_>>().join(" "));
        let filled = |text: &String| !text.is_empty();
        Components {
            machine_id: machine_guid(&self.machine_guid),
            macs: cards::best(&self.cards),
            host_name: host_name(&self.host_name),
            cpu: words(&self.processor)
                .filter(filled)
                .or_else(|| words(&self.processor_identifier).filter(filled)),
        }
    }

    /// What kind of machine it is.
    pub fn environment(&self) -> Environment {
        if self.container {
            return Environment::Container("windows".to_owned());
        }
        Environment::of_mainboard(&self.manufacturer, &self.product).unwrap_or(Environment::Hardware)
    }
}

/// The id that Windows was given when it was installed, however it is written.
fn machine_guid(text: &str) -> Option<String> {
    let id =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '\0')).to_ascii_lowercase();
    id.bytes().any(|b| !matches!(b, b'0' | b'-')).then_some(id)
}
