//! A stored licence, asked about online: the protocol's section 7.3, as far as the model has its parts. The numbers in
//! the comments are its steps.

use super::{Access, Standing, Term, Verdict};
use crate::code::Code;
use crate::model::{
    ExpirationStrategy, License, Machine, MachineLeasing, Policy, PolicyId, ProductId, SuspensionReason,
    User, UserId,
};
use crate::time::Timestamp;

/// For whom and for what a stored licence is asked about. Whatever is `None` is asked for only where the policy
/// requires it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The product.
    pub product: Option<ProductId>,
    /// The policy.
    pub policy: Option<PolicyId>,
    /// The user.
    pub user: Option<UserScope>,
    /// Features that must all be there.
    pub entitlements: Option<Vec<String>>,
    /// Fingerprints of the device that asks.
    pub fingerprints: Option<Vec<String>>,
}

/// A user, by id or by e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserScope {
    /// By id.
    Id(UserId),
    /// By e-mail, compared without regard to ASCII case.
    Email(String),
}

impl UserScope {
    fn is(&self, user: &User) -> bool {
        match self {
            Self::Id(id) => user.id == *id,
            Self::Email(email) => user.email.as_ref().is_some_and(|e| e.eq_ignore_ascii_case(email)),
        }
    }
}

/// May the licence be used, now?
pub fn online(
    license: Option<&License>,
    policy: &Policy,
    machines: &[Machine],
    scope: &Scope,
    now: Timestamp,
) -> Verdict {
    // 1
    let Some(license) = license else {
        return Verdict::refused(Code::NotFound, "does not exist", Access::None);
    };
    let term = Term {
        expiry: license.expiry,
        grace_until: license
            .expiry
            .map(|expiry| expiry.plus_seconds(license.grace_period.unwrap_or(policy.grace_period))),
    };
    let question = Question { license, policy, machines, scope, term: &term, now };
    question.answer().until(&term)
}

struct Question<'a> {
    license: &'a License,
    policy: &'a Policy,
    machines: &'a [Machine],
    scope: &'a Scope,
    term: &'a Term,
    now: Timestamp,
}

