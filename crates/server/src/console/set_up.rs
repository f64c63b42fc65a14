//! The page behind an invitation's link: somebody chooses his password.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::people::{Invitation, InvitationSecret, MAX_PASSWORD, Welcome};
use keyward_engine::token::Role;
use zeroize::Zeroizing;

use super::HOME;
use super::frame::{self, Frame};
use super::language::Language;
use super::sign_in::enter;
use super::texts::SignIn;
use super::visitor::caller;
use crate::app::App;
use crate::layers::{Context, RawBody};
use crate::web::{Fields, address, is_of_this_site};

#[derive(Template)]
#[template(path = "console/set_up.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static SignIn,
    link: &'a str,
    invitation: &'a Invitation,
    problem: Option<&'static str>,
    email: &'a str,
    name: &'a str,
}

impl Page<'_> {
    fn is_admin(&self) -> bool {
        self.invitation.role == Role::Admin
    }
}

#[derive(Template)]
#[template(path = "console/link_over.html")]
struct Over<'a> {
    f: Frame<'a>,
    t: &'static SignIn,
}

/// The page about a link that is not good.
async fn over(
    app: &App,
    context: &Context,
    language: Language,
    secret: Option<&InvitationSecret>,
) -> Response {
    let was_made = match secret {
        Some(secret) => app.engine().was_invitation(secret).await,
        None => Ok(false),
    };
    match was_made {
        // Whoever has it was given it.
        Ok(true) => {}
        // A link that nobody made is a guess.
        Ok(false) => {
            if let Err(locked) = app.failed(context) {
                return context.front.refuse(locked, context.id);
            }
        }
        Err(error) => return frame::failed(language, &error, context),
    }
    let t = SignIn::of(language);
    frame::html(StatusCode::NOT_FOUND, &Over { f: Frame::bare(language, t.link_over), t })
}

/// `GET /console/set-up?link=…`.
pub(super) async fn show(State(app): State<App>, context: Context, uri: Uri, headers: HeaderMap) -> Response {
    let (fields, language) = (Fields::of_query(uri.query()), Language::of(&headers));
    page(&app, &context, language, &fields, StatusCode::OK, None).await
}

async fn page(
    app: &App,
    context: &Context,
    language: Language,
    fields: &Fields,
    status: StatusCode,
    problem: Option<&'static str>,
) -> Response {
    let link = fields.get("link");
    let Some(secret) = InvitationSecret::parse(link) else {
        return over(app, context, language, None).await;
    };
    let invitation = match app.engine().invitation(&secret).await {
        Ok(Some(invitation)) => invitation,
        Ok(None) => return over(app, context, language, Some(&secret)).await,
        Err(error) => return frame::failed(language, &error, context),
    };
    let t = SignIn::of(language);
    let mut f = Frame::bare(language, t.setup_title);
    f.path = address("/console/set-up", &[("link", link)]);
    let (email, name) = (fields.get("email"), fields.get("name"));
    frame::html(status, &Page { f, t, link, invitation: &invitation, problem, email, name })
}

/// `POST /console/set-up`.
pub(super) async fn accept(
    State(app): State<App>,
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let (fields, language) = (Fields::parse(&body), Language::of(&headers));
    let t = SignIn::of(language);
    let again = async |status, problem| page(&app, &context, language, &fields, status, Some(problem)).await;
    if !is_of_this_site(&uri, &headers) {
        return again(StatusCode::FORBIDDEN, t.other_site).await;
    }
    let Some(secret) = InvitationSecret::parse(fields.get("link")) else {
        return over(&app, &context, language, None).await;
    };
    if fields.get("password") != fields.get("again") {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.password_differs).await;
    }
    let welcome = Welcome {
        email: fields.get("email").to_owned(),
        name: Some(fields.get("name").to_owned()),
        password: Zeroizing::new(fields.get("password").to_owned()),
    };
    match app.engine().accept(&caller(&app, &context, &headers), &secret, welcome).await {
        Ok(signed_in) => enter(&signed_in, HOME, &context),
        Err(EngineError::NotFound { .. }) => over(&app, &context, language, Some(&secret)).await,
        Err(EngineError::Taken { .. }) => again(StatusCode::CONFLICT, t.email_taken).await,
        Err(EngineError::Invalid { field: "email", .. }) => {
            again(StatusCode::UNPROCESSABLE_ENTITY, t.email_bad).await
        }
        Err(EngineError::Invalid { field: "name", .. }) => {
            again(StatusCode::UNPROCESSABLE_ENTITY, t.name_bad).await
        }
        Err(EngineError::Invalid { .. }) => {
            let problem = password_problem(t, fields.get("password"));
            again(StatusCode::UNPROCESSABLE_ENTITY, problem).await
        }
        Err(error) => frame::failed(language, &error, &context),
    }
}

/// Why a password cannot be used.
pub(super) const fn password_problem(t: &'static SignIn, password: &str) -> &'static str {
    if password.len() > MAX_PASSWORD { t.password_long } else { t.password_short }
}
