//! `GET /public_key`: the key that records are checked with, for applications that check them themselves.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use keyward_core::crypto::Algorithm;
use keyward_engine::EngineError;

use super::shape::failed;
use crate::app::App;
use crate::layers::Context;

pub(super) async fn public_key(State(app): State<App>, context: Context, headers: HeaderMap) -> Response {
    match pem(&app, &context, &headers).await {
        Ok(pem) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], pem).into_response(),
        Err(error) => failed(&error, &context),
    }
}

/// Of the key that signs now; one is made when there is none.
async fn pem(app: &App, context: &Context, headers: &HeaderMap) -> Result<String, EngineError> {
    let (caller, product) = (super::caller(app, context, headers), super::product(app)?);
    let (_, key) = app.engine().signing_key(&caller, Some(product.id), Algorithm::RsaPkcs1Sha256).await?;
    Ok(key.public().to_pem())
}