impl Question<'_> {
    fn answer(&self) -> Verdict {
        let strict = || if self.policy.strict { self.machine_limits() } else { None };
        self.ban()
            .or_else(|| self.suspension())
            .or_else(|| self.revoked_by_expiry())
            .or_else(|| self.scopes())
            .or_else(strict)
            .unwrap_or_else(|| self.expiry())
    }

    // 2
    fn ban(&self) -> Option<Verdict> {
        let banned = self.license.owner.as_ref().is_some_and(|owner| owner.banned);
        banned.then(|| refused(Code::Banned, "is banned"))
    }

    // 3
    fn suspension(&self) -> Option<Verdict> {
        let (code, detail) = match self.license.suspension? {
            SuspensionReason::Revoked => (Code::Revoked, "is revoked"),
            SuspensionReason::Suspended | SuspensionReason::Auto => (Code::Suspended, "is suspended"),
        };
        Some(Verdict::refused(code, detail, self.policy.access_after_expiry))
    }

    // 4
    fn revoked_by_expiry(&self) -> Option<Verdict> {
        let revokes = self.policy.expiration_strategy == ExpirationStrategy::RevokeAccess;
        (revokes && matches!(self.term.standing(self.now), Standing::Over)).then(|| self.expired(false))
    }

    // 6
    fn scopes(&self) -> Option<Verdict> {
        self.product_scope()
            .or_else(|| self.policy_scope())
            .or_else(|| self.user_scope())
            .or_else(|| self.entitlements_scope())
            .or_else(|| self.fingerprint_scope())
    }

    // 6b
    fn product_scope(&self) -> Option<Verdict> {
        match self.scope.product {
            Some(product) => (product != self.license.product)
                .then(|| refused(Code::ProductScopeMismatch, "product scope does not match")),
            None => self
                .policy
                .require_product_scope
                .then(|| refused(Code::ProductScopeRequired, "product scope is required")),
        }
    }

    // 6c
    fn policy_scope(&self) -> Option<Verdict> {
        match self.scope.policy {
            Some(policy) => (policy != self.license.policy)
                .then(|| refused(Code::PolicyScopeMismatch, "policy scope does not match")),
            None => self
                .policy
                .require_policy_scope
                .then(|| refused(Code::PolicyScopeRequired, "policy scope is required")),
        }
    }

    // 6d
    fn user_scope(&self) -> Option<Verdict> {
        match &self.scope.user {
            Some(user) => (!self.license.holders().any(|holder| user.is(holder)))
                .then(|| refused(Code::UserScopeMismatch, "user scope does not match")),
            None => self
                .policy
                .require_user_scope
                .then(|| refused(Code::UserScopeRequired, "user scope is required")),
        }
    }

    // 6e
    fn entitlements_scope(&self) -> Option<Verdict> {
        let wanted = self.scope.entitlements.as_ref()?;
        if wanted.is_empty() {
            return Some(refused(Code::EntitlementsScopeEmpty, "entitlements scope is empty"));
        }
        let has = |code| self.license.entitlements.contains(code) || self.policy.entitlements.contains(code);
        (!wanted.iter().all(has))
            .then(|| refused(Code::EntitlementsMissing, "is missing one or more required entitlements"))
    }

    // 6g
    fn fingerprint_scope(&self) -> Option<Verdict> {
        let Some(given) = &self.scope.fingerprints else {
            let required = self.policy.require_fingerprint_scope;
            return required
                .then(|| refused(Code::FingerprintScopeRequired, "fingerprint scope is required"));
        };
        let mut wanted: Vec<&str> = given.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Some(refused(Code::FingerprintScopeEmpty, "fingerprint scope is empty"));
        }
        if self.machines.is_empty() {
            return Some(self.no_machine(
                "fingerprint is not activated (has no associated machine)",
                "fingerprint is not activated (has no associated machines)",
            ));
        }
        let mut matching =
            self.machines.iter().filter(|machine| wanted.contains(&machine.fingerprint.as_str())).peekable();
        let count = matching.clone().count();
        if let Some(detail) = self.policy.machine_matching.mismatch(wanted.len(), count) {
            return Some(refused(Code::FingerprintScopeMismatch, detail));
        }
        matching.any(|machine| self.belongs_to_another(machine)).then(|| {
            refused(
                Code::UserScopeMismatch,
                "user scope does not match (does not match associated machine owners)",
            )
        })
    }

    fn belongs_to_another(&self, machine: &Machine) -> bool {
        let (Some(wanted), Some(owner)) = (&self.scope.user, machine.owner) else { return false };
        !self.license.holders().any(|holder| holder.id == owner && wanted.is(holder))
    }

    // 9, 10
    fn machine_limits(&self) -> Option<Verdict> {
        if self.machines.is_empty() {
            return Some(self.no_machine(
                "must have exactly 1 associated machine",
                "must have at least 1 associated machine",
            ));
        }
        let own = self.license.max_machines.or(self.policy.max_machines);
        let limit = if self.policy.floating { own? } else { own.unwrap_or(1) };
        let count = self.counted_machines();
        if self.machines.len() <= 1 || count <= u64::from(limit) {
            return None;
        }
        let within = self.policy.overage.covers(count, limit, self.policy.floating);
        let access = if within { Access::Full } else { Access::None };
        Some(Verdict::new(within, Code::TooManyMachines, "has too many associated machines", access))
    }

    fn no_machine(&self, node_locked: &str, floating: &str) -> Verdict {
        if self.policy.floating {
            refused(Code::NoMachines, floating)
        } else {
            refused(Code::NoMachine, node_locked)
        }
    }

    /// All machines of the licence, or those of the user asked about (without one, those of nobody).
    fn counted_machines(&self) -> u64 {
        let counts = |machine: &&Machine| match self.policy.machine_leasing {
            MachineLeasing::PerLicense => true,
            MachineLeasing::PerUser => {
                let user =
                    self.scope.user.as_ref().and_then(|user| self.license.holders().find(|h| user.is(h)));
                machine.owner == user.map(|user| user.id)
            }
        };
        self.machines.iter().filter(counts).count() as u64
    }

    // 8, 15, 16
    fn expiry(&self) -> Verdict {
        self.term.holds(self.now, Code::Valid, "is valid").unwrap_or_else(|| {
            let keeps = matches!(
                self.policy.expiration_strategy,
                ExpirationStrategy::MaintainAccess | ExpirationStrategy::AllowAccess
            );
            self.expired(keeps)
        })
    }

    fn expired(&self, valid: bool) -> Verdict {
        let access = if valid { Access::Full } else { self.policy.access_after_expiry };
        Verdict::new(valid, Code::Expired, "is expired", access)
    }
}

fn refused(code: Code, detail: &str) -> Verdict {
    Verdict::refused(code, detail, Access::None)
}
