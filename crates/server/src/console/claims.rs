//! What a licence says, as rows for people.

use keyward_core::claims::{Claims, Expires};

use super::frame::instant;
use super::language::Language;
use super::texts::{self, fill};

/// The rows of what a licence says; what it does not say is left out.
pub(super) fn rows(claims: &Claims, language: Language) -> Vec<(&'static str, String)> {
    let t = texts::Claims::of(language);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let expires = match claims.expires {
        Expires::At(end) => instant(end),
        Expires::Never => t.perpetual.to_owned(),
        Expires::NotInKey => t.not_in_key.to_owned(),
    };
    let limits = claims.limits.iter().map(|(name, most)| format!("{name} {most}"));
    let pools = claims.pools.iter().map(|pool| match pool.expires {
        Some(end) => format!("{} {} ({})", pool.name, pool.max_devices, instant(end)),
        None => format!("{} {}", pool.name, pool.max_devices),
    });
    let trial = match claims.trial_days {
        Some(days) => fill(t.trial_days, days),
        None if claims.trial => t.yes.to_owned(),
        None => String::new(),
    };
    let rows = [
        (t.scheme, claims.scheme.as_str().to_owned()),
        (t.license_id, claims.license_id.map(|id| id.to_string()).unwrap_or_default()),
        (t.product, text(&claims.product)),
        (t.holder, text(&claims.holder)),
        (t.tier, text(&claims.tier)),
        (t.devices, claims.max_devices.map(|most| most.to_string()).unwrap_or_default()),
        (t.device, text(&claims.device)),
        (t.issued, claims.issued.map(instant).unwrap_or_default()),
        (t.not_before, claims.not_before.map(instant).unwrap_or_default()),
        (t.expires, expires),
        (t.grace, if claims.grace_days > 0 { claims.grace_days.to_string() } else { String::new() }),
        (t.trial, trial),
        (t.features, claims.features.join(", ")),
        (t.limits, limits.collect::<Vec<_>>().join(", ")),
        (t.pools, pools.collect::<Vec<_>>().join(", ")),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
