//! The console: everything in the browser, for the people of the vendor.
//!
//! Pages are written by the server, and work without scripts; a script makes some of them quicker to use. Each area has a
//! module with its pages, a folder of templates, and its texts in each language ([`texts`]).

mod actors;
mod assets;
mod attempts;
mod audit;
mod chart;
mod claims;
mod csv_file;
mod customers;
mod devices;
mod examine;
mod features;
mod frame;
mod generate;
mod home;
mod installations;
mod kept;
mod keys;
mod language;
mod license;
mod license_key;
mod licenses;
mod me;
mod people;
mod policy;
mod pools;
mod products;
mod qr;
mod set_up;
mod settings;
mod sign_in;
mod standing;
mod texts;
mod tokens;
mod visitor;
mod words;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use generate::Lots;
pub(crate) use license_key::HERE as LICENSE_KEY;

use crate::app::App;
use crate::layers;

/// Where the console is.
pub(crate) const HOME: &str = "/console/";

/// How the console words what is decided around its handlers.
pub(crate) const FRONT: layers::Front = layers::Front { name: "console", shape: frame::refused };

/// Around the layers of the front: what they decide is said in the reader's language.
pub(crate) use frame::in_language;

/// All pages.
pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .merge(assets::routes())
        .route("/console", get(home::elsewhere))
        .route("/console/", get(home::home))
        .route("/console/language", post(language::choose))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/console/sign-in/code", get(sign_in::show_code).post(sign_in::code))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/set-up", get(set_up::show).post(set_up::accept))
        .route("/console/me", get(me::show))
        .route("/console/me/password", post(me::password))
        .route("/console/me/second-factor", get(me::second_factor).post(me::set_second_factor))
        .route("/console/me/second-factor/drop", post(me::drop_second_factor))
        .route("/console/me/sessions/{session}/end", post(me::end_session))
        .route("/console/me/sessions/end-others", post(me::end_others))
        .route("/console/licenses", get(licenses::list).post(licenses::search))
        .route("/console/licenses/bulk", post(licenses::bulk))
        .route("/console/licenses/export", get(licenses::export))
        .route("/console/generate", get(generate::choose))
        .route("/console/generate/{kind}", get(generate::form).post(generate::make))
        .route("/console/generate/download/{license}", post(generate::download))
        .route("/console/generate/lots/{lot}", get(generate::lot))
        .route("/console/generate/lots/{lot}/csv", post(generate::csv))
        .route("/console/license-key", get(license_key::show).post(license_key::activate))
        .route("/console/test", get(examine::show).post(examine::test))
        .route("/console/licenses/{id}", get(license::show))
        .route("/console/licenses/{id}/reveal", get(license::back).post(license::reveal))
        .route("/console/licenses/{id}/{action}", get(license::back_from).post(license::act))
        .route("/console/people", get(people::list))
        .route("/console/people/invite", post(people::invite))
        .route("/console/people/invitations/{id}/{action}", post(people::act_on_invitation))
        .route("/console/people/{id}", get(people::show))
        .route("/console/people/{id}/{action}", post(people::act))
        .route("/console/tokens", get(tokens::list).post(tokens::create))
        .route("/console/tokens/{id}/revoke", post(tokens::revoke))
        .route("/console/audit", get(audit::list))
        .route("/console/audit/verify", post(audit::verify))
        .route("/console/audit/export", get(audit::export))
        .route("/console/keys", get(keys::list))
        .route("/console/keys/{id}", get(keys::show))
        .route("/console/keys/{id}/public.pem", get(keys::pem))
        .route("/console/keys/{id}/{action}", post(keys::act))
        .route("/console/products", get(products::list).post(products::create))
        .route("/console/products/{code}", get(products::show).post(products::create_policy))
        .route("/console/products/{code}/{policy}", get(policy::show).post(policy::change))
        .route("/console/products/{code}/{policy}/features", post(policy::features))
        .route("/console/features", get(features::list).post(features::create))
        .route("/console/features/{id}/{action}", post(features::act))
        .route("/console/customers", get(customers::list))
        .route("/console/customers/{id}/{action}", post(customers::act))
        .route("/console/devices", get(devices::list))
        .route("/console/attempts", get(attempts::list))
        .route("/console/installations", get(installations::list))
        .route("/console/installations/free", post(installations::set_free))
        .route("/console/pools", get(pools::show))
        .route("/console/settings", get(settings::show))
        .route("/console/{*rest}", get(frame::not_found))
        .with_state(app)
}
