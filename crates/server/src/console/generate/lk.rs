//! System E's keys, and our own.

use std::collections::BTreeMap;

use keyward_core::scheme::lk1::max_devices;
use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_core::time::Timestamp;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::Lk2Request;
use keyward_engine::license::Term;
use keyward_engine::{EngineError, Policy};
use serde_json::json;
use uuid::Uuid;

use super::field::{Choice, Field, Input};
use super::kind::{Kind, Wanted, spelling};
use super::typed::{Problem, Typed, problem};
use crate::console::texts::Generate;
use crate::console::visitor::Visitor;

pub(super) async fn fields(
    kind: Kind,
    visitor: &Visitor,
    t: &'static Generate,
) -> Result<Vec<Field>, EngineError> {
    let choices = kind.choices(visitor);
    let first = choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
    let label = if kind == Kind::Lk3 { t.policy } else { t.tier_name };
    let policy = Field::new("policy", label, Input::Select(choices)).value(first);
    let company = || Field::new("company", t.company, Input::Text);
    let email = || Field::new("email", t.email, Input::Email);
    let devices = || Field::new("devices", t.max_devices, Input::Number).hint(t.max_devices_hint);
    let expires = || Field::new("expires", t.expires, Input::Date).hint(t.expires_hint);
    let mut fields = match kind {
        Kind::Lk1 => vec![policy, expires().hint(t.lk1_expires_hint)],
        Kind::Lk2 => vec![
            policy,
            devices(),
            company(),
            expires(),
            Field::new("notes", t.notes, Input::Text).hint(t.notes_hint),
        ],
        _ => vec![
            policy,
            company(),
            email(),
            devices(),
            expires().hint(t.lk3_expires_hint),
            Field::new("features", t.features, Input::Text).hint(t.features_hint),
            Field::new("limits", t.limits, Input::Area).hint(t.limits_hint),
            Field::new("device", t.device, Input::Text).hint(t.device_hint),
            Field::new("trial_days", t.trial_days, Input::Number).hint(t.trial_days_hint),
        ],
    };
    let installations = visitor.app.engine().installations().await?;
    if installations.len() > 1 {
        let own = installations.iter().find(|it| it.own).map(|it| it.name.clone()).unwrap_or_default();
        let choice = |name: String| Choice { value: name.clone(), name };
        let choices = installations.into_iter().map(|it| choice(it.name)).collect();
        let installation = Field::new("installation", t.installation, Input::Select(choices));
        fields.insert(1, installation.hint(t.installation_hint).value(own));
    }
    Ok(fields)
}

fn order(typed: &Typed<'_>, policy: &Policy, id: Uuid) -> Result<Order, Problem> {
    Ok(Order {
        id: Some(id),
        product: Some(typed.product_of(policy)),
        policy: Some(policy.row.code.clone()),
        user: typed.user()?,
        installation: typed.text("installation"),
        ..Order::default()
    })
}

pub(super) fn lk1(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let policy = typed.policy("policy", Kind::Lk1)?;
    let term = typed.day("expires")?.map_or(Term::Policy, |(_, end)| Term::Until(end));
    let order = order(typed, &policy, id)?;
    Ok(Wanted::Form(Box::new(NewForm::Lk1 { order, tier: spelling(&policy), term })))
}

pub(super) fn lk2(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let policy = typed.policy("policy", Kind::Lk2)?;
    let tier = spelling(&policy);
    let known = || policy.rules.max_machines.map(i64::from);
    let known = known().or_else(|| max_devices(&tier).and_then(|most| i64::try_from(most).ok()));
    let devices = typed.whole("devices", 1..=0x7fff_ffff)?.or(known);
    let devices = devices.ok_or_else(|| problem("devices", typed.t.bad_required))?;
    let metadata = typed.text("notes").map(|notes| json!({ "notes": notes }).to_string());
    let order = Order { metadata, ..order(typed, &policy, id)? };
    let request = Lk2Request {
        tier,
        max_devices: u32::try_from(devices).unwrap_or(u32::MAX),
        company: typed.text("company"),
        expires: typed.day("expires")?.map(|(day, _)| day),
        unique_id: None,
    };
    Ok(Wanted::Form(Box::new(NewForm::Lk2 { order, request })))
}

pub(super) fn lk3(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let policy = typed.policy("policy", Kind::Lk3)?;
    let order = order(typed, &policy, id)?;
    let number = |number: Option<i64>| number.map(i64::cast_unsigned);
    let features = typed.text("features").unwrap_or_default();
    let features = features.split([',', ' ']).filter(|code| !code.is_empty()).map(str::to_owned);
    let trial_days = number(typed.whole("trial_days", 1..=36_500)?);
    let expires = typed.day("expires")?.map(|(_, end)| end);
    let expires = expires.or_else(|| policy_end(typed, &policy));
    let request = Lk3 {
        tier: spelling(&policy),
        company: typed.text("company").unwrap_or_default(),
        max_devices: number(typed.whole("devices", 1..=0x7fff_ffff)?),
        expires: expires.and_then(|end| u64::try_from(end.seconds()).ok()),
        features: features.collect(),
        limits: limits(typed)?,
        device_id: typed.text("device").unwrap_or_default(),
        trial: trial_days.is_some(),
        trial_days,
        ..Lk3::default()
    };
    let (request, seal) = (Box::new(request), Seal::Signature);
    Ok(Wanted::Form(Box::new(NewForm::Lk3 { order, request, seal, encrypted: false })))
}

/// The end that the policy's duration gives from now on.
fn policy_end(typed: &Typed<'_>, policy: &Policy) -> Option<Timestamp> {
    let seconds = policy.rules.duration?;
    policy.rules.arithmetic().end(typed.visitor.app.engine().now(), seconds).ok()
}

/// A name and a number on each line.
fn limits(typed: &Typed<'_>) -> Result<BTreeMap<String, u64>, Problem> {
    let wrong = || problem("limits", typed.t.bad_limit);
    let mut limits = BTreeMap::new();
    for line in typed.fields.get("limits").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, number) = line.split_once('=').ok_or_else(wrong)?;
        let (name, number) = (name.trim(), number.trim().parse().map_err(|_| wrong())?);
        let is_new = limits.insert(name.to_owned(), number).is_none();
        if name.is_empty() || name.contains(char::is_control) || !is_new {
            return Err(wrong());
        }
    }
    Ok(limits)
}
