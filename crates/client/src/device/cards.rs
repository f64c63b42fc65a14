//! Which hardware addresses of a machine identify it.

/// Makers of hypervisors and tunnels, whose cards come and go with their programs.
const VIRTUAL: [&str; 11] = [
    "00:05:69:", // VMware
    "00:0c:29:", // VMware
    "00:1c:14:", // VMware
    "00:50:56:", // VMware
    "00:15:5d:", // Hyper-V
    "00:16:3e:", // Xen
    "00:1c:42:", // Parallels
    "08:00:27:", // VirtualBox
    "00:05:9a:", // Cisco's tunnels
    "00:ff:",    // TAP for Windows
    "02:00:4c:", // Microsoft's loopback card
];

/// How well an address identifies a machine, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A maker of cards gave it.
    Made,
    /// A hypervisor or a tunnel gave it.
    Virtual,
    /// The machine gave it to itself: bit 0x02 of the first octet.
    Local,
}

/// Of some hardware addresses those of the best rank there is, lower case with colons, sorted, each once. So a virtual
/// machine is known by its virtual card, and a laptop never by that of its tunnel.
pub(super) fn best<T: AsRef<str>>(addresses: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut ranked: Vec<(Rank, String)> =
        addresses.into_iter().filter_map(|address| ranked(address.as_ref())).collect();
    ranked.sort_unstable();
    ranked.dedup();
    let best = ranked.first().map(|(rank, _)| *rank);
    ranked.into_iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, mac)| mac).collect()
}

/// An address of six octets that is one card's: not zero, not a group's.
fn ranked(address: &str) -> Option<(Rank, String)> {
    let plain = |text: &str| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let octet = |text: &str| u8::from_str_radix(text, 16).ok().filter(|_| plain(text));
    let octets: Vec<u8> = address.trim().split([':', '-']).map(octet).collect::<Option<_>>()?;
    let first = *octets.first()?;
    if octets.len() != 6 || first & 0x01 != 0 || octets.iter().all(|&octet| octet == 0) {
        return None;
    }
    let mac = octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":");
    let rank = if first & 0x02 != 0 {
        Rank::Local
    } else if VIRTUAL.iter().any(|maker| mac.starts_with(maker)) {
        Rank::Virtual
    } else {
        Rank::Made
    };
    Some((rank, mac))
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn what_a_maker_gave_comes_before_what_a_program_gave() {
        let all = ["52:54:00:12:34:56", "00-50-56-C0-00-08", "f0:de:f1:00:00:02", "F0-DE-F1-00-00-01"];
        assert_eq!(best(all), ["f0:de:f1:00:00:01", "f0:de:f1:00:00:02"]);
        assert_eq!(best(&all[..2]), ["00:50:56:c0:00:08"]);
        assert_eq!(best(&all[..1]), ["52:54:00:12:34:56"]);
    }

    #[test]
    fn what_is_no_cards_address_is_left_out() {
        let none =
            ["", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "a:b:c", "00:11:22:33:44:5g"];
        assert!(best(none).is_empty());
        assert!(best(["80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:1f:3e:01"]).is_empty());
        assert!(best(["0:+1:22:33:44:55", "000:11:22:33:44:55"]).is_empty());
    }

    #[test]
    fn an_address_counts_once_however_it_is_written() {
        assert_eq!(best(["0:11:22:33:44:5", "00-11-22-33-44-05"]), ["00:11:22:33:44:05"]);
    }
}
