//! System D's files.

use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::GRACE_PERIOD_DAYS;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::FileRequest;
use serde_json::json;
use uuid::Uuid;

use super::field::{Field, Input};
use super::kind::Wanted;
use super::typed::{Problem, Typed, problem};
use crate::console::texts::Generate;
use crate::console::visitor::Visitor;

pub(super) fn fields(visitor: &Visitor, t: &'static Generate) -> Vec<Field> {
    let catalog = visitor.app.engine().catalog();
    let is_of_files = |id| {
        catalog.policies_of(id).any(|policy| policy.row.scheme.as_deref() == Some(Scheme::File.as_str()))
    };
    let mut products: Vec<String> =
        catalog.products().filter(|it| is_of_files(it.id)).map(|it| it.code.clone()).collect();
    products.sort_unstable();
    let usual = visitor.app.config().file.product.clone();
    let product = usual.or_else(|| (products.len() == 1).then(|| products[0].clone())).unwrap_or_default();
    vec![
        Field::new("product", t.file_product, Input::Suggest(products))
            .hint(t.file_product_hint)
            .required()
            .value(product),
        Field::new("device_id", t.device_id, Input::Text).hint(t.device_id_hint).required(),
        Field::new("name", t.name, Input::Text).hint(t.name_hint).required(),
        Field::new("email", t.email, Input::Email),
        Field::new("company", t.company, Input::Text),
        Field::new("months", t.months, Input::Number).hint(t.months_hint).required().value("12"),
        Field::new("type", t.file_type, Input::Text).required().value("YEARLY"),
        Field::new("grace", t.grace, Input::Number)
            .hint(t.grace_hint)
            .required()
            .value(GRACE_PERIOD_DAYS.to_string()),
    ]
}

pub(super) fn read(typed: &Typed<'_>, id: Uuid) -> Result<Wanted, Problem> {
    let missing = |name: &'static str| problem(name, typed.t.bad_required);
    let product = typed.required("product")?;
    let device_id = typed.required("device_id")?;
    if device_id.len() > 256 || device_id.contains(char::is_whitespace) {
        return Err(problem("device_id", typed.t.bad_device));
    }
    let issued_to = typed.required("name")?;
    let user = typed.user()?;
    let months = typed.whole("months", 1..=1_200)?.ok_or_else(|| missing("months"))?;
    let grace = typed.whole("grace", 0..=3_650)?.ok_or_else(|| missing("grace"))?;
    let metadata = typed.text("company").map(|company| json!({ "company": company }).to_string());
    let order = Order { id: Some(id), product: Some(product.clone()), user, metadata, ..Order::default() };
    let request = FileRequest {
        product,
        license_type: typed.required("type")?,
        issued_to,
        device_id,
        months,
        grace_period_days: grace,
    };
    Ok(Wanted::Form(Box::new(NewForm::File { order, request })))
}
