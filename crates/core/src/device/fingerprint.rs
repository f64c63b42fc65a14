//! The device id, second version: named components, each a salted digest, of which enough must stay.
//!
//! An id is made once, at first start, and remembered together with the digests of the components. Later the machine is the
//! same while the components that stayed weigh at least half of those remembered: a new network card or another host name
//! locks nobody out. The digests are salted, so that those of two vendors cannot be linked; they are pseudonyms, not
//! secrets, since few network cards or host names are possible.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A named part of what a machine says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The id that the operating system was given when it was installed.
    MachineId,
    /// The hardware addresses of its network cards.
    Mac,
    /// The host name.
    HostName,
    /// The model of the processor.
    Cpu,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::MachineId, Self::Mac, Self::HostName, Self::Cpu];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MachineId => "machine id",
            Self::Mac => "network card",
            Self::HostName => "host name",
            Self::Cpu => "processor",
        }
    }

    /// Its number in messages.
    pub const fn number(self) -> u8 {
        match self {
            Self::MachineId => 1,
            Self::Mac => 2,
            Self::HostName => 3,
            Self::Cpu => 4,
        }
    }

    /// The kind with a number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// What it counts: the harder it is to share with another machine, the more.
    pub const fn weight(self) -> u32 {
        match self {
            Self::MachineId => 3,
            Self::Mac => 2,
            Self::HostName | Self::Cpu => 1,
        }
    }
}

/// What a machine says of itself, in clear. It stays on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Components {
    /// The operating system's id of this installation.
    pub machine_id: Option<String>,
    /// The addresses of its network cards, lower case with colons.
    pub macs: Vec<String>,
    /// The host name.
    pub host_name: Option<String>,
    /// The model of the processor.
    pub cpu: Option<String>,
}

/// The salted digest of a component: the first eight bytes of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Component {
    /// Which.
    pub kind: Kind,
    /// Its digest.
    pub digest: [u8; 8],
}

/// A machine as a licence knows it: its id and the digests of its components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// 16 upper-case hexadecimal digits, the form of system D's ids.
    pub id: String,
    /// In order, each once.
    pub components: Vec<Component>,
}

impl Components {
    /// The id and the digests, salted for one product. The id is made of the machine id where there is one, since that
    /// stays when everything else changes; otherwise of all components.
    pub fn fingerprint(&self, salt: &str) -> Fingerprint {
        let known = |kind, value: &Option<String>| value.as_ref().map(|value| (kind, value.clone()));
        let mut values: Vec<(Kind, String)> =
            self.macs.iter().map(|mac| (Kind::Mac, mac.to_ascii_lowercase())).collect();
        values.extend(known(Kind::MachineId, &self.machine_id));
        values.extend(known(Kind::HostName, &self.host_name));
        values.extend(known(Kind::Cpu, &self.cpu));
        values.sort_unstable();
        values.dedup();
        let of_id = match &self.machine_id {
            Some(_) => &values[..1],
            None => &values[..],
        };
        Fingerprint {
            id: hex::encode_upper(&digest(salt, "id", of_id)[..8]),
            components: values
                .iter()
                .map(|value| {
                    let whole = digest(salt, "component", std::slice::from_ref(value));
                    let mut short = [0; 8];
                    short.copy_from_slice(&whole[..8]);
                    Component { kind: value.0, digest: short }
                })
                .collect(),
        }
    }
}

/// SHA-256 over length-prefixed fields.
fn digest(salt: &str, what: &str, values: &[(Kind, String)]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(b"keyward/device");
    field(what.as_bytes());
    field(salt.as_bytes());
    for (kind, value) in values {
        field(&[kind.number()]);
        field(value.as_bytes());
    }
    hash.finalize().into()
}

/// Of less than so many points, half is no machine.
const LITTLE: u32 = 4;

/// What became of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is as remembered; of several network cards, at least one.
    Same,
    /// It is another.
    Changed,
    /// It was there, and is not.
    Gone,
    /// It was not there, and is.
    New,
}

