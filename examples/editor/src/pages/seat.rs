//! Without a network: the request that is carried to the vendor, and the receipt that gives the seat back.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_client::ClientError;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use super::license::outcome;
use super::{Answer, Confirm, banner, html, see};
use crate::App;

/// A text to carry to the vendor.
#[derive(Template)]
#[template(path = "carry.html")]
struct Carry {
    title: &'static str,
    banner: Option<String>,
    what_to_do: &'static str,
    text: String,
    /// The same to scan, unless it is too long for that.
    code: Option<String>,
    waits: bool,
}

/// What the form sends.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    key: String,
}

pub(super) async fn request(State(app): State<Arc<App>>, Form(asked): Form<Asked>) -> Response {
    let what_to_do = "Send this text to the vendor, or let them scan it. Their answer begins with KA-.";
    carry(&app, app.license.request(&asked.key, None), "Request for the vendor", what_to_do, true)
}

pub(super) async fn ask_to_release(State(app): State<Arc<App>>) -> Response {
    let page = Confirm {
        title: "Give back the seat of this device?",
        banner: banner(&app.license.status()),
        consequence: "This device stops at once. You get a receipt for the vendor, which frees the seat for another device.",
        action: "release",
        yes: "Give back the seat",
        back: "license",
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn release(State(app): State<Arc<App>>, Form(answer): Form<Answer>) -> Response {
    if !answer.is_yes() {
        return see("release");
    }
    let what_to_do =
        "This device has given its seat back. Send this receipt to the vendor, who frees the seat with it.";
    carry(&app, app.license.release(), "Receipt for the vendor", what_to_do, false)
}

fn carry(
    app: &App,
    text: Result<String, ClientError>,
    title: &'static str,
    what_to_do: &'static str,
    waits: bool,
) -> Response {
    match text {
        Ok(text) => {
            let banner = banner(&app.license.status());
            html(StatusCode::OK, &Carry { title, banner, what_to_do, code: code(&text), text, waits })
        }
        Err(error) => outcome(app, Err(error), "license"),
    }
}

/// A QR code to stand within a page, black on white in any light.
fn code(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(280, 280).build();
    image.find("<svg").map(|start| image[start..].to_owned())
}
