//! The rules of a policy in plain language: a sentence for each that says something.

use keyward_engine::rules::{
    AccessAfterExpiry, Arithmetic, ExpirationBasis, ExpirationStrategy, MachineLeasing, MachineMatching,
    MachineUniqueness, Overage, RenewalBasis, Rules, TransferStrategy,
};

use crate::console::texts::{Products, fill};

/// A time in words.
pub(in crate::console) fn span(seconds: i64, t: &'static Products) -> String {
    match seconds {
        86_400 => t.one_day.to_owned(),
        s if s % 86_400 == 0 => fill(t.days, s / 86_400),
        s if s % 3_600 == 0 => fill(t.hours, s / 3_600),
        s if s % 60 == 0 => fill(t.minutes, s / 60),
        s => fill(t.seconds, s),
    }
}

/// How many devices, in short.
pub(in crate::console) fn devices(rules: &Rules, t: &'static Products) -> String {
    rules.machine_limit(None).map_or_else(|| t.any_number.to_owned(), |limit| limit.to_string())
}

/// Every sentence.
pub(super) fn of(rules: &Rules, t: &'static Products) -> Vec<String> {
    let mut all = Vec::new();
    time(rules, t, &mut all);
    end(rules, t, &mut all);
    machines(rules, t, &mut all);
    rest(rules, t, &mut all);
    all
}

fn time(rules: &Rules, t: &'static Products, all: &mut Vec<String>) {
    let Some(seconds) = rules.duration else {
        all.push(t.s_forever.to_owned());
        return;
    };
    all.push(fill(t.s_duration, span(i64::try_from(seconds).unwrap_or(i64::MAX), t)));
    let more = [
        match rules.expiration_basis {
            ExpirationBasis::FromCreation | ExpirationBasis::Default => t.s_from_creation,
            ExpirationBasis::FromFirstValidation => t.s_from_validation,
            ExpirationBasis::FromFirstActivation => t.s_from_activation,
            ExpirationBasis::FromFirstUse => t.s_from_use,
        },
        match rules.duration_arithmetic {
            Arithmetic::Exact => t.s_exact,
            Arithmetic::Months => t.s_months,
            Arithmetic::Calendar | Arithmetic::Default => t.s_calendar,
        },
        match rules.renewal_basis {
            RenewalBasis::FromExpiry | RenewalBasis::Default => t.s_renew_expiry,
            RenewalBasis::FromNow => t.s_renew_now,
            RenewalBasis::FromNowIfExpired => t.s_renew_if,
        },
    ];
    all.extend(more.map(str::to_owned));
}

fn end(rules: &Rules, t: &'static Products, all: &mut Vec<String>) {
    let stays = match rules.expiration_strategy {
        ExpirationStrategy::RestrictAccess | ExpirationStrategy::Default => {
            all.push(t.s_restrict.to_owned());
            false
        }
        ExpirationStrategy::RevokeAccess => {
            all.push(t.s_revoke.to_owned());
            false
        }
        ExpirationStrategy::MaintainAccess | ExpirationStrategy::AllowAccess => {
            all.push(t.s_maintain.to_owned());
            true
        }
    };
    if rules.grace_period > 0 {
        all.push(fill(t.s_grace, span(rules.grace_period, t)));
    }
    if !stays {
        let after = match rules.access_after_expiry {
            AccessAfterExpiry::None | AccessAfterExpiry::Default => t.s_after_none,
            AccessAfterExpiry::ReadOnly => t.s_after_read,
        };
        all.push(after.to_owned());
    }
}

