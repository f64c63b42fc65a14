//! A licence in hand, on a device: revoked, product, features, device, clock, start, expiry; the first that fails wins
//! (system D, and the order of the vectors).

use super::{Access, Term, Verdict, Warning};
use crate::claims::{Claims, Expires};
use crate::code::Code;
use crate::scheme::Scheme;
use crate::time::{MICROS_PER_DAY, Timestamp};

/// Where and for what a licence in hand is asked about. Whatever is `None` is not compared.
#[derive(Clone, Debug, Default)]
pub struct DeviceContext<'a> {
    /// The product that asks.
    pub product: Option<&'a str>,
    /// Features that it needs.
    pub features: &'a [String],
    /// The id of this device.
    pub device: Option<&'a str>,
    /// When the application ran last.
    pub last_seen: Option<Timestamp>,
    /// How far the clock may lie behind that, in microseconds; `None` is system D's 24 hours.
    pub tolerance: Option<i64>,
    /// Whether the vendor is known to have revoked it.
    pub revoked: bool,
}

/// What becomes of a yes that the vendor confirmed for a time only: after that, reading is left until the device has asked
/// again.
#[must_use]
pub fn leased(verdict: Verdict, lease_until: Option<Timestamp>, now: Timestamp) -> Verdict {
    match lease_until {
        Some(end) if verdict.valid && now > end => {
            let detail = format!("the vendor confirmed this device for the time until {end}");
            Verdict::refused(Code::LeaseEnded, detail, Access::ReadOnly)
        }
        _ => verdict,
    }
}

/// May the licence be used here, now?
pub fn device(claims: &Claims, context: &DeviceContext<'_>, now: Timestamp) -> Verdict {
    let now = match claims.scheme {
        // These two count in milliseconds; what lies below is cut off.
        Scheme::File | Scheme::Tier => now.floor_millis(),
        Scheme::Record | Scheme::Pool | Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3 => now,
    };
    let term = term(claims);
    let mut verdict =
        refusal(claims, context, now).unwrap_or_else(|| standing(claims, &term, now)).until(&term);
    if let (Some(bound), None) = (&claims.device, context.device) {
        verdict.warnings.push(Warning::DeviceNotCompared { device: bound.clone() });
    }
    if let (Some(product), None) = (context.product, &claims.product) {
        verdict.warnings.push(Warning::ProductNotCompared { product: product.to_owned() });
    }
    if verdict.valid && claims.expires == Expires::NotInKey {
        let not_started = claims.trial_days.map(|days| Warning::NotStarted { days });
        verdict.warnings.push(not_started.unwrap_or(Warning::ExpiryNotInKey));
    }
    verdict
}

fn term(claims: &Claims) -> Term {
    match claims.expires {
        Expires::At(expiry) => {
            Term { expiry: Some(expiry), grace_until: Some(expiry.plus_days(claims.grace_days)) }
        }
        Expires::Never | Expires::NotInKey => Term { expiry: None, grace_until: None },
    }
}

/// What refuses the licence before its expiry is looked at.
fn refusal(claims: &Claims, context: &DeviceContext<'_>, now: Timestamp) -> Option<Verdict> {
    let left = claims.access_after_expiry;
    if context.revoked {
        return Some(Verdict::refused(Code::Revoked, "the licence was revoked", left));
    }
    if let (Some(wanted), Some(product)) = (context.product, &claims.product)
        && wanted != product
    {
        let detail = format!("the licence is for the product {product:?}, not for {wanted:?}");
        return Some(Verdict::refused(Code::ProductScopeMismatch, detail, Access::None));
    }
    if let Some(missing) = context.features.iter().find(|feature| !claims.features.contains(feature)) {
        let detail = format!("the licence does not include the feature {missing:?}");
        return Some(Verdict::refused(Code::EntitlementsMissing, detail, Access::None));
    }
    if let (Some(bound), Some(this)) = (&claims.device, context.device)
        && bound != this
    {
        let detail = format!("the licence is bound to device {bound}; this device is {this}");
        return Some(Verdict::refused(Code::WrongDevice, detail, left));
    }
    let tolerance = context.tolerance.unwrap_or(MICROS_PER_DAY);
    if let Some(seen) = context.last_seen.filter(|seen| now < seen.plus_micros(tolerance.saturating_neg())) {
        let detail = format!("the clock says {now}, but the application already ran on {seen}");
        return Some(Verdict::refused(Code::ClockTampered, detail, left));
    }
    let start = claims.not_before.filter(|start| now < *start)?;
    Some(Verdict::refused(Code::NotYetValid, format!("the licence is valid from {start}"), left))
}

fn standing(claims: &Claims, term: &Term, now: Timestamp) -> Verdict {
    let (code, detail) = if claims.trial {
        (Code::Trial, "the trial is running")
    } else {
        (Code::Valid, "the licence is valid")
    };
    term.holds(now, code, detail)
        .unwrap_or_else(|| Verdict::refused(Code::Expired, term.expired_detail(), claims.access_after_expiry))
}
