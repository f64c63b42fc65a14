//! What all pages have in common: the frame around them, their headers, and the pages that only say something.

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;

use crate::app::{is_temporary, log_failure};
use crate::layers::{Context, Refused, RequestId};
use crate::limits::RetryAfter;
use crate::web::{self, wait};

/// Nothing but our own style sheet, and forms that are sent here.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What stands around a page.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    /// The proof for the sign-out form; `None` when nobody is signed in.
    pub(super) csrf: Option<&'a str>,
}

/// A page that says something.
#[derive(Template)]
#[template(path = "records/message.html")]
struct Message<'a> {
    frame: Frame<'a>,
    sentence: &'a str,
    request: Option<String>,
}

/// A page, kept by nobody and framed by nobody.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    web::html(status, POLICY, page)
}

/// To another page, which is asked for with GET.
pub(super) fn see(path: &str) -> Response {
    web::see(path, "/records")
}

/// A page with one sentence.
pub(super) fn message(status: StatusCode, title: &str, sentence: &str) -> Response {
    html(status, &Message { frame: Frame { title, csrf: None }, sentence, request: None })
}

/// Of whatever is decided around the handlers.
pub(super) fn refused(why: Refused, id: RequestId) -> Response {
    let (title, sentence) = match why {
        Refused::RateLimited(RetryAfter(seconds)) => {
            let sentence = format!(
                "Too many wrong tokens or licences came from this address. Try again in {}.",
                wait(seconds)
            );
            let mut response = message(why.status(), "Too many attempts", &sentence);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            return response;
        }
        Refused::BodyTooLarge => ("Too large", "What was sent is larger than this form takes."),
        Refused::NotFound => ("Not found", "There is nothing at this address."),
        Refused::MethodNotAllowed => ("Not possible", "This address cannot be used in this way."),
        Refused::BodyTimedOut | Refused::BodyBroken => {
            ("Not received", "The form did not arrive whole. Send it again.")
        }
        Refused::Failed => ("Something went wrong", "The server's log says more."),
    };
    let request = Some(id.to_string());
    html(why.status(), &Message { frame: Frame { title, csrf: None }, sentence, request })
}

/// A failure that is not the reader's: its cause stays in the log.
pub(super) fn failed(error: &EngineError, context: &Context) -> Response {
    log_failure(error);
    let (status, title, sentence) = if is_temporary(error) {
        let sentence = "The licence database is not available at the moment. Look whether it was done before you try again.";
        (StatusCode::SERVICE_UNAVAILABLE, "Not available", sentence)
    } else {
        let sentence = "This could not be done. The server's log says more.";
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", sentence)
    };
    let request = Some(context.id.to_string());
    let mut response = html(status, &Message { frame: Frame { title, csrf: None }, sentence, request });
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

/// `GET /records/style.css`.
pub(super) async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "max-age=300"),
    ];
    (headers, include_str!("style.css")).into_response()
}

/// An instant for people, in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_record_text().unwrap_or_else(|| format!("{} s", at.seconds()))
}

/// The end of a licence for people.
pub(super) fn end(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), instant)
}
