//! The order of the protocol's section 7.3: of two things that are wrong, the earlier one is told.

use keyward_core::code::Code;
use keyward_core::model::{
    ExpirationStrategy, License, LicenseId, Machine, MachineId, MachineLeasing, MachineMatching, Overage,
    Policy, PolicyId, ProductId, SuspensionReason, User, UserId,
};
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Access, Scope, UserScope, Verdict, Warning, online};
use uuid::Uuid;

const PRODUCT: ProductId = ProductId(Uuid::from_u128(1));
const POLICY: PolicyId = PolicyId(Uuid::from_u128(2));
const OWNER: UserId = UserId(Uuid::from_u128(3));
const GUEST: UserId = UserId(Uuid::from_u128(4));
const DAY: i64 = 86_400;

/// A licence, its rules and machines, and the question; each test changes what it is about.
struct Case {
    license: License,
    policy: Policy,
    machines: Vec<Machine>,
    scope: Scope,
    now: Timestamp,
}

impl Case {
    fn new() -> Self {
        let user = |id, email: &str| User { id, email: Some(email.to_owned()), banned: false };
        Self {
            license: License {
                id: LicenseId(Uuid::from_u128(5)),
                product: PRODUCT,
                policy: POLICY,
                owner: Some(user(OWNER, "owner@example.com")),
                users: vec![user(GUEST, "guest@example.com")],
                suspension: None,
                expiry: Some(at(0)),
                max_machines: None,
                grace_period: None,
                entitlements: vec!["sso".to_owned()],
            },
            policy: Policy { entitlements: vec!["export".to_owned()], ..Policy::new(POLICY) },
            machines: Vec::new(),
            scope: Scope::default(),
            now: at(0),
        }
    }

    fn machines(mut self, owners: &[Option<UserId>]) -> Self {
        self.machines = (0u128..)
            .zip(owners)
            .map(|(n, owner)| Machine {
                id: MachineId(Uuid::from_u128(n)),
                fingerprint: format!("m{n}"),
                owner: *owner,
            })
            .collect();
        self
    }

    fn ask(&self) -> Verdict {
        online(Some(&self.license), &self.policy, &self.machines, &self.scope, self.now)
    }

    fn says(&self, valid: bool, code: Code, access: Access) {
        let verdict = self.ask();
        assert_eq!(
            (verdict.valid, verdict.code, verdict.access),
            (valid, code, access),
            "{}",
            verdict.detail
        );
    }

    fn refuses(&self, code: Code) {
        self.says(false, code, Access::None);
    }
}

/// So many seconds after the expiry.
fn at(seconds: i64) -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").expect("a time").plus_seconds(seconds)
}

fn strings(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|&text| text.to_owned()).collect())
}

#[test]
fn the_first_thing_that_is_wrong_is_told() {
    let mut case = Case::new().machines(&[None, None, None]);
    case.policy = Policy {
        strict: true,
        floating: true,
        max_machines: Some(2),
        require_product_scope: true,
        require_policy_scope: true,
        require_user_scope: true,
        require_fingerprint_scope: true,
        ..case.policy
    };
    case.license.suspension = Some(SuspensionReason::Suspended);
    case.now = at(1);
    let unknown = online(None, &case.policy, &case.machines, &case.scope, case.now);
    assert_eq!((unknown.valid, unknown.code), (false, Code::NotFound));

    case.refuses(Code::Suspended);
    case.license.suspension = None;
    case.policy.expiration_strategy = ExpirationStrategy::RevokeAccess;
    case.refuses(Code::Expired);
    case.policy.expiration_strategy = ExpirationStrategy::RestrictAccess;
    case.refuses(Code::ProductScopeRequired);
    case.scope.product = Some(ProductId(Uuid::from_u128(9)));
    case.refuses(Code::ProductScopeMismatch);
    case.scope.product = Some(PRODUCT);
    case.refuses(Code::PolicyScopeRequired);
    case.scope.policy = Some(PolicyId(Uuid::from_u128(9)));
    case.refuses(Code::PolicyScopeMismatch);
    case.scope.policy = Some(POLICY);
    case.refuses(Code::UserScopeRequired);
    case.scope.user = Some(UserScope::Email("stranger@example.com".to_owned()));
    case.refuses(Code::UserScopeMismatch);
    case.scope.user = Some(UserScope::Email("Guest@Example.com".to_owned()));
    case.scope.entitlements = strings(&[]);
    case.refuses(Code::EntitlementsScopeEmpty);
    case.scope.entitlements = strings(&["sso", "admin"]);
    case.refuses(Code::EntitlementsMissing);
    case.scope.entitlements = strings(&["sso", "export", "sso"]);
    case.refuses(Code::FingerprintScopeRequired);
    case.scope.fingerprints = strings(&[]);
    case.refuses(Code::FingerprintScopeEmpty);
    case.scope.fingerprints = strings(&["m9"]);
    case.refuses(Code::FingerprintScopeMismatch);
    case.scope.fingerprints = strings(&["m0"]);
    case.refuses(Code::TooManyMachines);
    case.license.max_machines = Some(3);
    case.refuses(Code::Expired);
    case.now = at(-3 * DAY);
    case.says(true, Code::Valid, Access::Full);
    assert_eq!(case.ask().days_left, Some(3));
    assert_eq!(case.ask().warnings, [Warning::ExpiresSoon { days: 3 }]);
}

