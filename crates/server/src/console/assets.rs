//! The style sheet, the scripts and the icon. Their addresses change with their contents, so browsers keep them for good.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

/// A file that pages load.
pub(super) struct Asset {
    /// Its address.
    pub(super) path: String,
    kind: &'static str,
    text: &'static str,
}

/// Every file that pages load.
pub(super) struct Assets {
    pub(super) style: Asset,
    pub(super) script: Asset,
    /// htmx 2.0.11 (the npm package htmx.org, under the Zero-Clause BSD licence), as its authors publish it.
    pub(super) htmx: Asset,
    pub(super) icon: Asset,
}

pub(super) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: Asset::new("css", "text/css; charset=utf-8", include_str!("assets/style.css")),
    script: Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
    htmx: Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/htmx-2.0.11.min.js")),
    icon: Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")),
});

impl Asset {
    fn new(ending: &str, kind: &'static str, text: &'static str) -> Self {
        let mut digest = DefaultHasher::new();
        digest.write(text.as_bytes());
        Self { path: format!("/console/assets/{:016x}.{ending}", digest.finish()), kind, text }
    }
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let assets = &*ASSETS;
    [&assets.style, &assets.script, &assets.htmx, &assets.icon]
        .into_iter()
        .fold(Router::new(), |router, asset| router.route(&asset.path, get(move || file(asset))))
}

async fn file(asset: &'static Asset) -> Response {
    let headers = [
        (CONTENT_TYPE, asset.kind),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.text).into_response()
}
