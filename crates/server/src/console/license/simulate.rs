//! The verdict as of another date and device. Nothing is changed, and nothing is counted.

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_engine::license::{Question, Shown, decide};

use super::bound_to;
use crate::console::frame::instant;
use crate::console::texts::Licenses;
use crate::web::Fields;

/// What was asked, and the verdict.
pub(super) struct Simulation {
    /// As of when, in words; `None` is now.
    pub(super) at: Option<String>,
    pub(super) typed_at: String,
    pub(super) typed_device: String,
    pub(super) problem: Option<&'static str>,
    pub(super) verdict: Verdict,
    /// Of a key that works once, was used and runs on a device: that it does.
    pub(super) works: Option<Verdict>,
}

impl Simulation {
    pub(super) fn of(fields: &Fields, shown: &Shown, now: Timestamp, t: &'static Licenses) -> Self {
        let (typed_at, typed_device) = (fields.get("as-of").trim(), fields.get("device").trim());
        let at = if typed_at.is_empty() { Some(None) } else { parse(typed_at).map(Some) };
        let problem = at.is_none().then_some(t.simulate_bad);
        let at = at.flatten();
        let fingerprints = (!typed_device.is_empty()).then(|| vec![typed_device.to_owned()]);
        let scope = Scope { fingerprints, ..Scope::default() };
        let question = if shown.found.policy.rules.single_use { Question::Activate } else { Question::Run };
        let answered =
            |question| decide(question, Some(&shown.found), &shown.machines, &scope, at.unwrap_or(now));
        let verdict = elsewhere(answered(question), shown, typed_device);
        let is_used = verdict.code == Code::AlreadyUsed && !shown.machines.is_empty();
        let works = is_used.then(|| answered(Question::Run)).filter(|runs| runs.valid);
        Self {
            at: at.map(instant),
            typed_at: typed_at.to_owned(),
            typed_device: typed_device.to_owned(),
            problem,
            verdict,
            works,
        }
    }
}

/// On another device than the newest form names: the application sees that by itself, whoever is activated here.
fn elsewhere(verdict: Verdict, shown: &Shown, device: &str) -> Verdict {
    let Some(bound) = bound_to(shown).filter(|bound| !device.is_empty() && *bound != device) else {
        return verdict;
    };
    // What the server refuses it refuses everywhere.
    if matches!(verdict.code, Code::Revoked | Code::Suspended | Code::Banned) {
        return verdict;
    }
    let detail = format!("the licence is bound to device {bound}; this device is {device}");
    let access = shown.found.policy.model.access_after_expiry;
    let Verdict { expiry, grace_until, .. } = verdict;
    Verdict { access, expiry, grace_until, ..Verdict::refusal(Code::WrongDevice, detail) }
}

/// A day, or a minute, in UTC: as browsers write it, as people do, or RFC 3339.
pub(in crate::console) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.replacen(' ', "T", 1);
    let seconds = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text,
    };
    Timestamp::parse_rfc3339(&seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_and_browsers_write_them() {
        let at = |text: &str| parse(text).map(instant);
        assert_eq!(at("2027-01-31").as_deref(), Some("2027-01-31 00:00:00"));
        for text in ["2027-01-31 12:30", "2027-01-31T12:30", "2027-01-31T12:30:00", "2027-01-31T12:30:00Z"] {
            assert_eq!(at(text).as_deref(), Some("2027-01-31 12:30:00"), "{text}");
        }
        for bad in ["tomorrow", "2027-13-01", "2027-1-1", "31.01.2027"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
