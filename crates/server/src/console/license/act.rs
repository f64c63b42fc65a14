//! What is done to a licence: each a form of its page.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_engine::license::{Deactivate, Named, Renewal, Suspension, Transfer};
use keyward_engine::token::Permission;
use keyward_engine::{EngineError, NewUser};
use uuid::Uuid;

use super::{Told, Typed, find, sentence, whole};
use crate::console::frame::see;
use crate::console::texts::Licenses;
use crate::console::visitor::{Posted, Visitor};
use crate::web::Fields;

/// `POST /console/licenses/{id}/reveal`: the key is shown once, and that is written down.
pub(in crate::console) async fn reveal(Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    let t = Licenses::of(visitor.language);
    if let Some(no) = visitor.refusal(Permission::LicenseReveal) {
        return no;
    }
    let Ok(named) = Uuid::try_parse(&id).map(Named::Id) else { return visitor.none() };
    let nothing = Fields::of_query(None);
    match visitor.app.engine().reveal(&visitor.caller, &named).await {
        Ok(key) => whole(&visitor, &id, &nothing, Told { key: Some(key), ..Told::default() }).await,
        // One that was taken in without its key, or there is none.
        Err(EngineError::NotFound { .. }) => {
            let problem = Some(t.no_key.to_owned());
            whole(&visitor, &id, &nothing, Told { problem, ..Told::default() }).await
        }
        Err(error) => visitor.failed(&error),
    }
}

/// `GET /console/licenses/{id}/reveal`: where a browser stands whose page shows a key or a problem. Opened anew, it is the
/// licence's page.
pub(in crate::console) async fn back(visitor: Visitor, Path(id): Path<String>) -> Response {
    match Uuid::try_parse(&id) {
        Ok(id) => see(&format!("/console/licenses/{id}")),
        Err(_) => visitor.none(),
    }
}

/// `GET /console/licenses/{id}/{action}`: the same.
pub(in crate::console) async fn back_from(
    visitor: Visitor,
    Path((id, _)): Path<(String, String)>,
) -> Response {
    back(visitor, Path(id)).await
}

/// `POST /console/licenses/{id}/{action}`.
pub(in crate::console) async fn act(Path((id, action)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    let t = Licenses::of(visitor.language);
    if let Some(no) = visitor.refusal(Permission::LicenseChange) {
        return no;
    }
    let shown = match find(&visitor, &id).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    let again = async |status, problem: String| {
        let typed = Typed {
            action: action.clone(),
            beyond: !fields.get("beyond").is_empty(),
            days: fields.get("days").to_owned(),
            device: fields.get("device").to_owned(),
            email: fields.get("email").to_owned(),
            why: fields.get("why").to_owned(),
        };
        let told = Told { status, problem: Some(problem), typed, ..Told::default() };
        whole(&visitor, &id, &Fields::of_query(None), told).await
    };
    let (engine, caller, license) = (visitor.app.engine(), &visitor.caller, shown.found.license.id);
    // What a colleague changed since the page was made is told apart in the transaction.
    let named = Named::Seen(license, fields.get("seen").to_owned());
    let why = Some(fields.get("why").trim().to_owned()).filter(|why| !why.is_empty());
    let text = |name: &str| Some(fields.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let done = match action.as_str() {
        "suspend" => engine.suspend(caller, named, Suspension::Suspend, why).await.map(|_| None),
        "revoke" => engine.suspend(caller, named, Suspension::Revoke, why).await.map(|_| None),
        "reinstate" => engine.suspend(caller, named, Suspension::Reinstate, why).await.map(|_| None),
        "renew" => engine.renew(caller, named, Renewal::Policy).await.map(|done| done.form),
        "extend" => match fields.get("days").trim().parse() {
            Ok(days @ 1..) => engine.renew(caller, named, Renewal::Days(days)).await.map(|done| done.form),
            _ => return again(StatusCode::UNPROCESSABLE_ENTITY, t.days_bad.to_owned()).await,
        },
        "transfer" => {
            let email = text("email");
            if email.as_ref().is_some_and(|email| keyward_engine::people::email(email).is_err()) {
                return again(StatusCode::UNPROCESSABLE_ENTITY, t.email_bad.to_owned()).await;
            }
            let user = email.map(|email| NewUser { email: Some(email), ..NewUser::default() });
            let beyond_limit = !fields.get("beyond").is_empty();
            let transfer = Transfer { device: text("device"), user, beyond_limit };
            engine.transfer(caller, named, transfer).await.map(|done| done.form)
        }
        "release" => {
            // A released device is released, whatever else was changed meanwhile.
            let request =
                Deactivate { license: Named::Id(license), machine: fields.get("machine").to_owned() };
            match engine.deactivate(caller, request).await {
                // Two colleagues released it.
                Err(EngineError::NotFound { what: "device", .. }) => Ok(None),
                other => other.map(|_| None),
            }
        }
        _ => return visitor.none(),
    };
    match done {
        Ok(form) => {
            let form = if form.is_some() { "-form" } else { "" };
            see(&format!("/console/licenses/{id}?done={action}{form}"))
        }
        Err(EngineError::Changed(_)) => again(StatusCode::CONFLICT, t.changed.to_owned()).await,
        Err(error) => match sentence(&error, visitor.language) {
            Some(problem) => again(StatusCode::UNPROCESSABLE_ENTITY, problem).await,
            None => visitor.failed(&error),
        },
    }
}
