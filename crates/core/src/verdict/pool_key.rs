//! A key of system B: may it be activated, and does its activation still hold?
//!
//! Order: unknown, used, not active. A key works once, for the same domain too.

use super::{Access, Term, Verdict};
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

/// What the pool keeps of an activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolActivation {
    /// The domain it was made for, compared exactly.
    pub domain: String,
    /// The last instant at which it holds.
    pub expires: Timestamp,
    /// Whether it was not ended by the vendor.
    pub active: bool,
}

/// Does the activation of a key hold on this domain, now? Order: ended, other domain, expired.
pub fn pool_activation(activation: &PoolActivation, domain: &str, now: Timestamp) -> Verdict {
    let term = Term { expiry: Some(activation.expires), grace_until: None };
    let refused = |code, detail: String| Verdict::refused(code, detail, Access::None);
    let verdict = if !activation.active {
        refused(Code::Inactive, "the activation was ended".to_owned())
    } else if activation.domain != domain {
        refused(Code::WrongDevice, "the key was activated for another domain".to_owned())
    } else {
        term.holds(now, Code::Valid, "the activation holds")
            .unwrap_or_else(|| refused(Code::Expired, term.expired_detail()))
    };
    verdict.until(&term)
}
