//! `POST /records`: the form is read, and a licence is issued.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_core::scheme::Scheme;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::{IssueError, RecordRequest};
use keyward_engine::license::{Issued, Named};
use keyward_engine::token::Permission;
use keyward_engine::{EngineError, Policy, Product};

use super::list::{Problem, Typed, cut, show};
use super::page;
use super::visitor::{Posted, Visitor};
use crate::app::App;
use crate::layers::Context;
use crate::web::Fields;

/// The type that never ends.
const PREMIUM: &str = "Premium";
/// A client's id at the most, in bytes; more is no domain and no name.
const MAX_CLIENT_ID: usize = 2_000;

pub(super) async fn issue(State(app): State<App>, context: Context, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseIssue) {
        return no;
    }
    let typed = Typed::of(&fields);
    let again = async |status, problem| {
        show(&app, &context, &visitor, status, &typed, Some(&problem), &Fields::of_query(None)).await
    };
    let product = match super::product(&app) {
        Ok(product) => product,
        Err(error) => return page::failed(&error, &context),
    };
    let form = match read(&app, &product, &typed) {
        Ok(form) => form,
        Err(sentences) => {
            return again(StatusCode::UNPROCESSABLE_ENTITY, Problem { sentences, existing: None }).await;
        }
    };
    match done(&app, &visitor, form).await {
        Ok(serial) => page::see(&format!("/records/{serial}?done=issued")),
        Err(EngineError::Taken { .. }) => {
            let existing = match app.engine().find(&Named::Subject(product.id, typed.client_id.clone())).await
            {
                Ok(found) => Some(found.serial),
                Err(_) => None,
            };
            let sentence = format!(
                "{} has a licence already. There is one for each client id: reactivate that one, or choose another id.",
                cut(&typed.client_id)
            );
            again(StatusCode::CONFLICT, Problem { sentences: vec![sentence], existing }).await
        }
        Err(error) => match sentence(&error) {
            Some(sentence) => {
                let problem = Problem { sentences: vec![sentence], existing: None };
                again(StatusCode::UNPROCESSABLE_ENTITY, problem).await
            }
            None => page::failed(&error, &context),
        },
    }
}

async fn done(app: &App, visitor: &Visitor, form: NewForm) -> Result<i64, EngineError> {
    let Issued { id, .. } = app.engine().issue_form(&visitor.caller, form).await?;
    Ok(app.engine().find(&Named::Id(id)).await?.serial)
}

/// What is wrong with what was asked, for whoever asked; `None` when it is not his fault.
pub(super) fn sentence(error: &EngineError) -> Option<String> {
    match error {
        EngineError::Date(_) | EngineError::Issue(IssueError::Date(_)) => {
            Some("The licence would end after the year 9999. Give fewer days.".to_owned())
        }
        EngineError::Issue(_) | EngineError::Refused(_) | EngineError::Invalid { .. } => {
            Some(format!("This could not be issued: {error}."))
        }
        _ => None,
    }
}

/// The types that may be chosen: the product's policies for records.
pub(super) fn types(app: &App, product: &Product) -> Vec<Arc<Policy>> {
    let is_for_records = |policy: &&Arc<Policy>| {
        policy.row.scheme.as_deref().is_none_or(|scheme| scheme == Scheme::Record.as_str())
    };
    app.engine().catalog().policies_of(product.id).filter(is_for_records).cloned().collect()
}

/// Whether a type is the one that was typed, by its name or its code, whatever the case.
pub(super) fn is_called(policy: &Policy, typed: &str) -> bool {
    policy.row.name.eq_ignore_ascii_case(typed) || policy.row.code.eq_ignore_ascii_case(typed)
}

/// What is to be issued, or a sentence for each field that cannot be taken.
fn read(app: &App, product: &Product, typed: &Typed) -> Result<NewForm, Vec<String>> {
    let mut sentences = Vec::new();
    sentences.extend(client_id_flaw(&typed.client_id).map(str::to_owned));
    let policy = types(app, product).into_iter().find(|policy| is_called(policy, typed.license_type.trim()));
    if policy.is_none() {
        sentences.push("Choose one of the licence types.".to_owned());
    }
    let premium = policy.as_ref().is_some_and(|policy| policy.row.name == PREMIUM);
    let days = match days(&typed.duration) {
        _ if premium => None,
        Ok(days) => Some(days),
        Err(sentence) => {
            sentences.push(sentence.to_owned());
            None
        }
    };
    let (Some(policy), true) = (policy, sentences.is_empty()) else { return Err(sentences) };
    let order = Order {
        product: Some(product.code.clone()),
        policy: Some(policy.row.code.clone()),
        ..Order::default()
    };
    let license_type = policy.row.name.clone();
    let request = RecordRequest { client_id: typed.client_id.clone(), license_type, days, profile: None };
    Ok(NewForm::Record { order, request })
}

fn client_id_flaw(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("Type the client id: a domain or a name.")
    } else if text.trim() != text {
        Some("The client id begins or ends with white space. It is compared letter by letter, so remove it.")
    } else if text.contains(['\0', '\u{fffd}']) {
        Some("The client id holds a character that cannot be kept.")
    } else if text.len() > MAX_CLIENT_ID {
        Some("The client id is too long: 2,000 bytes at the most.")
    } else {
        None
    }
}

/// Whole days, at least one.
pub(super) fn days(typed: &str) -> Result<i64, &'static str> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("Say for how many days.");
    }
    let wanted = "The number of days must be a whole number, 1 or more.";
    if !typed.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wanted);
    }
    match typed.parse() {
        Ok(0) => Err(wanted),
        // More than any calendar holds is refused as such.
        Ok(days) => Ok(days),
        Err(_) => Ok(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_positive() {
        for (typed, days_read) in [("1", 1), (" 30 ", 30), ("0099", 99), ("99999999999999999999", i64::MAX)] {
            assert_eq!(days(typed), Ok(days_read), "{typed:?}");
        }
        for typed in ["", " ", "0", "-1", "+1", "1.5", "1e3", "ten", "30d", "٣"] {
            assert!(days(typed).is_err(), "{typed:?}");
        }
    }
}
