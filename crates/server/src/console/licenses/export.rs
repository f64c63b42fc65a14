//! Licences of a list as a table to download. No keys: those are shown one by one, and that is written down.

use axum::http::Uri;
use axum::response::Response;
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;
use keyward_engine::license::{Listed, Page, Patience};
use keyward_engine::token::Permission;

use super::{Wanted, found};
use crate::console::csv_file::{attachment, csv};
use crate::console::visitor::Visitor;
use crate::web::Fields;

/// Licences of a file at the most; `keyward license list` has all.
const MOST: usize = 50_000;
/// Licences that are read at once.
const AT_ONCE: i64 = 1_000;

const COLUMNS: [&str; 18] = [
    "id",
    "product",
    "policy",
    "scheme",
    "name",
    "subject",
    "key_ends_with",
    "customer_id",
    "customer_email",
    "code",
    "expires",
    "suspended",
    "created",
    "first_activated",
    "last_validated",
    "devices",
    "uses",
    "metadata",
];

/// `GET /console/licenses/export`.
pub(in crate::console) async fn export(visitor: Visitor, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    file(&visitor, &Wanted::of(&Fields::of_query(uri.query()))).await
}

/// Everything that a list finds.
pub(super) async fn file(visitor: &Visitor, wanted: &Wanted<'_>) -> Response {
    match all(visitor, wanted).await {
        Ok(licenses) => of(visitor, licenses, &wanted.from("")).await,
        Err(error) => visitor.failed(&error),
    }
}

/// These licences, of a list with this address. That they were taken away is written down first.
pub(super) async fn of(visitor: &Visitor, licenses: Vec<Listed>, list: &str) -> Response {
    if let Err(error) = visitor.app.engine().note_export(&visitor.caller, licenses.len(), list).await {
        return visitor.failed(&error);
    }
    let rows = licenses.into_iter().map(|listed| row(visitor, listed));
    attachment("licenses.csv", "text/csv; charset=utf-8", csv(COLUMNS, rows))
}

async fn all(visitor: &Visitor, wanted: &Wanted<'_>) -> Result<Vec<Listed>, EngineError> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let wanted = Wanted { after: &after, ..*wanted };
        let Page { licenses, next, .. } = found(visitor, &wanted, AT_ONCE, Patience::Endless).await?;
        all.extend(licenses);
        match next {
            Some(next) if all.len() < MOST => after = next,
            _ => break,
        }
    }
    all.truncate(MOST);
    Ok(all)
}

fn row(visitor: &Visitor, listed: Listed) -> [String; COLUMNS.len()] {
    let Listed { found, hint, verdict, .. } = listed;
    let license = found.license;
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let product = visitor.app.engine().catalog().product_by_id(license.product_id).map(|it| it.code.clone());
    [
        license.id.to_string(),
        product.unwrap_or_default(),
        found.policy.row.code.clone(),
        license.scheme,
        license.name.unwrap_or_default(),
        license.subject.unwrap_or_default(),
        hint.unwrap_or_default(),
        found.user_external_id.unwrap_or_default(),
        found.user_email.unwrap_or_default(),
        verdict.code.as_str().to_owned(),
        license.expiry.map(|at| at.to_string()).or(license.expiry_text).unwrap_or_default(),
        license.suspension_reason.unwrap_or_default(),
        license.created_at.to_string(),
        at(license.first_activated_at),
        at(license.last_validated_at),
        license.machines_count.to_string(),
        license.uses.to_string(),
        license.metadata,
    ]
}
