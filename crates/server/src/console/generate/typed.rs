//! Reading what was typed.

use std::ops::RangeInclusive;
use std::sync::Arc;

use keyward_core::time::{Timestamp, parse_date};
use keyward_engine::{NewUser, Policy};
use uuid::Uuid;

use super::kind::Kind;
use crate::console::texts::{Generate, fill};
use crate::console::visitor::Visitor;
use crate::web::Fields;

/// The longest text of a line, in bytes.
const MAX_LINE: usize = 1_000;

/// What is wrong, and in which field.
pub(super) struct Problem {
    pub(super) field: &'static str,
    pub(super) sentence: String,
}

/// What was typed into a form.
pub(super) struct Typed<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) fields: &'a Fields,
    pub(super) t: &'static Generate,
}

pub(super) fn problem(field: &'static str, sentence: impl Into<String>) -> Problem {
    Problem { field, sentence: sentence.into() }
}

impl Typed<'_> {
    /// A line; nothing when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let plain: String = self.fields.get(name).chars().filter(|c| !c.is_control()).collect();
        let mut end = plain.len().min(MAX_LINE);
        while !plain.is_char_boundary(end) {
            end -= 1;
        }
        Some(plain[..end].trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A line that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<String, Problem> {
        self.text(name).ok_or_else(|| problem(name, self.t.bad_required))
    }

    /// A whole number within a range; nothing when it is empty.
    pub(super) fn whole(
        &self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.replace([' ', '\u{a0}', '\u{202f}', ','], "").parse().ok();
        let wrong = || problem(name, fill(&fill(self.t.bad_number, range.start()), range.end()));
        number.filter(|number| range.contains(number)).map(Some).ok_or_else(wrong)
    }

    /// A day to come; nothing when it is empty.
    pub(super) fn day(&self, name: &'static str) -> Result<Option<(String, Timestamp)>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let begins = parse_date(&text).map(Timestamp::midnight);
        let begins = begins.ok_or_else(|| problem(name, self.t.bad_day))?;
        if begins <= self.visitor.app.engine().now() {
            return Err(problem(name, self.t.bad_past));
        }
        Ok(Some((text, begins)))
    }

    /// The policy that was chosen of those for a kind.
    pub(super) fn policy(&self, name: &'static str, kind: Kind) -> Result<Arc<Policy>, Problem> {
        let id = Uuid::try_parse(self.fields.get(name)).ok();
        let mut policies = kind.policies(self.visitor).into_iter();
        let chosen = policies.find(|policy| Some(policy.row.id) == id);
        chosen.ok_or_else(|| problem(name, self.t.bad_choice))
    }

    /// The customer by e-mail address and one's own id.
    pub(super) fn user(&self) -> Result<Option<NewUser>, Problem> {
        let email = self.text("email");
        let sound = |email: &String| {
            let parts = email.split_once('@');
            parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) && !email.contains(' ')
        };
        if email.as_ref().is_some_and(|email| !sound(email)) {
            return Err(problem("email", self.t.bad_email));
        }
        let user = NewUser { external_id: self.text("user"), email, name: None };
        Ok((user != NewUser::default()).then_some(user))
    }

    /// The code of a policy's product.
    pub(super) fn product_of(&self, policy: &Policy) -> String {
        let product = self.visitor.app.engine().catalog().product_by_id(policy.row.product_id).cloned();
        product.map(|product| product.code.clone()).unwrap_or_default()
    }
}
