//! The stored things that an online verdict decides on.
//!
//! Owns what the verdict needs of licences, policies, machines and users; names and strategies are those of the
//! protocol (sections 5 and 6).

use uuid::Uuid;

use crate::calendar::DurationArithmetic;
use crate::time::Timestamp;
use crate::verdict::Access;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);
    )*};
}

ids! {
    /// Of a product.
    ProductId
    /// Of a policy.
    PolicyId
    /// Of a licence.
    LicenseId
    /// Of a machine.
    MachineId
    /// Of a user.
    UserId
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Whether the vendor lets the user use nothing.
    pub banned: bool,
}

/// Why a licence is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspensionReason {
    /// By the vendor.
    Suspended,
    /// By the vendor, for good as it seems; can be taken back (A's and the console's revocation).
    Revoked,
    /// By a sweep, when it expired (system E).
    Auto,
}

/// A stored licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// Its id.
    pub id: LicenseId,
    /// Its product.
    pub product: ProductId,
    /// The rules it follows.
    pub policy: PolicyId,
    /// Who owns it.
    pub owner: Option<User>,
    /// Who else may use it.
    pub users: Vec<User>,
    /// Whether and why it is suspended.
    pub suspension: Option<SuspensionReason>,
    /// The last instant at which it is valid; `None` is never.
    pub expiry: Option<Timestamp>,
    /// Its own limit of machines, above the policy's.
    pub max_machines: Option<u32>,
    /// Its own grace in seconds, in the place of the policy's.
    pub grace_period: Option<i64>,
    /// Its own features, besides the policy's.
    pub entitlements: Vec<String>,
}

impl License {
    /// Owner and users.
    pub fn holders(&self) -> impl Iterator<Item = &User> {
        self.owner.iter().chain(&self.users)
    }
}

/// A device on which a licence is activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its id.
    pub id: MachineId,
    /// What tells it from other devices.
    pub fingerprint: String,
    /// The user at it.
    pub owner: Option<UserId>,
}

/// The rules that a licence follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Whether validation asks for machines and counts them.
    pub strict: bool,
    /// Whether it may run on several devices.
    pub floating: bool,
    /// How many devices; `None` sets no limit (node-locked: 1).
    pub max_machines: Option<u32>,
    /// How long a licence runs, in seconds; `None` is for ever.
    pub duration: Option<u64>,
    /// How the duration is added.
    pub duration_arithmetic: DurationArithmetic,
    /// What an expired licence may still do.
    pub expiration_strategy: ExpirationStrategy,
    /// Seconds after expiry in which everything still works.
    pub grace_period: i64,
    /// What is left after expiry and grace.
    pub access_after_expiry: Access,
    /// Whether the product must be named.
    pub require_product_scope: bool,
    /// Whether the policy must be named.
    pub require_policy_scope: bool,
    /// Whether the user must be named.
    pub require_user_scope: bool,
    /// Whether a fingerprint must be named.
    pub require_fingerprint_scope: bool,
    /// How many of several fingerprints must match.
    pub machine_matching: MachineMatching,
    /// Whose machines are counted.
    pub machine_leasing: MachineLeasing,
    /// How far a limit may be exceeded.
    pub overage: Overage,
    /// Its features.
    pub entitlements: Vec<String>,
}

impl Policy {
    /// The rules with the protocol's defaults: node-locked, not strict, for ever.
    pub const fn new(id: PolicyId) -> Self {
        Self {
            id,
            strict: false,
            floating: false,
            max_machines: None,
            duration: None,
            duration_arithmetic: DurationArithmetic::Calendar,
            expiration_strategy: ExpirationStrategy::RestrictAccess,
            grace_period: 0,
            access_after_expiry: Access::None,
            require_product_scope: false,
            require_policy_scope: false,
            require_user_scope: false,
            require_fingerprint_scope: false,
            machine_matching: MachineMatching::Any,
            machine_leasing: MachineLeasing::PerLicense,
            overage: Overage::None,
            entitlements: Vec::new(),
        }
    }
}

/// What an expired licence may still do (`expirationStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpirationStrategy {
    /// Refused, reported last.
    RestrictAccess,
    /// Refused, reported before every scope.
    RevokeAccess,
    /// Valid, with the code `EXPIRED`.
    MaintainAccess,
    /// Valid, with the code `EXPIRED`.
    AllowAccess,
}

/// How many of several fingerprints must match (`machineMatchingStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineMatching {
    /// One.
    Any,
    /// Two.
    Two,
    /// Half of them, rounded up.
    Most,
    /// All.
    All,
}

impl MachineMatching {
    /// Why `found` of `wanted` fingerprints are too few; `None` when they are enough. One alone must match.
    pub(crate) const fn mismatch(self, wanted: usize, found: usize) -> Option<&'static str> {
        let (needed, detail) = match self {
            _ if wanted == 1 => (1, "fingerprint is not activated (does not match any associated machines)"),
            Self::Any => {
                (1, "one or more fingerprint is not activated (does not match any associated machines)")
            }
            Self::Two => (
                2,
                "one or more fingerprint is not activated (does not match at least 2 associated machines)",
            ),
            Self::Most => (
                wanted.div_ceil(2),
                "one or more fingerprint is not activated (does not match enough associated machines)",
            ),
            Self::All => {
                (wanted, "one or more fingerprint is not activated (does not match all associated machines)")
            }
        };
        if found < needed { Some(detail) } else { None }
    }
}

/// Whose machines are counted (`machineLeasingStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineLeasing {
    /// Those of the licence.
    PerLicense,
    /// Those of each user apart.
    PerUser,
}

/// How far a limit may be exceeded (`overageStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overage {
    /// Not at all.
    None,
    /// By a quarter.
    By1_25,
    /// By half.
    By1_5,
    /// Twice over.
    By2,
    /// Without end.
    Always,
}

impl Overage {
    /// Whether `count` is still covered where `limit` is exceeded. Node-locked licences know only the last two.
    pub(crate) fn covers(self, count: u64, limit: u32, floating: bool) -> bool {
        let quarters = match self {
            Self::Always => return true,
            Self::By2 => 8,
            Self::By1_5 if floating => 6,
            Self::By1_25 if floating => 5,
            Self::None | Self::By1_25 | Self::By1_5 => 4,
        };
        count.saturating_mul(4) <= u64::from(limit) * quarters
    }
}
