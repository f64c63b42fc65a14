//! What kind of machine a program runs on, and what that means for its components.

use std::fmt::{self, Display};

use keyward_core::device::fingerprint::Components;

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

impl Environment {
    /// What whoever runs the program should do, so that the machine stays known and is not taken for another.
    pub fn advice(&self, components: &Components) -> Vec<&'static str> {
        let mut advice = Vec::new();
        match (self, &components.machine_id) {
            (Self::Hardware, _) => {}
            (Self::Virtual(_), _) => {
                advice.push("a copy of a virtual machine is the same device: give it a machine id of its own");
            }
            (Self::Container(_), Some(_)) => advice.push(
                "a machine id in the image is the same in all its containers, which are then one device: mount one",
            ),
            (Self::Container(_), None) => advice.push(
                "set the host name, and mount a machine id or keep the data directory on a volume: otherwise each start is a new device",
            ),
        }
        if components.machine_id.is_none() && components.macs.is_empty() {
            advice
                .push("neither a machine id nor a network card was found: machines of one model look alike");
        }
        advice
    }

    /// The virtual machine that a mainboard's maker and product stand for.
    pub(super) fn of_mainboard(maker: &str, product: &str) -> Option<Self> {
        const KINDS: [(&str, &str); 17] = [
            ("vmware", "VMware"),
            ("virtualbox", "VirtualBox"),
            ("innotek", "VirtualBox"),
            ("qemu", "QEMU"),
            ("bochs", "Bochs"),
            ("bhyve", "bhyve"),
            ("parallels", "Parallels"),
            ("kubevirt", "KubeVirt"),
            ("openstack", "OpenStack"),
            ("amazon ec2", "Amazon EC2"),
            ("google compute engine", "Google Compute Engine"),
            ("digitalocean", "DigitalOcean"),
            ("vserver", "vServer"),
            ("apple virtualization", "Apple"),
            ("virtualmac", "Apple"),
            ("xen", "Xen"),
            ("kvm", "KVM"),
        ];
        let (maker, product) = (maker.to_ascii_lowercase(), product.to_ascii_lowercase());
        if product.ends_with(".metal") {
            return None; // a whole server, rented from a maker of virtual ones
        }
        if maker.starts_with("microsoft") && product == "virtual machine" {
            return Some(Self::Virtual("Hyper-V".to_owned()));
        }
        let named = |(mark, _): &&(&str, &str)| maker.contains(mark) || product.contains(mark);
        KINDS.iter().find(named).map(|(_, kind)| Self::Virtual((*kind).to_owned()))
    }
}

impl Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hardware => f.write_str("hardware"),
            Self::Virtual(kind) => write!(f, "virtual machine ({kind})"),
            Self::Container(kind) => write!(f, "container ({kind})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(maker: &str, product: &str) -> String {
        Environment::of_mainboard(maker, product).unwrap_or(Environment::Hardware).to_string()
    }

    #[test]
    fn a_mainboard_tells_its_hypervisor() {
        assert_eq!(kind("QEMU", "Standard PC (Q35 + ICH9, 2009)"), "virtual machine (QEMU)");
        assert_eq!(kind("Microsoft Corporation", "Virtual Machine"), "virtual machine (Hyper-V)");
        assert_eq!(kind("Microsoft Corporation", "Surface Laptop 5"), "hardware");
        assert_eq!(kind("innotek GmbH", "VirtualBox"), "virtual machine (VirtualBox)");
        assert_eq!(kind("Amazon EC2", "t3.micro"), "virtual machine (Amazon EC2)");
        assert_eq!(kind("Amazon EC2", "m5.metal"), "hardware");
        assert_eq!(kind("Google", "Eve"), "hardware");
        assert_eq!(kind("LENOVO", "20XW004AGE"), "hardware");
    }

    #[test]
    fn a_container_is_told_what_it_lacks() {
        let docker = Environment::Container("docker".to_owned());
        let with = Components { machine_id: Some("1".to_owned()), ..Components::default() };
        assert!(docker.advice(&with)[0].contains("in the image"));
        assert_eq!(docker.advice(&Components::default()).len(), 2);
        assert!(Environment::Hardware.advice(&with).is_empty());
    }
}
