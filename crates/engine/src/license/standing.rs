//! The three questions that a front asks of a stored licence, and the one place where they are answered.

use keyward_core::code::Code;
use keyward_core::model::{self, License, LicenseId, Machine, PolicyId, ProductId, SuspensionReason, UserId};
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, PoolRecord, Scope, Verdict};
use keyward_store::{licenses, machines};

use super::Found;

/// What a licence's metadata call the grace that its key says.
pub(crate) const GRACE_DAYS: &str = "graceDays";
const SECONDS_PER_DAY: i64 = 86_400;

/// What a front wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// May it run here, now? (A, C, D, E)
    Run,
    /// May it be activated on another device? (B; E's devices)
    Activate,
    /// May it be changed: renewed, extended, transferred?
    Change,
}

/// The answer, from the stored licence alone. `found` is `None` when there is none.
pub fn decide(
    question: Question,
    found: Option<&Found>,
    machines: &[machines::Machine],
    scope: &Scope,
    now: Timestamp,
) -> Verdict {
    let Some(found) = found else {
        return match question {
            Question::Activate => verdict::pool_key(None),
            Question::Run | Question::Change => {
                verdict::online(None, &model::Policy::new(PolicyId(uuid::Uuid::nil())), &[], scope, now)
            }
        };
    };
    let (license, policy) = (model(found), &*found.policy);
    match question {
        Question::Run => {
            let machines: Vec<Machine> = machines.iter().map(machine).collect();
            verdict::online(Some(&license), &policy.model, &machines, scope, now)
        }
        Question::Activate if policy.rules.single_use => verdict::pool_key(Some(&PoolRecord {
            first_activated_at: found.license.first_activated_at,
            active: license.suspension.is_none() && !found.user_banned,
        })),
        Question::Activate => may_be_activated(&license, policy, found.license.machines_count, now),
        Question::Change => verdict::changeable(&license),
    }
}

/// Running, and with room for another machine.
fn may_be_activated(license: &License, policy: &crate::Policy, machines: i64, now: Timestamp) -> Verdict {
    // Whether it is active somewhere is what is about to change, so only the rest of the rules is asked.
    let rules = model::Policy { strict: false, require_fingerprint_scope: false, ..policy.model.clone() };
    let scope = Scope {
        product: Some(license.product),
        policy: Some(license.policy),
        user: license.owner.as_ref().map(|owner| verdict::UserScope::Id(owner.id)),
        ..Scope::default()
    };
    let verdict = verdict::online(Some(license), &rules, &[], &scope, now);
    match policy.rules.machine_limit(license.max_machines) {
        Some(limit) if verdict.valid && machines >= limit => {
            Verdict::refusal(Code::TooManyMachines, format!("{machines} of {limit} devices are in use"))
        }
        _ => verdict,
    }
}

/// A key may begin later than it is activated.
pub(crate) fn not_yet(metadata: &str, now: Timestamp) -> Option<Box<Verdict>> {
    let metadata: serde_json::Value = serde_json::from_str(metadata).ok()?;
    let start = metadata["notBefore"].as_str().and_then(Timestamp::parse_rfc3339)?;
    let detail = format!("the licence begins on {start}");
    (now < start).then(|| Box::new(Verdict::refusal(Code::NotYetValid, detail)))
}

/// The grace that a key says, in seconds, where it is another than its policy's.
pub(crate) fn own_grace(metadata: &str) -> Option<i64> {
    // Most licences have none, and are not read for it.
    metadata.contains(GRACE_DAYS).then_some(())?;
    let metadata: serde_json::Value = serde_json::from_str(metadata).ok()?;
    let days: i64 = metadata[GRACE_DAYS].as_str()?.parse().ok()?;
    Some(days.max(0).saturating_mul(SECONDS_PER_DAY))
}

fn model(found: &Found) -> License {
    let row = &found.license;
    License {
        id: LicenseId(row.id),
        product: ProductId(row.product_id),
        policy: PolicyId(row.policy_id),
        owner: row.user_id.map(|id| model::User {
            id: UserId(id),
            email: found.user_email.clone(),
            banned: found.user_banned,
        }),
        users: Vec::new(),
        suspension: reason(row),
        expiry: row.expiry,
        max_machines: row.max_machines,
        grace_period: own_grace(&row.metadata),
        entitlements: found.entitlements.clone(),
    }
}

/// Why a licence is suspended.
fn reason(row: &licenses::License) -> Option<SuspensionReason> {
    row.suspended_at?;
    Some(match row.suspension_reason.as_deref() {
        Some("revoked") => SuspensionReason::Revoked,
        Some("auto") => SuspensionReason::Auto,
        _ => SuspensionReason::Suspended,
    })
}

fn machine(row: &machines::Machine) -> Machine {
    Machine {
        id: model::MachineId(row.id),
        fingerprint: row.fingerprint.clone(),
        owner: row.user_id.map(UserId),
    }
}
