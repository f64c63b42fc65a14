//! What the customer sees: a sentence, a colour, and the code.

use keyward_core::code::Code;
use keyward_core::verdict::{Access, Verdict};

use super::simulate::Simulation;
use crate::console::language::Language;
use crate::console::texts::Licenses;
use crate::console::words::{self, Words};

/// What the customer is answered.
pub(super) struct Answer {
    pub(super) class: &'static str,
    pub(super) sentence: String,
    pub(super) remedy: String,
    pub(super) access: &'static str,
    pub(super) code: &'static str,
    pub(super) warnings: Vec<String>,
}

impl Answer {
    pub(super) fn of(simulation: &Simulation, language: Language) -> Self {
        let Some(works) = &simulation.works else { return Self::to(&simulation.verdict, language) };
        // The question that is asked of such a key is whether it may be activated: its no is not about what runs already.
        let t = Licenses::of(language);
        let mut answer = Self { code: simulation.verdict.code.as_str(), ..Self::to(works, language) };
        if answer.class == "active" {
            t.used_works.clone_into(&mut answer.sentence);
        }
        answer.warnings.push(t.used_again.to_owned());
        answer
    }

    fn to(verdict: &Verdict, language: Language) -> Self {
        let t = Licenses::of(language);
        let (class, access) = match (verdict.valid, verdict.access) {
            (true, _) if verdict.code == Code::GracePeriod => ("grace", t.access_full),
            (true, _) => ("active", t.access_full),
            (false, Access::ReadOnly) => ("ended", t.access_read_only),
            (false, Access::Full) => ("ended", t.access_full),
            (false, Access::None) => ("ended", t.access_none),
        };
        let Words { sentence, remedy } = words::verdict(verdict, language);
        let warnings = verdict.warnings.iter().map(|warning| words::warning(warning, language)).collect();
        Self { class, sentence, remedy, access, code: verdict.code.as_str(), warnings }
    }
}
