//! The style sheet, the scripts and the icon. Their addresses change with their contents, so browsers keep them for good.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A file that pages load.
pub(super) struct Asset {
    /// Its address.
    pub(super) path: String,
    kind: &'static str,
    text: &'static str,
    /// As gzip (RFC 1952). Pages are not: beside what a stranger can put into an address, their length would tell of what is secret
    /// in them.
    small: Vec<u8>,
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
        let path = format!("/console/assets/{:016x}.{ending}", digest.finish());
        let mut small = GzEncoder::new(Vec::new(), Compression::best());
        let small = small.write_all(text.as_bytes()).and_then(|()| small.finish());
        Self { path, kind, text, small: small.expect("memory takes every byte") }
    }
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let assets = &*ASSETS;
    [&assets.style, &assets.script, &assets.htmx, &assets.icon]
        .into_iter()
        .fold(Router::new(), |router, asset| {
            router.route(&asset.path, get(move |headers| file(asset, headers)))
        })
}

async fn file(asset: &'static Asset, headers: HeaderMap) -> Response {
    let common = [
        (CONTENT_TYPE, asset.kind),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
    ];
    if takes_gzip(&headers) {
        (common, [(CONTENT_ENCODING, "gzip")], &*asset.small).into_response()
    } else {
        (common, asset.text).into_response()
    }
}

/// Whether gzip is named, and not with the weight zero (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for (value, wanted) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("x-gzip", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().expect("a value"))]);
            assert_eq!(takes_gzip(&headers), wanted, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
