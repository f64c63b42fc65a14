//! System A's form.

use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::RecordRequest;
use keyward_engine::license::Named;
use uuid::Uuid;

use super::field::{Field, Input};
use super::kind::{Kind, Wanted, spelling};
use super::typed::{Problem, Typed};
use crate::console::texts::Generate;
use crate::console::visitor::Visitor;
use crate::web::Fields;

/// Ten thousand years are not reached with more.
const MAX_DAYS: i64 = 3_000_000;

pub(super) fn fields(visitor: &Visitor, t: &'static Generate) -> Vec<Field> {
    let choices = Kind::Record.choices(visitor);
    let pro = choices.iter().find(|choice| choice.name == "Pro").or(choices.first());
    let pro = pro.map(|choice| choice.value.clone()).unwrap_or_default();
    vec![
        Field::new("client_id", t.client_id, Input::Text).hint(t.client_id_hint).required(),
        Field::new("policy", t.record_type, Input::Select(choices)).value(pro),
        Field::new("days", t.days, Input::Number).hint(t.record_days_hint).value("365"),
    ]
}

pub(super) fn read(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let client_id = typed.required("client_id")?;
    let policy = typed.policy("policy", Kind::Record)?;
    let days = typed.whole("days", 1..=MAX_DAYS)?.or(Some(365));
    let order = Order {
        id: Some(id),
        product: Some(typed.product_of(&policy)),
        policy: Some(policy.row.code.clone()),
        ..Order::default()
    };
    let request = RecordRequest { client_id, license_type: spelling(&policy), days, profile: None };
    Ok(Wanted::Form(Box::new(NewForm::Record { order, request })))
}

/// The licence that the client has already.
pub(super) async fn other(visitor: &Visitor, fields: &Fields) -> Option<Uuid> {
    let typed = Typed { visitor, fields, t: Generate::of(visitor.language) };
    let policy = typed.policy("policy", Kind::Record).ok()?;
    let named = Named::Subject(policy.row.product_id, typed.text("client_id")?);
    visitor.app.engine().find(&named).await.ok().map(|found| found.license.id)
}
