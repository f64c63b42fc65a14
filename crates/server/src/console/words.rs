//! What the engine and the core say of verdicts and errors, in the reader's language.
//!
//! In English their own sentences are shown, which name what they know. In French there is a sentence and a remedy for each
//! code; the catalogues are `match`es without `_`, so that a code that lacks one does not compile. What an event of the audit log
//! means is worded here in both.

mod errors;
mod events;
mod findings;
mod verdicts;

use keyward_core::audit::Finding;
use keyward_core::refusal::Refusal;
use keyward_core::verdict::{Verdict, Warning};
use keyward_engine::EngineError;

pub(super) use events::event;

use super::language::Language;

/// Why, and what to do about it: each a sentence.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) sentence: String,
    pub(super) remedy: String,
}

impl Words {
    /// Both, one after the other.
    pub(super) fn together(self) -> String {
        format!("{} {}", self.sentence, self.remedy)
    }
}

/// A verdict.
pub(super) fn verdict(verdict: &Verdict, language: Language) -> Words {
    match language {
        Language::English => Words { sentence: whole(&verdict.detail), remedy: verdict.remedy.to_owned() },
        Language::French => verdicts::french(verdict),
    }
}

/// What a verdict warns of.
pub(super) fn warning(warning: &Warning, language: Language) -> String {
    match language {
        Language::English => whole(&warning.to_string()),
        Language::French => verdicts::french_warning(warning),
    }
}

/// Why a text is no licence.
pub(super) fn refusal(refusal: &Refusal, language: Language) -> Words {
    match language {
        Language::English => {
            Words { sentence: whole(&refusal.to_string()), remedy: refusal.remedy().to_owned() }
        }
        Language::French => verdicts::french_refusal(refusal),
    }
}

/// An error that the person can do something about; `None` is ours, or what the page words itself.
pub(super) fn error(error: &EngineError, language: Language) -> Option<Words> {
    let french = errors::french(error)?;
    Some(match (language, error) {
        (Language::French, _) => french,
        (Language::English, EngineError::NotAllowed(no)) => verdict(no, language),
        (Language::English, _) => {
            Words { sentence: whole(&error.to_string()), remedy: whole(error.remedy()) }
        }
    })
}

/// What a check of the audit log found.
pub(super) fn finding(finding: &Finding, language: Language) -> String {
    match language {
        Language::English => finding.detail.clone(),
        Language::French => findings::french(finding.kind).to_owned(),
    }
}

/// Details are parts of sentences; those of the protocol leave out whom they are about.
fn whole(part: &str) -> String {
    let about = ["is ", "has ", "does ", "must "].iter().any(|verb| part.starts_with(verb));
    let named = about.then(|| format!("the licence {part}"));
    let part = named.as_deref().unwrap_or(part);
    let mut characters = part.trim_end_matches('.').chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn parts_become_sentences() {
        for (part, wanted) in [
            ("is suspended", "The licence is suspended."),
            ("must have exactly 1 associated machine", "The licence must have exactly 1 associated machine."),
            ("the licence is valid", "The licence is valid."),
            ("expires in 3 days.", "Expires in 3 days."),
            ("étrange", "Étrange."),
        ] {
            assert_eq!(whole(part), wanted);
        }
    }
}
