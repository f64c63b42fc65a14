//! `/license/usage`: what licences limit by name, counted by the server.

use keyward_engine::installation::UseOutcome;
use keyward_engine::license::Usage;
use serde_json::{Value, json};

use super::MAX_NAME;
use super::customer::Customer;
use super::fields::Fields;
use super::shape::{Answer, No, Refusal, ok, text};
use crate::layers::RawBody;

const ROUTE: &str = "POST /license/usage";

pub(super) async fn list(customer: Customer) -> Answer {
    ok(customer.holding().await?.usage().iter().map(shown).collect::<Value>())
}

/// Uses up an amount; a negative one gives back.
pub(super) async fn add(customer: Customer, RawBody(body): RawBody) -> Answer {
    let fields = Fields::read(&body)?;
    let name = fields.text("name", MAX_NAME)?.ok_or_else(|| No::malformed("name is required"))?;
    let amount = fields.whole("amount")?;
    let repeat = customer.repeat(ROUTE, &body, answer as fn(&_) -> _)?;
    let (engine, installation) = (customer.engine(), customer.installation);
    let outcome = engine.use_limit(&customer.caller, installation, &name, amount, repeat).await;
    customer.answer(outcome, answer, |outcome| match outcome {
        UseOutcome::Used(_) | UseOutcome::Unknown => None,
        UseOutcome::Refused { verdict, .. } => Some(Refusal::Verdict(verdict)),
    })
}

fn answer(outcome: &UseOutcome) -> (u16, String) {
    match outcome {
        UseOutcome::Used(usage) => (200, text(&shown(usage))),
        UseOutcome::Refused { verdict, .. } => No::of(verdict).kept(),
        UseOutcome::Unknown => {
            No::not_found("limit").with("GET /license/usage lists the limits there are").kept()
        }
    }
}

pub(super) fn shown(usage: &Usage) -> Value {
    let remaining = usage.limit.map(|limit| limit.saturating_sub(usage.used).max(0));
    json!({ "name": usage.name, "used": usage.used, "limit": usage.limit, "remaining": remaining })
}
