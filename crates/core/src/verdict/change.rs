//! May a stored licence be changed: renewed, extended, transferred?

use super::{Access, Verdict};
use crate::code::Code;
use crate::model::{License, SuspensionReason};

/// A suspended or revoked licence is reinstated first, so that nobody changes one that he believes to be running. An
/// expired one may be changed: renewing is the way out. One that was suspended because it expired is renewed like it.
pub fn changeable(license: &License) -> Verdict {
    let refused = |code, detail| Verdict::refused(code, detail, Access::None);
    match license.suspension {
        Some(SuspensionReason::Revoked) => refused(Code::Revoked, "is revoked; reinstate it first"),
        Some(SuspensionReason::Suspended) => refused(Code::Suspended, "is suspended; reinstate it first"),
        Some(SuspensionReason::Auto) | None => {
            Verdict::new(true, Code::Valid, "may be changed", Access::Full)
        }
    }
}
