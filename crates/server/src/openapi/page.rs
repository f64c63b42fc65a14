//! `/docs`: the document for people, without a script and without another host.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Map, Value};

use super::operation::{ALIAS, REFUSALS, meaning};
use crate::web;

/// Nothing but our own style sheet.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page.
#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    version: String,
    about: String,
    /// What a status means, where a route says nothing nearer.
    meanings: Vec<(u16, &'static str)>,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

struct Group {
    name: String,
    about: String,
    id: String,
    routes: Vec<Route>,
}

struct Route {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    /// Who may.
    needs: String,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    answers: Vec<Answer>,
}

struct Parameter {
    name: String,
    place: String,
    about: String,
}

struct Body {
    media: String,
    schema: String,
    example: String,
}

struct Answer {
    status: String,
    about: String,
    media: String,
    schema: String,
}

struct Schema {
    name: String,
    text: String,
}

/// `/docs` and its style sheet.
pub(super) fn router(document: &Value) -> Router {
    let page = Arc::new(Page::of(document));
    Router::new().route("/docs", get(show)).route("/docs/style.css", get(style)).with_state(page)
}

async fn show(State(page): State<Arc<Page>>) -> Response {
    web::html(StatusCode::OK, POLICY, &*page)
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "max-age=300"),
    ];
    (headers, include_str!("style.css")).into_response()
}

impl Page {
    fn of(document: &Value) -> Self {
        let tags = document["tags"].as_array().into_iter().flatten();
        let schemas = fields(&document["components"]["schemas"]);
        Self {
            version: text(&document["info"]["version"]),
            about: text(&document["info"]["description"]).replace('`', ""),
            meanings: REFUSALS.into_iter().chain([500]).map(|status| (status, meaning(status))).collect(),
            groups: tags.map(|tag| Group::of(tag, document)).collect(),
            schemas: schemas
                .map(|(name, schema)| Schema { name: name.clone(), text: schema.to_string() })
                .collect(),
        }
    }
}

impl Group {
    fn of(tag: &Value, document: &Value) -> Self {
        let name = text(&tag["name"]);
        let mut routes = Vec::new();
        for (path, methods) in fields(&document["paths"]) {
            for (method, operation) in fields(methods) {
                if operation["tags"][0] == tag["name"] && operation.get(ALIAS).is_none() {
                    routes.push(Route::of(path, method, operation));
                }
            }
        }
        let id = name.to_ascii_lowercase().replace(' ', "-");
        Self { id, about: text(&tag["description"]).replace('`', ""), name, routes }
    }
}

impl Route {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        Self {
            id: text(&operation["operationId"]),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            about: text(&operation["description"]).replace('`', ""),
            needs: needs(&operation["security"]),
            parameters: parameters
                .map(|parameter| Parameter {
                    name: text(&parameter["name"]),
                    place: text(&parameter["in"]),
                    about: text(&parameter["description"]),
                })
                .collect(),
            body: content(&operation["requestBody"]).map(|(media, content)| Body {
                media: media.clone(),
                schema: schema_name(&content["schema"]),
                example: content["example"].to_string(),
            }),
            answers: answers(operation),
        }
    }
}

/// Refusals that say no more than their status are one line.
fn answers(operation: &Value) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for (status, answer) in fields(&operation["responses"]) {
        let about = text(&answer["description"]);
        let is_plain = status.parse().is_ok_and(|status| meaning(status) == about);
        let content = content(answer);
        let media = content.map(|(media, _)| media.clone()).unwrap_or_default();
        let schema = content.map(|(_, content)| schema_name(&content["schema"])).unwrap_or_default();
        let about = if is_plain { String::new() } else { about };
        match answers.iter_mut().find(|last| is_plain && last.about.is_empty() && last.schema == schema) {
            Some(same) => {
                same.status.push_str(", ");
                same.status.push_str(status);
            }
            None => answers.push(Answer { status: status.clone(), about, media, schema }),
        }
    }
    answers
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn content(value: &Value) -> Option<(&String, &Value)> {
    fields(&value["content"]).next()
}

fn schema_name(schema: &Value) -> String {
    schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()).unwrap_or_default().to_owned()
}

/// Who may, in words: each requirement is one of several ways.
fn needs(security: &Value) -> String {
    let ways = security.as_array().into_iter().flatten();
    let ways: Vec<String> = ways
        .map(|way| {
            let schemes: Vec<&str> = fields(way).map(|(name, _)| scheme(name)).collect();
            if schemes.is_empty() { "nothing".to_owned() } else { schemes.join(" and ") }
        })
        .collect();
    ways.join(", or ")
}

fn scheme(name: &str) -> &str {
    match name {
        "token" => "a bearer token",
        "session" => "the console's session",
        "proof" => "its proof in X-CSRF-Token",
        "recordsSession" => "the session of /records",
        other => other,
    }
}
