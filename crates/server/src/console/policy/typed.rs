//! The fields of a policy's form, and the rules that they stand for.

use keyward_core::scheme::Scheme;
use keyward_engine::Policy;
use keyward_engine::rules::{AccessAfterExpiry, ExpirationBasis, Overage, Rules};

use super::strategies::{self, BASIS, COUNT, Question};
use crate::console::texts::{Products, fill};
use crate::web::Fields;

/// A hundred years, in seconds.
const LONGEST: i64 = 100 * 366 * 86_400;

/// What was typed.
#[derive(Default)]
pub(in crate::console) struct Typed {
    pub(in crate::console) name: String,
    pub(in crate::console) duration: String,
    pub(in crate::console) machines: String,
    pub(in crate::console) uses: String,
    pub(in crate::console) grace: String,
    pub(in crate::console) offline: String,
    pub(in crate::console) transfers: String,
    pub(in crate::console) window: String,
    pub(in crate::console) read_only: bool,
    /// The rarer rules, where they were asked.
    rest: Option<Rest>,
}

/// The rarer rules.
#[derive(Clone)]
struct Rest {
    strict: bool,
    single_use: bool,
    chosen: [String; COUNT],
}

/// The rarer rules, as they are asked.
pub(super) struct Asked {
    /// `None` where it is not asked.
    pub(super) strict: Option<bool>,
    pub(super) single_use: Option<bool>,
    /// The answers hold at once for licences that there are.
    pub(super) at_once: Vec<Question>,
    /// They hold for what happens from now on.
    pub(super) from_now: Vec<Question>,
    /// Whether something of it was changed, and the form is shown again.
    pub(super) is_open: bool,
}

impl Typed {
    pub(in crate::console) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).trim().to_owned();
        Self {
            name: text("name"),
            duration: text("duration"),
            machines: text("machines"),
            uses: text("uses"),
            grace: text("grace"),
            offline: text("offline"),
            transfers: text("transfers"),
            window: text("window"),
            read_only: fields.get("access") == "read_only",
            // A tick that is taken away is not sent: that the rest was asked says a field of its own.
            rest: (!fields.get("rest").is_empty()).then(|| Rest {
                strict: !fields.get("strict").is_empty(),
                single_use: !fields.get("single-use").is_empty(),
                chosen: strategies::chosen(fields),
            }),
        }
    }

    /// What most policies begin with.
    pub(in crate::console) fn new_policy() -> Self {
        Self { duration: "365".to_owned(), machines: "1".to_owned(), ..Self::default() }
    }

    /// As a policy stands.
    pub(super) fn show(policy: &Policy) -> Self {
        let rules = &policy.rules;
        let span = |seconds: Option<i64>| seconds.map(write).unwrap_or_default();
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            name: policy.row.name.clone(),
            duration: span(rules.duration.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX))),
            machines: number(machines(rules)),
            uses: number(rules.max_uses),
            grace: span(Some(rules.grace_period).filter(|seconds| *seconds > 0)),
            offline: span(rules.offline_lease),
            transfers: number(rules.max_transfers),
            window: span(rules.transfer_window),
            read_only: rules.access_after_expiry == AccessAfterExpiry::ReadOnly,
            rest: Some(Rest {
                strict: rules.strict,
                single_use: rules.single_use,
                chosen: strategies::values(rules),
            }),
        }
    }

    /// The rarer rules of a policy that asks for them.
    pub(super) fn asked(&self, policy: &Policy, t: &'static Products) -> Asked {
        let rules = &policy.rules;
        let rest = self.rest.clone().unwrap_or_else(|| Rest {
            strict: rules.strict,
            single_use: rules.single_use,
            chosen: strategies::values(rules),
        });
        let scheme = policy.scheme();
        // An installation's devices are counted otherwise, and only keys of a pool are used up.
        let is_lk = matches!(scheme, Some(Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3));
        let mut questions = strategies::questions(&rest.chosen, rules, t);
        // The time of a key that works once begins with that.
        questions.retain(|question| question.field != BASIS || !rules.single_use);
        let (at_once, from_now) = questions.into_iter().partition(|question| question.is_at_once);
        Asked {
            strict: (!is_lk || rules.strict).then_some(rest.strict),
            single_use: (scheme == Some(Scheme::Pool) || rules.single_use).then_some(rest.single_use),
            at_once,
            from_now,
            is_open: self.rest.is_some() && strategies::values(rules) != rest.chosen,
        }
    }

    /// The rules of before with what was typed; or a sentence about what cannot be read.
    pub(in crate::console) fn rules(&self, before: &Rules, t: &'static Products) -> Result<Rules, String> {
        let span = |text: &str, field| read(text).map_err(|()| fill(t.span_bad, field));
        let number = |text: &str, field| match text {
            "" => Ok(None),
            text => match text.parse() {
                Ok(number @ 0_i64..=1_000_000_000) => Ok(Some(number)),
                _ => Err(fill(t.number_bad, field)),
            },
        };
        let mut rules = before.clone();
        rules.duration = span(&self.duration, t.field_duration)?.map(i64::unsigned_abs);
        let typed = number(&self.machines, t.field_machines)?;
        // What stands there is not changed only because it can be written in two ways.
        if typed != machines(before) {
            rules.max_machines = typed.and_then(|number| u32::try_from(number).ok());
            rules.floating = typed != Some(1);
        }
        rules.max_uses = number(&self.uses, t.field_uses)?;
        rules.grace_period = span(&self.grace, t.field_grace)?.unwrap_or(0);
        rules.offline_lease = span(&self.offline, t.field_offline)?;
        rules.max_transfers = number(&self.transfers, t.field_transfers)?;
        rules.transfer_window = span(&self.window, t.field_window)?;
        let is_read_only = before.access_after_expiry == AccessAfterExpiry::ReadOnly;
        if self.read_only != is_read_only {
            rules.access_after_expiry =
                if self.read_only { AccessAfterExpiry::ReadOnly } else { AccessAfterExpiry::None };
        }
        if let Some(rest) = &self.rest {
            (rules.strict, rules.single_use) = (rest.strict, rest.single_use);
            if !strategies::follow(&rest.chosen, &mut rules) {
                return Err(t.choice_bad.to_owned());
            }
            if rules.single_use && !before.single_use {
                rules.expiration_basis = ExpirationBasis::FromFirstActivation;
            }
        }
        let is_part = matches!(rules.overage_strategy, Overage::By1_25 | Overage::By1_5);
        let is_new = rules.overage_strategy != before.overage_strategy || rules.floating != before.floating;
        if is_part && is_new && !rules.floating {
            return Err(t.overage_bad.to_owned());
        }
        Ok(rules)
    }
}

