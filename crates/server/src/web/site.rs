//! Whether a form comes from a page of ours.

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a form comes from a page of ours, or from no page. Browsers say so where they trust the connection; elsewhere
/// they name the page's origin, whose host must be the one that is asked.
pub(crate) fn is_of_this_site(uri: &Uri, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(&SEC_FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let asked = headers.get(HOST).and_then(|host| host.to_str().ok());
    let asked = asked.or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default();
    let same = |(scheme, host): (&str, &str)| {
        let port = if scheme == "https" { ":443" } else { ":80" };
        let bare = |host: &str| host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
        bare(host) == bare(asked)
    };
    origin.to_str().ok().and_then(|origin| origin.split_once("://")).is_some_and(same)
}
