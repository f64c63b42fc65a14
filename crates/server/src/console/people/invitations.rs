//! Invitations that wait: listed, withdrawn, and made anew.

use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::people::{Person, Waiting};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::{Link, Told, origin, whole};
use crate::console::frame::{instant, role_name, see};
use crate::console::texts::{Common, People};
use crate::console::visitor::{Posted, Visitor};

/// An invitation of the list; nothing of its link.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) email: String,
    /// Whether it is for a new password.
    pub(super) is_known: bool,
    pub(super) role: &'static str,
    pub(super) by: String,
    pub(super) until: String,
}

pub(super) fn row(waiting: Waiting, people: &[Person], visitor: &Visitor) -> Row {
    let (t, c) = (People::of(visitor.language), Common::of(visitor.language));
    let known = people.iter().find(|person| Some(&person.email) == waiting.email.as_ref());
    let by = people.iter().find(|person| Some(person.id) == waiting.by);
    Row {
        id: waiting.id,
        is_known: known.is_some(),
        role: role_name(c, known.map_or(waiting.role, |person| person.role)),
        email: waiting.email.unwrap_or_else(|| t.waiting_anybody.to_owned()),
        by: by.map_or(t.waiting_by_none, |person| person.called()).to_owned(),
        until: instant(waiting.expires_at),
    }
}

/// `POST /console/people/invitations/{id}/{action}`.
pub(in crate::console) async fn act(
    Path((id, action)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    posted: Posted,
) -> Response {
    let Posted { visitor, .. } = posted;
    if let Some(no) = visitor.refusal(Permission::PeopleManage) {
        return no;
    }
    let Ok(id) = Uuid::try_parse(&id) else { return visitor.none() };
    let (engine, caller) = (visitor.app.engine(), &visitor.caller);
    let error = match action.as_str() {
        "withdraw" => match engine.withdraw_invitation(caller, id).await {
            Ok(()) => return see("/console/people?done=withdraw"),
            Err(error) => error,
        },
        "again" => match engine.replace_invitation(caller, id).await {
            Ok((waiting, secret)) => {
                let t = People::of(visitor.language);
                let whom = waiting.email.as_deref().unwrap_or(t.waiting_anybody);
                let link = Link::new(&origin(&visitor, &uri, &headers), &secret, whom, t);
                return whole(&visitor, Told { link: Some(link), ..Told::default() }).await;
            }
            Err(error) => error,
        },
        _ => return visitor.none(),
    };
    match error {
        // It was used, a colleague withdrew it, or its time is over.
        EngineError::NotFound { .. } => see("/console/people?done=over"),
        error => visitor.failed(&error),
    }
}
