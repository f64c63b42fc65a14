//! System C's keys.

use keyward_engine::license::{NewLicense, Term};
use uuid::Uuid;

use super::field::{Field, Input};
use super::kind::{Kind, Wanted};
use super::typed::{Problem, Typed};
use crate::console::texts::Generate;
use crate::console::visitor::Visitor;

pub(super) fn fields(visitor: &Visitor, t: &'static Generate) -> Vec<Field> {
    let choices = Kind::Tier.choices(visitor);
    let pro = choices.iter().find(|choice| choice.name == "pro").or(choices.first());
    let pro = pro.map(|choice| choice.value.clone()).unwrap_or_default();
    vec![
        Field::new("policy", t.tier_name, Input::Select(choices)).value(pro),
        Field::new("user", t.user_id, Input::Text),
        Field::new("email", t.email, Input::Email),
        Field::new("days", t.days, Input::Number).hint(t.tier_days_hint),
    ]
}

pub(super) fn read(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let policy = typed.policy("policy", Kind::Tier)?;
    let user = typed.user()?;
    let term = typed.whole("days", 1..=3_000_000)?.map_or(Term::Policy, Term::Days);
    let license = NewLicense { id: Some(id), user, term, ..NewLicense::default() };
    Ok(Wanted::TierKey { product: typed.product_of(&policy), policy: policy.row.code.clone(), license })
}
