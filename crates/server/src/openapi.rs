//! What the server takes and answers, as an `OpenAPI` 3.1 document, and a page for people that is made of it.
//!
//! Each front describes its own routes beside their handlers. The document is of the running configuration: what is
//! switched off is not in it, and a dialect's own listener has that dialect alone.

mod operation;
mod page;

pub(crate) use operation::{Group, Operation, get, post, schema};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::config::{Config, MetricsAccess};
use crate::dialects::{lk, pool, records, tier};
use crate::health;
use crate::metrics;
use crate::serve::Serves;

const ABOUT: &str = "The interfaces that applications and their web front ends call, and what watches the server. Every answer \
    carries `X-Request-Id`, which the server's log names, too. An address that is not in this document is answered with 404, \
    and a method that an address has not with 405 and `Allow`, in the words of whoever serves it; every `GET` may be asked \
    with `HEAD`.";

/// The document of a listener.
pub fn document(config: &Config, serves: Serves) -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "tags": [],
        "paths": {},
        "components": {
            "schemas": {},
            "headers": {
                "RequestId": {
                    "description": "The name of the request in the server's log.",
                    "schema": { "type": "string", "format": "uuid" },
                },
                "RetryAfter": {
                    "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 0 },
                },
            },
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "A token that `keyward token create` or the console gave.",
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "keyward_console",
                    "description": "The session of somebody who signed in to the console at this listener; under TLS \
                                    the cookie is called `__Host-keyward_console`.",
                },
                "proof": {
                    "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
                    "description": "The `csrf` value of a page of that session.",
                },
                "recordsSession": {
                    "type": "apiKey", "in": "cookie", "name": "keyward_records",
                    "description": "The session of somebody who typed a token at `/records`; under TLS the cookie is \
                                    called `__Host-keyward_records`. Its forms carry `csrf`.",
                },
            },
        },
    });
    let dialects = &config.dialects;
    let has = |own, enabled| enabled && (serves == Serves::All || serves == own);
    if has(Serves::Records, dialects.records.enabled) {
        records::described().into_iter().for_each(|group| group.put(&mut document));
    }
    if has(Serves::Pool, dialects.pool.enabled) {
        pool::described(dialects.pool.stats).put(&mut document);
    }
    if has(Serves::Tier, dialects.tier.enabled) {
        tier::described().put(&mut document);
    }
    if has(Serves::Lk, dialects.lk.enabled) {
        lk::described(serves == Serves::All).put(&mut document);
    }
    server(config.server.metrics, serves).put(&mut document);
    document
}

/// The routes about the server itself.
fn server(access: MetricsAccess, serves: Serves) -> Group {
    let html = json!({ "type": "string" });
    let home = get("/", "home", "The first page");
    let home = match serves {
        Serves::All => home.leads("To the console."),
        // Whoever is not signed in is asked to.
        Serves::Records => home.gives_as(200, "The page.", "text/html", html.clone()).refuses_page(),
        _ => home.gives_as(200, "The page.", "text/html", html.clone()),
    };
    let mut operations = health::described();
    if access != MetricsAccess::Off {
        operations.push(metrics::described(access));
    }
    operations.extend([
        home,
        get("/openapi.json", "openapi", "This document").gives_as(
            200,
            "The document of this listener.",
            "application/json",
            json!({ "type": "object", "required": ["openapi", "info", "paths"] }),
        ),
        get("/docs", "docs", "This document for people").gives_as(
            200,
            "The page.",
            "text/html",
            html.clone(),
        ),
        get("/docs/style.css", "docsStyle", "The style sheet of that page").gives_as(
            200,
            "The style sheet.",
            "text/css",
            html,
        ),
    ]);
    Group {
        name: "Server",
        about: "Whether the server works, and what it says about itself.",
        refusal: ("application/json", schema("ServerRefusal")),
        operations,
        schemas: json!({
            "ServerRefusal": {
                "type": "object",
                "required": ["error"],
                "properties": { "error": {
                    "type": "object",
                    "required": ["code", "message", "request_id"],
                    "properties": {
                        "code": { "type": "string", "pattern": "^[A-Z_0-9]+$" },
                        "message": { "type": "string", "minLength": 1 },
                        "request_id": { "type": "string", "format": "uuid" },
                    },
                } },
            },
            "Alive": {
                "type": "object",
                "required": ["status"],
                "properties": { "status": { "const": "ok" } },
            },
            "Ready": {
                "type": "object",
                "required": ["status", "checks"],
                "properties": {
                    "status": { "enum": ["ok", "unavailable"] },
                    "checks": {
                        "type": "object",
                        "additionalProperties": { "enum": ["ok", "failed"] },
                    },
                },
            },
        }),
    }
}

impl Operation {
    /// What the page of the signed records may answer besides.
    fn refuses_page(self) -> Self {
        [401, 403, 429, 503].into_iter().fold(self, |operation, status| {
            operation.gives_as(status, "A page that says why not.", "text/html", json!({ "type": "string" }))
        })
    }
}

/// `/openapi.json` and `/docs`, made once.
pub(crate) fn router(config: &Config, serves: Serves) -> Router {
    let document = document(config, serves);
    let text = axum::body::Bytes::from(format!("{document:#}\n"));
    let json = move || async move {
        ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "max-age=300")], text.clone())
    };
    Router::new().route("/openapi.json", axum::routing::get(json)).merge(page::router(&document))
}
