//! What macOS says of a machine, in the words of its own tools.

use keyward_core::device::fingerprint::Components;

use super::cards;
use super::environment::Environment;
use super::host_name;

/// What a machine that runs macOS answered.
#[derive(Clone, Debug, Default)]
pub struct Apple {
    /// `ioreg -rd1 -c IOPlatformExpertDevice`
    pub ioreg: String,
    /// `sysctl machdep.cpu.brand_string hw.model kern.hv_vmm_present`
    pub sysctl: String,
    /// Each network card's name and hardware address.
    pub cards: Vec<(String, String)>,
    /// The host name.
    pub host_name: String,
}

impl Apple {
    /// Asks the machine that this program runs on.
    #[cfg(target_os = "macos")]
    pub(super) fn ask() -> Self {
        // By their full paths, so that no other program of the name is asked.
        let tool = |path: &str, args: &[&str]| {
            let output =
                std::process::Command::new(path).args(args).stdin(std::process::Stdio::null()).output();
            output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
        };
        Self {
            ioreg: tool("/usr/sbin/ioreg", &["-rd1", "-c", "IOPlatformExpertDevice"]),
            sysctl: tool(
                "/usr/sbin/sysctl",
                &["machdep.cpu.brand_string", "hw.model", "kern.hv_vmm_present"],
            ),
            cards: super::cards_by_name(),
            host_name: hostname::get().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    /// What a device id is made of. The cards of wires and of wireless networks are named `en0`, `en1`, …; the others
    /// are made by programs.
    pub fn components(&self) -> Components {
        let hardware = self.cards.iter().filter(|(name, _)| {
            name.strip_prefix("en").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
        });
        Components {
            machine_id: platform_uuid(&self.ioreg),
            macs: cards::best(hardware.map(|(_, address)| address)),
            host_name: host_name(&self.host_name),
            cpu: self.setting("machdep.cpu.brand_string").map(str::to_owned),
        }
    }

    /// What kind of machine it is.
    pub fn environment(&self) -> Environment {
        let model = self.setting("hw.model").unwrap_or_default();
        match Environment::of_mainboard("", model) {
            Some(environment) => environment,
            None if self.setting("kern.hv_vmm_present") == Some("1") => {
                Environment::Virtual("unnamed".to_owned())
            }
            None => Environment::Hardware,
        }
    }

    /// The value of a name in the answer of `sysctl`.
    fn setting(&self, name: &str) -> Option<&str> {
        let mut pairs = self.sysctl.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

/// The hardware's id in the answer of `ioreg`.
fn platform_uuid(ioreg: &str) -> Option<String> {
    let mut pairs = ioreg.lines().filter_map(|line| line.split_once(" = "));
    let (_, value) = pairs.find(|(key, _)| key.trim_matches([' ', '|', '\t']) == "\"IOPlatformUUID\"")?;
    let id = value.trim().trim_matches('"').to_ascii_lowercase();
    id.bytes().any(|b| !matches!(b, b'0' | b'-')).then_some(id)
}