fn machines(rules: &Rules, t: &'static Products, all: &mut Vec<String>) {
    if rules.single_use {
        all.push(t.s_single_use.to_owned());
    }
    let limit = rules.max_machines.or((!rules.floating).then_some(1));
    all.push(match limit {
        None => t.s_any_machines.to_owned(),
        Some(0) => t.s_no_machines.to_owned(),
        Some(1) => t.s_one_machine.to_owned(),
        Some(limit) => fill(t.s_machines, limit),
    });
    let some = [
        rules.strict.then_some(t.s_strict),
        match rules.overage_strategy {
            Overage::None | Overage::Default => None,
            Overage::By1_25 => Some(t.s_over_quarter),
            Overage::By1_5 => Some(t.s_over_half),
            Overage::By2 => Some(t.s_over_twice),
            Overage::Always => Some(t.s_over_always),
        },
        match rules.machine_uniqueness_strategy {
            MachineUniqueness::PerLicense | MachineUniqueness::Default => None,
            MachineUniqueness::PerPolicy => Some(t.s_unique_policy),
            MachineUniqueness::PerProduct => Some(t.s_unique_product),
            MachineUniqueness::PerAccount => Some(t.s_unique_account),
        },
        match rules.machine_matching_strategy {
            MachineMatching::Any | MachineMatching::Default => None,
            MachineMatching::Two => Some(t.s_match_two),
            MachineMatching::Most => Some(t.s_match_most),
            MachineMatching::All => Some(t.s_match_all),
        },
        match rules.machine_leasing_strategy {
            MachineLeasing::PerLicense | MachineLeasing::Default => None,
            MachineLeasing::PerUser => Some(t.s_per_user),
        },
    ];
    all.extend(some.into_iter().flatten().map(str::to_owned));
}

fn rest(rules: &Rules, t: &'static Products, all: &mut Vec<String>) {
    let window = rules.max_transfers.filter(|most| *most > 0).and(rules.transfer_window);
    let numbers = [
        rules.max_uses.map(|most| fill(t.s_uses, most)),
        rules.max_users.map(|most| fill(t.s_users, most)),
        rules
            .max_transfers
            .map(|most| if most == 0 { t.s_no_transfers.to_owned() } else { fill(t.s_transfers, most) }),
        window.map(|seconds| fill(t.s_window, span(seconds, t))),
        rules.trial_period.map(|seconds| fill(t.s_trial, span(seconds, t))),
        rules.offline_lease.map(|seconds| fill(t.s_offline, span(seconds, t))),
    ];
    all.extend(numbers.into_iter().flatten());
    let some = [
        (rules.transfer_strategy == TransferStrategy::ResetExpiry, t.s_transfer_reset),
        (rules.require_product_scope, t.s_scope_product),
        (rules.require_policy_scope, t.s_scope_policy),
        (rules.require_user_scope, t.s_scope_user),
        (rules.require_fingerprint_scope, t.s_scope_device),
        (rules.protected, t.s_protected),
    ];
    all.extend(some.into_iter().filter(|(holds, _)| *holds).map(|(_, sentence)| sentence.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::language::Language;

    #[test]
    fn each_rule_that_says_something_has_a_sentence() {
        let t = Products::of(Language::English);
        let count = |rules: &Rules| of(rules, t).len();
        let none = Rules::default();
        let base = count(&none);
        for rules in [
            Rules { strict: true, ..none.clone() },
            Rules { single_use: true, ..none.clone() },
            Rules { protected: true, ..none.clone() },
            Rules { max_uses: Some(1), ..none.clone() },
            Rules { max_users: Some(1), ..none.clone() },
            Rules { max_transfers: Some(0), ..none.clone() },
            Rules { grace_period: 60, ..none.clone() },
            Rules { trial_period: Some(60), ..none.clone() },
            Rules { offline_lease: Some(60), ..none.clone() },
            Rules { overage_strategy: Overage::By2, ..none.clone() },
            Rules { machine_uniqueness_strategy: MachineUniqueness::PerPolicy, ..none.clone() },
            Rules { machine_matching_strategy: MachineMatching::All, ..none.clone() },
            Rules { machine_leasing_strategy: MachineLeasing::PerUser, ..none.clone() },
            Rules { transfer_strategy: TransferStrategy::ResetExpiry, ..none.clone() },
            Rules { require_fingerprint_scope: true, ..none.clone() },
        ] {
            assert_eq!(count(&rules), base + 1, "{rules:?}");
        }
        assert!(
            of(&Rules { duration: Some(86_400), ..none }, t)
                .contains(&"A licence is good for one day.".to_owned())
        );
        assert_eq!((span(7_200, t), span(90, t)), ("2 hours".to_owned(), "90 seconds".to_owned()));
    }
}
