//! System A: signed records of clients. Two routes for programs, and the form with its table for people.

mod issue;
mod license;
mod list;
mod openapi;
mod page;
mod public_key;
mod shape;
mod sign_in;
mod validate;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use keyward_engine::{Caller, EngineError, Front, Product};

use crate::app::{self, App};
use crate::layers;

pub(crate) use openapi::described;

/// How this dialect words what is decided around its handlers.
pub(crate) const FRONT: layers::Front = layers::Front { name: "records", shape: shape::refused };
/// The same for its pages.
pub(crate) const PAGES: layers::Front = layers::Front { name: "records", shape: page::refused };

/// What programs call.
pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/validate_license", post(validate::validate))
        .route("/public_key", get(public_key::public_key))
        .with_state(app)
}

/// The form, its table, and one page for each licence.
pub(crate) fn pages(app: App) -> Router {
    Router::new()
        .route("/records", get(list::list).post(issue::issue))
        .route("/records/style.css", get(page::style))
        .route("/records/sign-in", get(sign_in::elsewhere).post(sign_in::sign_in))
        .route("/records/sign-out", post(sign_in::sign_out))
        .route("/records/{serial}", get(license::show))
        .route("/records/{serial}/record.json", get(license::download))
        .route("/records/{serial}/revoke", post(license::revoke))
        .route("/records/{serial}/reactivate", post(license::reactivate))
        .with_state(app)
}

/// `/` on a listener of its own.
pub(crate) fn page(app: App) -> Router {
    Router::new().route("/", get(list::list)).with_state(app)
}

/// The product that this dialect is bound to.
fn product(app: &App) -> Result<Arc<Product>, EngineError> {
    let code = &app.config().dialects.records.product;
    let product = app.engine().catalog().product(code).cloned();
    product.ok_or_else(|| EngineError::NotFound { what: "product", name: code.clone() })
}

/// Who asks, bound to that product.
fn caller(app: &App, context: &layers::Context, headers: &HeaderMap) -> Caller {
    let product = product(app).ok().map(|product| product.id);
    Caller { product, ..app::caller(app, context, headers, Front::Records) }
}
