//! The strategies that a policy's form offers: what the verdict, activations, renewals and moves really obey. Others stay as
//! they are.

use keyward_engine::rules::{
    Arithmetic, ExpirationBasis, ExpirationStrategy, MachineUniqueness, Overage, RenewalBasis, Rules,
    TransferStrategy,
};
use serde::Serialize;

use crate::console::texts::Products;
use crate::web::Fields;

/// A text of the catalogue.
type Say = fn(&'static Products) -> &'static str;

/// When the time begins.
pub(super) const BASIS: &str = "basis";

/// How many there are.
pub(in crate::console) const COUNT: usize = ALL.len();

/// A question with its answers.
pub(in crate::console) struct Question {
    pub(in crate::console) field: &'static str,
    pub(in crate::console) text: &'static str,
    /// Whether the answer holds at once for licences that there are.
    pub(in crate::console) is_at_once: bool,
    pub(in crate::console) answers: Vec<Answer>,
}

/// An answer in a sentence.
pub(in crate::console) struct Answer {
    pub(in crate::console) value: String,
    pub(in crate::console) sentence: &'static str,
    pub(in crate::console) is_chosen: bool,
}

/// A strategy in the rules, with the choices that are offered.
struct Strategy<T: 'static> {
    field: &'static str,
    text: Say,
    is_at_once: bool,
    of: fn(&mut Rules) -> &mut T,
    /// What the protocol's default means, and what is offered.
    choices: &'static [(T, Say)],
    /// What is not offered to whoever has something else.
    others: &'static [(T, Say)],
}

