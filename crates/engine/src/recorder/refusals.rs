//! How many refusals of one network are kept as rows: whoever has a key that was used up could fill the disk with its refusals.

use std::collections::HashMap;

use keyward_core::network::Network;

use super::Attempt;

/// Rows of a network in a minute; what is beyond is added up like good attempts.
const A_MINUTE: u32 = 60;
/// Networks that are counted; of others no refusal has a row.
const MOST: usize = 65_536;

/// The refusals of the running minute.
#[derive(Default)]
pub(super) struct Refusals {
    minute: i64,
    rows: HashMap<Network, u32>,
}

impl Refusals {
    /// Whether this one is to have a row.
    pub(super) fn has_row(&mut self, attempt: &Attempt) -> bool {
        let Some(address) = attempt.address else { return true };
        let minute = attempt.at.seconds().div_euclid(60);
        // A little back are those who come late; much, and the clock was set back.
        if minute > self.minute || minute < self.minute - 1 {
            *self = Self { minute, rows: HashMap::new() };
        }
        let network = Network::from(address);
        if self.rows.len() >= MOST && !self.rows.contains_key(&network) {
            return false;
        }
        let rows = self.rows.entry(network).or_default();
        *rows = rows.saturating_add(1);
        *rows <= A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use keyward_core::code::Code;
    use keyward_core::time::Timestamp;

    use super::*;
    use crate::Front;

    fn attempt(address: &str, second: i64) -> Attempt {
        Attempt {
            license: None,
            counted_under: None,
            at: Timestamp::from_seconds(second),
            front: Front::Pool,
            code: Code::AlreadyUsed,
            reason: None,
            valid: false,
            address: Some(address.parse().unwrap()),
            origin: None,
            user_agent: None,
        }
    }

    #[test]
    fn a_network_has_so_many_rows_a_minute_and_another_has_its_own() {
        let mut refusals = Refusals::default();
        let mut rows = |address: &str, second: i64| {
            (0..70).filter(|_| refusals.has_row(&attempt(address, second))).count()
        };
        assert_eq!(rows("192.0.2.1", 0), 60);
        assert_eq!(rows("192.0.2.1", 59), 0);
        assert_eq!(rows("192.0.2.2", 59), 60, "another one");
        assert_eq!(rows("192.0.2.1", 60), 60, "the next minute");
        assert_eq!((rows("2001:db8::1", 60), rows("2001:db8::2", 60)), (60, 0), "a neighbour");
    }

    #[test]
    fn memory_is_bounded() {
        let mut refusals = Refusals::default();
        let of = |number: u32| attempt(&std::net::Ipv4Addr::from(number).to_string(), 0);
        assert!((0..MOST as u32).all(|number| refusals.has_row(&of(number))));
        assert!(!refusals.has_row(&of(MOST as u32)) && refusals.has_row(&of(7)));
    }
}