/// How many devices the rules say, whether they float or not; `None` is without limit.
fn machines(rules: &Rules) -> Option<i64> {
    rules.max_machines.map(i64::from).or((!rules.floating).then_some(1))
}

/// Days, or a number with its unit.
fn read(text: &str) -> Result<Option<i64>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let (digits, unit) = match text.as_bytes()[text.len() - 1] {
        b'd' => (&text[..text.len() - 1], 86_400),
        b'h' => (&text[..text.len() - 1], 3_600),
        b'm' => (&text[..text.len() - 1], 60),
        b's' => (&text[..text.len() - 1], 1),
        _ => (text, 86_400),
    };
    let number: i64 = digits.trim().parse().map_err(|_| ())?;
    let seconds = number.checked_mul(unit).filter(|seconds| (1..=LONGEST).contains(seconds));
    seconds.map(Some).ok_or(())
}

/// As it is read.
fn write(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => (s / 86_400).to_string(),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::language::Language;

    #[test]
    fn spans_are_read_as_they_are_written() {
        for seconds in [1, 59, 60, 3_600, 5_400, 86_400, 90_000, 31_536_000] {
            assert_eq!(read(&write(seconds)), Ok(Some(seconds)), "{seconds}");
        }
        assert_eq!((read(""), read("30"), read("12 h")), (Ok(None), Ok(Some(2_592_000)), Ok(Some(43_200))));
        for bad in ["0", "-1", "d", "1w", "1.5", "ü", "99999999999999999999", "36601"] {
            assert_eq!(read(bad), Err(()), "{bad}");
        }
    }

    #[test]
    fn what_is_not_touched_stays() {
        let t = Products::of(Language::English);
        let cases = [
            Rules::default(),
            Rules { floating: true, ..Rules::default() },
            Rules { max_machines: Some(1), floating: true, ..Rules::default() },
            Rules {
                grace_period: 5,
                max_uses: Some(3),
                strict: true,
                duration: Some(90),
                ..Rules::default()
            },
            Rules { access_after_expiry: AccessAfterExpiry::ReadOnly, ..Rules::default() },
        ];
        for rules in cases {
            let number = |number: Option<i64>| number.map(|it| it.to_string()).unwrap_or_default();
            let typed = Typed {
                duration: rules.duration.map(|it| write(it.cast_signed())).unwrap_or_default(),
                machines: number(machines(&rules)),
                uses: number(rules.max_uses),
                grace: if rules.grace_period > 0 { write(rules.grace_period) } else { String::new() },
                read_only: rules.access_after_expiry == AccessAfterExpiry::ReadOnly,
                ..Typed::default()
            };
            assert_eq!(typed.rules(&rules, t), Ok(rules.clone()));
        }
        let many = Typed { machines: "5".to_owned(), ..Typed::default() };
        let rules = many.rules(&Rules::default(), t).expect("rules");
        assert_eq!((rules.max_machines, rules.floating), (Some(5), true));
    }
}
