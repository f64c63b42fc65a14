//! System B's keys: one, or a lot.

use keyward_core::time::Timestamp;
use keyward_engine::license::{NewLicense, PoolRequest};
use uuid::Uuid;

use super::field::{Choice, Field, Input};
use super::kind::{Kind, Wanted};
use super::typed::{Problem, Typed, problem};
use crate::console::texts::Generate;
use crate::console::visitor::Visitor;

/// Keys that are made at once.
const MOST: u64 = 100_000;
/// Instead of one duration: each of the configured product.
const EVERY: &str = "every";

pub(super) fn fields(visitor: &Visitor, t: &'static Generate) -> Vec<Field> {
    let mut choices = Kind::Pool.choices(visitor);
    let first = choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
    if choices.len() > 1 {
        choices.push(Choice { value: EVERY.to_owned(), name: t.every_duration.to_owned() });
    }
    vec![
        Field::new("policy", t.duration, Input::Select(choices)).value(first),
        Field::new("count", t.count, Input::Number).hint(t.count_hint).required().value("1"),
        Field::new("batch", t.batch, Input::Text).hint(t.batch_hint),
    ]
}

pub(super) fn read(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let policies = if typed.fields.get("policy") == EVERY {
        let all = Kind::Pool.policies(typed.visitor);
        let product = all.first().map(|policy| policy.row.product_id);
        all.into_iter().filter(|policy| Some(policy.row.product_id) == product).collect()
    } else {
        vec![typed.policy("policy", Kind::Pool)?]
    };
    let Some(first) = policies.first() else { return Err(problem("policy", typed.t.bad_choice)) };
    let product = typed.product_of(first);
    let each = typed.whole("count", 1..=MOST.cast_signed())?;
    let each = each.ok_or_else(|| problem("count", typed.t.bad_required))?.cast_unsigned();
    if each * policies.len() as u64 > MOST {
        return Err(problem("count", typed.t.bad_lot));
    }
    let batch = typed.text("batch");
    if let ([policy], 1, None) = (policies.as_slice(), each, &batch) {
        let license = NewLicense { id: Some(id), ..NewLicense::default() };
        return Ok(Wanted::PoolKey { product, policy: policy.row.code.clone(), license });
    }
    let policies = policies.iter().map(|policy| policy.row.code.clone()).collect();
    let name = batch.unwrap_or_else(|| called(typed.visitor.app.engine().now()));
    Ok(Wanted::Lot(PoolRequest { id: Some(id), product, policies, each, name }))
}

/// Tells this lot from others: `pool-20261231-235959`.
fn called(now: Timestamp) -> String {
    let digits: String = now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let (date, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("pool-{date}-{time}")
}
