//! System E: self-contained keys of one installation, its devices, and what they use up.
//!
//! Every request shows a token that is bound to an installation, and sees only what is that installation's. Beside the
//! console its session counts, too: for the account's own installation.

mod customer;
mod devices;
mod fields;
mod held;
mod installation_key;
mod license;
mod licenses;
mod openapi;
mod overview;
mod payload;
mod query;
mod shape;
mod usage;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::app::App;
use crate::layers;

pub(crate) use openapi::described;

/// How this dialect words what is decided around its handlers.
pub(crate) const FRONT: layers::Front = layers::Front { name: "lk", shape: shape::refused };

/// The longest name of anything, in bytes.
const MAX_NAME: usize = 256;

/// Whether the console is at the same listener.
#[derive(Clone, Copy)]
pub(crate) struct BesideConsole(pub(crate) bool);

/// At the document's own paths and below `/api`, which its front end calls.
pub(crate) fn routes(app: App, beside: BesideConsole) -> Router {
    let requests = Router::new()
        .route("/license/activate", post(license::activate))
        .route("/license/status", get(license::status))
        .route("/license/decoded", get(license::decoded))
        .route("/license/decode", get(license::decode))
        .route("/license/installation-key", get(installation_key::reveal))
        .route("/license/usage", get(usage::list).post(usage::add))
        .route("/licenses", get(licenses::list))
        .route("/licenses/{id}", get(licenses::show).patch(licenses::change).delete(licenses::remove))
        .route("/devices", get(devices::list).post(devices::add))
        .route("/devices/{id}", get(devices::show).delete(devices::release))
        .route("/devices/{id}/activate-license", post(devices::activate_license));
    let page = Router::new().route("/license", get(overview::overview));
    requests.clone().nest("/api", requests).merge(page).layer(Extension(beside)).with_state(app)
}

/// `/` on a listener of its own.
pub(crate) fn page() -> Router {
    Router::new().route("/", get(overview::overview)).layer(Extension(BesideConsole(false)))
}
