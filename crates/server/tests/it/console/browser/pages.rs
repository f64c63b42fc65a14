//! The picture of each page.

/// Each page that somebody can open, with the name of its picture. A picture of this name is of this page.
pub(crate) const PAGES: &[(&str, &str)] = &[
    ("/console/", "overview"),
    ("/console/me", "me"),
    ("/console/me/second-factor", "second-factor"),
    ("/console/licenses", "licences"),
    ("/console/licenses/{id}", "licence"),
    ("/console/generate", "generate"),
    ("/console/generate/{kind}", "generate-form"),
    ("/console/generate/lots/{lot}", "lot"),
    ("/console/test", "test"),
    ("/console/license-key", "license-key"),
    ("/console/people", "people"),
    ("/console/people/{id}", "person"),
    ("/console/tokens", "tokens"),
    ("/console/audit", "audit"),
    ("/console/keys", "keys"),
    ("/console/keys/{id}", "key"),
    ("/console/products", "products"),
    ("/console/products/{code}", "product"),
    ("/console/products/{code}/{policy}", "policy"),
    ("/console/features", "features"),
    ("/console/customers", "customers"),
    ("/console/devices", "devices"),
    ("/console/attempts", "attempts"),
    ("/console/installations", "installations"),
    ("/console/pools", "pools"),
    ("/console/settings", "settings"),
];

/// Whether a place is one of this pattern.
pub(super) fn is_of(place: &str, pattern: &str) -> bool {
    let path = place.split('?').next().unwrap_or_default();
    let (path, pattern): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
    path.len() == pattern.len()
        && path.iter().zip(pattern).all(|(part, wanted)| wanted.starts_with('{') || *part == wanted)
}
