//! How a licence stands, in a word and a colour.

use keyward_core::code::Code;
use keyward_core::verdict::Verdict;
use keyward_engine::license::Found;

use super::texts::Licenses;

/// A word for people, and the class of its colour.
pub(super) struct Standing {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl Standing {
    /// Of a licence and what is answered about it now.
    pub(super) fn of(found: &Found, verdict: &Verdict, t: &'static Licenses) -> Self {
        let license = &found.license;
        let (class, word) = match (license.suspension_reason.as_deref(), verdict.code) {
            (Some("revoked"), _) => ("bad", t.revoked),
            (Some("auto"), _) | (None, Code::Expired) => ("bad", t.expired),
            (Some(_), _) => ("late", t.suspended),
            (None, Code::GracePeriod) => ("late", t.grace),
            (None, Code::Trial) => ("note", t.trial),
            (None, _) if found.policy.rules.single_use && license.first_activated_at.is_some() => {
                ("good", t.used)
            }
            (None, Code::Valid) if license.first_activated_at.is_none() && found.policy.rules.single_use => {
                ("", t.unused)
            }
            (None, Code::Valid) if !verdict.warnings.is_empty() => ("late", t.expiring),
            (None, _) if verdict.valid => ("good", t.active),
            // Without a device it runs nowhere yet.
            (None, Code::NoMachine | Code::NoMachines) => ("", t.unused),
            (None, _) => ("late", t.refused),
        };
        Self { class, word }
    }
}