/// A strategy, whatever its type.
trait Offered: Sync {
    fn ask(&self, chosen: &str, rules: &Rules, t: &'static Products) -> Question;
    fn value(&self, rules: &Rules) -> String;
    fn field(&self) -> &'static str;
    /// Follows the answer; `false` when it is none of those that are offered.
    fn follow(&self, chosen: &str, rules: &mut Rules) -> bool;
}

impl<T: Copy + Default + PartialEq + Serialize + Sync> Strategy<T> {
    /// What stands in the rules; the default as what it means.
    fn now(&self, rules: &Rules) -> T {
        let now = *(self.of)(&mut rules.clone());
        if now == T::default() { self.choices[0].0 } else { now }
    }
}

fn name(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

impl<T: Copy + Default + PartialEq + Serialize + Sync> Offered for Strategy<T> {
    fn ask(&self, chosen: &str, rules: &Rules, t: &'static Products) -> Question {
        let now = self.now(rules);
        let others = self.others.iter().filter(|(other, _)| *other == now);
        let answers = self.choices.iter().chain(others).map(|(value, say)| {
            let value = name(value);
            Answer { is_chosen: value == chosen, value, sentence: say(t) }
        });
        Question {
            field: self.field,
            text: (self.text)(t),
            is_at_once: self.is_at_once,
            answers: answers.collect(),
        }
    }

    fn value(&self, rules: &Rules) -> String {
        name(self.now(rules))
    }

    fn field(&self) -> &'static str {
        self.field
    }

    fn follow(&self, chosen: &str, rules: &mut Rules) -> bool {
        // What is not asked or not changed stays as it is written.
        if chosen.is_empty() || chosen == self.value(rules) {
            return true;
        }
        let Some((value, _)) = self.choices.iter().find(|(value, _)| name(value) == chosen) else {
            return false;
        };
        *(self.of)(rules) = *value;
        true
    }
}

/// Those that hold at once come first.
const ALL: [&dyn Offered; 7] = [
    &Strategy {
        field: "expiration",
        text: |t| t.q_expiration,
        is_at_once: true,
        of: |rules| &mut rules.expiration_strategy,
        choices: &[
            (ExpirationStrategy::RestrictAccess, |t| t.s_restrict),
            (ExpirationStrategy::RevokeAccess, |t| t.s_revoke),
            (ExpirationStrategy::MaintainAccess, |t| t.s_maintain),
        ],
        others: &[(ExpirationStrategy::AllowAccess, |t| t.s_maintain)],
    },
    &Strategy {
        field: "overage",
        text: |t| t.q_overage,
        is_at_once: true,
        of: |rules| &mut rules.overage_strategy,
        choices: &[
            (Overage::None, |t| t.s_over_none),
            (Overage::By1_25, |t| t.s_over_quarter),
            (Overage::By1_5, |t| t.s_over_half),
            (Overage::By2, |t| t.s_over_twice),
            (Overage::Always, |t| t.s_over_always),
        ],
        others: &[],
    },
    &Strategy {
        field: BASIS,
        text: |t| t.q_basis,
        is_at_once: false,
        of: |rules| &mut rules.expiration_basis,
        choices: &[
            (ExpirationBasis::FromCreation, |t| t.s_from_creation),
            (ExpirationBasis::FromFirstActivation, |t| t.s_from_activation),
            (ExpirationBasis::FromFirstValidation, |t| t.s_from_validation),
        ],
        others: &[(ExpirationBasis::FromFirstUse, |t| t.s_from_use)],
    },
    &Strategy {
        field: "arithmetic",
        text: |t| t.q_arithmetic,
        is_at_once: false,
        of: |rules| &mut rules.duration_arithmetic,
        choices: &[
            (Arithmetic::Calendar, |t| t.s_calendar),
            (Arithmetic::Exact, |t| t.s_exact),
            (Arithmetic::Months, |t| t.s_months),
        ],
        others: &[],
    },
    &Strategy {
        field: "renewal",
        text: |t| t.q_renewal,
        is_at_once: false,
        of: |rules| &mut rules.renewal_basis,
        choices: &[
            (RenewalBasis::FromExpiry, |t| t.s_renew_expiry),
            (RenewalBasis::FromNow, |t| t.s_renew_now),
            (RenewalBasis::FromNowIfExpired, |t| t.s_renew_if),
        ],
        others: &[],
    },
    &Strategy {
        field: "moved",
        text: |t| t.q_moved,
        is_at_once: false,
        of: |rules| &mut rules.transfer_strategy,
        choices: &[
            (TransferStrategy::KeepExpiry, |t| t.s_transfer_keep),
            (TransferStrategy::ResetExpiry, |t| t.s_transfer_reset),
        ],
        others: &[],
    },
    &Strategy {
        field: "unique",
        text: |t| t.q_unique,
        is_at_once: false,
        of: |rules| &mut rules.machine_uniqueness_strategy,
        choices: &[
            (MachineUniqueness::PerLicense, |t| t.s_unique_license),
            (MachineUniqueness::PerPolicy, |t| t.s_unique_policy),
            (MachineUniqueness::PerProduct, |t| t.s_unique_product),
            (MachineUniqueness::PerAccount, |t| t.s_unique_account),
        ],
        others: &[],
    },
];

/// What was chosen of each.
pub(super) fn chosen(fields: &Fields) -> [String; COUNT] {
    ALL.map(|strategy| fields.get(strategy.field()).to_owned())
}

/// What stands in the rules of each.
pub(super) fn values(rules: &Rules) -> [String; COUNT] {
    ALL.map(|strategy| strategy.value(rules))
}

/// The questions, with what is chosen of each.
pub(super) fn questions(chosen: &[String; COUNT], rules: &Rules, t: &'static Products) -> Vec<Question> {
    let ask = |(strategy, chosen): (&&dyn Offered, &String)| {
        let now = if chosen.is_empty() { &strategy.value(rules) } else { chosen };
        strategy.ask(now, rules, t)
    };
    ALL.iter().zip(chosen).map(ask).collect()
}

/// Follows every answer; `false` when one is none of those that are offered.
pub(super) fn follow(chosen: &[String; COUNT], rules: &mut Rules) -> bool {
    ALL.iter().zip(chosen).all(|(strategy, chosen)| strategy.follow(chosen, rules))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::language::Language;

    #[test]
    fn every_answer_is_followed_and_read_again() {
        let t = Products::of(Language::English);
        let before = Rules::default();
        for (place, question) in questions(&values(&before), &before, t).into_iter().enumerate() {
            let is_first = question.answers.iter().map(|answer| answer.is_chosen).collect::<Vec<_>>();
            assert!(is_first[0] && is_first.iter().filter(|it| **it).count() == 1, "{}", question.field);
            for answer in question.answers {
                let mut chosen = values(&before);
                chosen[place].clone_from(&answer.value);
                let mut rules = before.clone();
                assert!(follow(&chosen, &mut rules));
                assert_eq!(values(&rules), chosen, "{}", question.field);
                // What was the default already stays as it is written.
                assert_eq!(rules == before, answer.is_chosen, "{} {}", question.field, answer.value);
            }
        }
    }

    #[test]
    fn what_is_not_offered_stays_and_is_not_chosen_anew() {
        let t = Products::of(Language::English);
        let before = Rules { expiration_basis: ExpirationBasis::FromFirstUse, ..Rules::default() };
        let mut rules = before.clone();
        assert!(follow(&values(&before), &mut rules) && rules == before);
        let asked = questions(&values(&before), &before, t);
        let basis = asked.iter().find(|question| question.field == "basis").expect("it is asked");
        assert!(basis.answers.iter().any(|answer| answer.value == "FROM_FIRST_USE" && answer.is_chosen));
        let mut chosen = values(&before);
        for bad in ["DEFAULT", "FROM_FIRST_USE", "x"] {
            chosen[2] = bad.to_owned();
            assert!(!follow(&chosen, &mut Rules::default()), "{bad}");
        }
        chosen[2] = String::new();
        assert!(follow(&chosen, &mut rules) && rules == before, "what was not asked stays");
    }
}
