//! A key of system B: may it be activated, and does its activation still hold?
//!
//! Order: unknown, used, not active. A key works once, for the same domain too.

use super::{Access, Verdict};
use crate::claims::Claims;
use crate::code::Code;
use crate::time::Timestamp;

/// What the pool keeps of a key, as far as the question needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRecord {
    /// When it was first activated; releasing its device does not clear it.
    pub first_activated_at: Option<Timestamp>,
    /// Whether the vendor lets it be used.
    pub active: bool,
}

/// May this key be activated now?
pub fn pool_key(record: Option<&PoolRecord>) -> Verdict {
    let refused = |code: Code, detail: &str| Verdict::refused(code, detail, Access::None);
    match record {
        None => refused(Code::NotFound, "no such key exists"),
        Some(PoolRecord { first_activated_at: Some(used), .. }) => {
            refused(Code::AlreadyUsed, &format!("the key was used on {used}; a key works once"))
        }
        Some(PoolRecord { active: false, .. }) => refused(Code::Inactive, "the key is not active"),
        Some(_) => Verdict::new(true, Code::Valid, "the key can be activated", Access::Full),
    }
}

/// Does the activation of a key hold on this domain, now? `claims` carry its domain as the device and its expiry.
pub fn pool_activation(claims: &Claims, active: bool, domain: &str, now: Timestamp) -> Verdict {
    if !active {
        return Verdict::refused(Code::Inactive, "the activation was ended", Access::None);
    }
    super::device(claims, &super::DeviceContext { device: Some(domain), ..Default::default() }, now)
}