#[test]
fn a_suspension_says_its_reason_and_leaves_what_the_policy_leaves() {
    let mut case = Case::new();
    case.policy.access_after_expiry = Access::ReadOnly;
    for (reason, code) in [
        (SuspensionReason::Suspended, Code::Suspended),
        (SuspensionReason::Auto, Code::Suspended),
        (SuspensionReason::Revoked, Code::Revoked),
    ] {
        case.license.suspension = Some(reason);
        case.says(false, code, Access::ReadOnly);
    }
}

#[test]
fn expiry_follows_the_strategy_and_grace_moves_it() {
    use ExpirationStrategy::{AllowAccess, MaintainAccess, RestrictAccess, RevokeAccess};
    for (strategy, valid, access) in [
        (RestrictAccess, false, Access::ReadOnly),
        (RevokeAccess, false, Access::ReadOnly),
        (MaintainAccess, true, Access::Full),
        (AllowAccess, true, Access::Full),
    ] {
        let mut case = Case::new();
        case.policy.expiration_strategy = strategy;
        case.policy.access_after_expiry = Access::ReadOnly;
        case.says(true, Code::Valid, Access::Full);
        case.now = at(0).plus_micros(1);
        case.says(valid, Code::Expired, access);
        case.policy.grace_period = DAY;
        case.says(true, Code::GracePeriod, Access::Full);
        assert_eq!(case.ask().grace_until, Some(at(DAY)));
        case.now = at(DAY);
        case.says(true, Code::GracePeriod, Access::Full);
        case.now = at(DAY).plus_micros(1);
        case.says(valid, Code::Expired, access);
        case.license.expiry = None;
        case.says(true, Code::Valid, Access::Full);
    }
}

#[test]
fn several_fingerprints_match_as_the_policy_says() {
    use MachineMatching::{All, Any, Most, Two};
    for (matching, given, valid) in [
        (Any, &["m0", "x", "y"][..], true),
        (Any, &["x", "y"], false),
        (Two, &["m0", "x"], false),
        (Two, &["m0", "m1", "x", "y", "z"], true),
        (Most, &["m0", "x", "y"], false),
        (Most, &["m0", "m1", "x"], true),
        (Most, &["m0", "x"], true),
        (All, &["m0", "m1", "x"], false),
        (All, &["m0", "m1"], true),
        // One fingerprint must match, and a repeated one is one.
        (Two, &["m0", "m0"], true),
        (All, &["x"], false),
    ] {
        let mut case = Case::new().machines(&[None, None, None]);
        case.policy.floating = true;
        case.policy.machine_matching = matching;
        case.scope.fingerprints = strings(given);
        let code = if valid { Code::Valid } else { Code::FingerprintScopeMismatch };
        assert_eq!((case.ask().valid, case.ask().code), (valid, code), "{matching:?} {given:?}");
    }
}

#[test]
fn machines_are_counted_only_when_the_policy_is_strict() {
    let mut case = Case::new();
    case.says(true, Code::Valid, Access::Full);
    case.policy.strict = true;
    case.refuses(Code::NoMachine);
    case.policy.floating = true;
    case.refuses(Code::NoMachines);
    case = case.machines(&[None, None]);
    // Floating without a limit has none; node-locked has one.
    case.says(true, Code::Valid, Access::Full);
    case.policy.floating = false;
    case.refuses(Code::TooManyMachines);
    case.scope.fingerprints = strings(&["m0"]);
    case.machines.clear();
    case.policy.strict = false;
    case.refuses(Code::NoMachine);
}

#[test]
fn overage_covers_as_far_as_its_name_says() {
    for (overage, limit, count, floating, within) in [
        (Overage::None, 4, 5, true, false),
        (Overage::By1_25, 4, 5, true, true),
        (Overage::By1_25, 4, 6, true, false),
        (Overage::By1_5, 4, 6, true, true),
        (Overage::By1_5, 4, 7, true, false),
        (Overage::By2, 4, 8, true, true),
        (Overage::By2, 4, 9, true, false),
        (Overage::Always, 4, 99, true, true),
        // Node-locked licences know only twice and always.
        (Overage::By1_5, 1, 2, false, false),
        (Overage::By2, 1, 2, false, true),
        (Overage::By2, 1, 3, false, false),
        (Overage::Always, 1, 3, false, true),
    ] {
        let mut case = Case::new().machines(&vec![None; count]);
        case.policy = Policy { strict: true, floating, max_machines: Some(limit), overage, ..case.policy };
        let verdict = case.ask();
        assert_eq!(
            (verdict.valid, verdict.code),
            (within, Code::TooManyMachines),
            "{overage:?} {limit} {count}"
        );
    }
}

#[test]
fn machines_can_be_counted_per_user() {
    let mut case = Case::new().machines(&[Some(OWNER), Some(OWNER), Some(GUEST), None]);
    case.policy = Policy {
        strict: true,
        floating: true,
        max_machines: Some(1),
        machine_leasing: MachineLeasing::PerUser,
        ..case.policy
    };
    case.scope.user = Some(UserScope::Id(OWNER));
    case.refuses(Code::TooManyMachines);
    case.scope.user = Some(UserScope::Id(GUEST));
    case.says(true, Code::Valid, Access::Full);
    // Without a user, the machines of nobody count.
    case.scope.user = None;
    case.says(true, Code::Valid, Access::Full);
}

#[test]
fn a_device_of_somebody_else_is_not_the_users() {
    let mut case = Case::new().machines(&[Some(OWNER), Some(GUEST)]);
    case.scope.fingerprints = strings(&["m0"]);
    case.scope.user = Some(UserScope::Id(OWNER));
    case.says(true, Code::Valid, Access::Full);
    case.scope.user = Some(UserScope::Id(GUEST));
    case.refuses(Code::UserScopeMismatch);
}
