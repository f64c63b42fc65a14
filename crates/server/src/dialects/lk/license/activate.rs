//! `POST /license/activate`: a key is added to what the installation has.

use keyward_engine::installation::KeyActivation;
use serde_json::json;

use crate::dialects::lk::customer::Customer;
use crate::dialects::lk::fields::Fields;
use crate::dialects::lk::held::{company, tier, totals};
use crate::dialects::lk::shape::{Answer, No, text};
use crate::layers::RawBody;

const ROUTE: &str = "POST /license/activate";

pub(in crate::dialects::lk) async fn activate(customer: Customer, RawBody(body): RawBody) -> Answer {
    let key = Fields::read(&body)?.required_key()?;
    let repeat = customer.repeat(ROUTE, &body, answer as fn(&_) -> _)?;
    let engine = customer.engine();
    let outcome = engine.activate_key(&customer.caller, customer.installation, &key, repeat).await;
    customer.answer(outcome, answer, |activation| match activation {
        KeyActivation::Done { .. } => None,
        KeyActivation::Refused(verdict) => Some(verdict),
    })
}

fn answer(activation: &KeyActivation) -> (u16, String) {
    match activation {
        KeyActivation::Refused(verdict) => No::of(verdict).kept(),
        KeyActivation::Done { license, again, holding } => {
            let message = if *again { "License was active already" } else { "License activated successfully" };
            let body = json!({
                "message": message,
                "addedLicense": {
                    "id": license.serial,
                    "tier": tier(license),
                    "maxDevices": license.capacity,
                    "expiresAt": license.found.license.expiry,
                    "companyName": company(license),
                },
                "totalStatus": totals(holding),
            });
            (200, text(&body))
        }
    }
}