/// Two fingerprints of what may be one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Every kind that either has.
    pub kinds: Vec<(Kind, Change)>,
    /// What weighs what stayed.
    pub points: u32,
    /// What weighs what was remembered.
    pub of: u32,
}

impl Comparison {
    /// Whether it is the same machine: at least half stayed. Where so little is known that half is a host name or the model
    /// of a processor, more than half.
    pub const fn holds(&self) -> bool {
        let twice = self.points * 2;
        if self.of < LITTLE { twice > self.of || self.of == 0 } else { twice >= self.of }
    }
}

impl Fingerprint {
    /// Compares what is remembered with what the machine says now.
    pub fn compare(&self, now: &Self) -> Comparison {
        let mut comparison = Comparison { kinds: Vec::new(), points: 0, of: 0 };
        for kind in Kind::ALL {
            let before = self.of_kind(kind).count();
            let after = now.of_kind(kind).count();
            let same = self.of_kind(kind).any(|component| now.components.contains(component));
            let change = match (before, after) {
                (0, 0) => continue,
                (0, _) => Change::New,
                _ if same => Change::Same,
                (_, 0) => Change::Gone,
                _ => Change::Changed,
            };
            comparison.kinds.push((kind, change));
            comparison.of += if before > 0 { kind.weight() } else { 0 };
            comparison.points += if same { kind.weight() } else { 0 };
        }
        comparison
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(move |component| component.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Components {
        Components {
            machine_id: Some("b08dfa6083e7567a1921a715000001fb".to_owned()),
            macs: vec!["52:54:00:12:34:56".to_owned(), "52:54:00:12:34:57".to_owned()],
            host_name: Some("desk".to_owned()),
            cpu: Some("Some Processor 9".to_owned()),
        }
    }

    #[test]
    fn a_new_network_card_and_another_host_name_together_are_the_same_machine() {
        let before = machine().fingerprint("p");
        let changed = Components {
            macs: vec!["aa:bb:cc:dd:ee:ff".to_owned()],
            host_name: Some("other".to_owned()),
            ..machine()
        };
        let after = changed.fingerprint("p");
        let comparison = before.compare(&after);
        assert!(comparison.holds(), "{comparison:?}");
        assert_eq!((comparison.points, comparison.of), (4, 7));
        assert_eq!(before.id, after.id);
    }

    #[test]
    fn a_system_installed_anew_is_the_same_machine_while_it_is_remembered() {
        let anew = Components { machine_id: Some("another".to_owned()), ..machine() };
        assert!(machine().fingerprint("p").compare(&anew.fingerprint("p")).holds());
    }

    #[test]
    fn a_twin_with_the_same_name_and_processor_is_another_machine() {
        let twin =
            Components { machine_id: Some("twin".to_owned()), macs: vec!["1".to_owned()], ..machine() };
        let comparison = machine().fingerprint("p").compare(&twin.fingerprint("p"));
        assert!(!comparison.holds(), "{comparison:?}");
    }

    #[test]
    fn a_machine_that_says_little_must_say_the_same() {
        let bare = |host: &str| Components {
            host_name: Some(host.to_owned()),
            cpu: Some("Some Processor 9".to_owned()),
            ..Components::default()
        };
        let before = bare("one").fingerprint("p");
        assert!(before.compare(&bare("one").fingerprint("p")).holds());
        assert!(!before.compare(&bare("two").fingerprint("p")).holds());
    }

    #[test]
    fn ids_of_two_products_have_nothing_in_common() {
        let (a, b) = (machine().fingerprint("a"), machine().fingerprint("b"));
        assert_ne!(a.id, b.id);
        assert!(a.components.iter().all(|one| !b.components.contains(one)));
        assert!(super::super::is_device_id(&a.id));
    }

    #[test]
    fn the_order_of_network_cards_does_not_matter() {
        let mut turned = machine();
        turned.macs.reverse();
        assert_eq!(turned.fingerprint("p"), machine().fingerprint("p"));
        let without = Components { machine_id: None, ..machine() };
        let mut turned = without.clone();
        turned.macs.reverse();
        assert_eq!(turned.fingerprint("p").id, without.fingerprint("p").id);
    }
}
