//! `POST /license/activate`: a key is added to what the installation has.

use keyward_engine::installation::KeyActivation;
use serde_json::json;

use crate::dialects::lk::customer::Customer;
use crate::dialects::lk::fields::Fields;
use crate::dialects::lk::held::totals;
use crate::dialects::lk::shape::{Answer, No, Refusal, text};
use crate::layers::RawBody;

const ROUTE: &str = "POST /license/activate";

pub(in crate::dialects::lk) async fn activate(customer: Customer, RawBody(body): RawBody) -> Answer {
    let key = Fields::read(&body)?.required_key()?;
    let repeat = customer.repeat(ROUTE, &body, answer as fn(&_) -> _)?;
    let engine = customer.engine();
    let outcome = engine.activate_key(&customer.caller, customer.installation, &key, repeat).await;
    customer.answer(outcome, answer, |activation| match activation {
        KeyActivation::Done { .. } => None,
        KeyActivation::Refused(verdict) => Some(Refusal::Verdict(verdict)),
        KeyActivation::TooManyTries { until } => Some(Refusal::TooManyTries(*until)),
    })
}

fn answer(activation: &KeyActivation) -> (u16, String) {
    match activation {
        KeyActivation::Refused(verdict) => No::of(verdict).kept(),
        KeyActivation::TooManyTries { until } => No::too_many_tries(*until).kept(),
        KeyActivation::Done { license, again, holding } => {
            let message =
                if *again { "License was active already" } else { "License activated successfully" };
            let body = json!({
                "message": message,
                "addedLicense": {
                    "id": license.serial,
                    "tier": license.tier(),
                    "maxDevices": license.capacity,
                    "expiresAt": license.found.license.expiry,
                    "companyName": license.said("company"),
                },
                "totalStatus": totals(holding),
            });
            (200, text(&body))
        }
    }
}
