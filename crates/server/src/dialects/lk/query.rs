//! `?feature=NAME`: whether the installation has a feature, too.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};

use super::MAX_NAME;
use super::fields::keepable;
use super::shape::No;

/// The feature that is asked for.
pub(super) struct Feature(pub(super) Option<String>);

impl<S: Sync> FromRequestParts<S> for Feature {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        read(parts.uri.query().unwrap_or_default()).map(Self).map_err(No::into_response)
    }
}

/// What nobody knows is left to others; asking for two features, or for none, is a mistake.
fn read(query: &str) -> Result<Option<String>, No> {
    let mut features = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "feature")
        .map(|(_, value)| value);
    let (first, second) = (features.next(), features.next());
    match (first, second) {
        (None, _) => Ok(None),
        (Some(feature), None) if !feature.is_empty() => {
            keepable("feature", &feature, MAX_NAME)?;
            Ok(Some(feature.into_owned()))
        }
        _ => Err(No::malformed("feature must name one feature")),
    }
}
