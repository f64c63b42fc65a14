//! The rules of a policy: the protocol's attributes and strategies (its section 5.1), and ours, as they are stored.

use keyward_core::calendar::DurationArithmetic;
use keyward_core::model::{self, PolicyId};
use keyward_core::scheme::Scheme;
use keyward_core::verdict::Access;
use serde::{Deserialize, Serialize};

use crate::seed;

macro_rules! strategies {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident $wire:literal $means:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = $means] #[serde(rename = $wire)] $variant,)*
            /// Whatever the protocol's default is; written as such by older versions.
            #[default]
            #[serde(other, rename = "DEFAULT")]
            Default,
        }
    )*};
}

strategies! {
    /// Where the duration begins (`expirationBasis`).
    ExpirationBasis {
        FromCreation "FROM_CREATION" "When the licence is made.",
        FromFirstValidation "FROM_FIRST_VALIDATION" "With its first validation.",
        FromFirstActivation "FROM_FIRST_ACTIVATION" "With its first activation.",
        FromFirstUse "FROM_FIRST_USE" "With its first use.",
    }
    /// From when a renewal counts (`renewalBasis`).
    RenewalBasis {
        FromExpiry "FROM_EXPIRY" "From the expiry.",
        FromNow "FROM_NOW" "From the present.",
        FromNowIfExpired "FROM_NOW_IF_EXPIRED" "From the present, if it has expired.",
    }
    /// What an expired licence may still do (`expirationStrategy`).
    ExpirationStrategy {
        RestrictAccess "RESTRICT_ACCESS" "Refused, reported last.",
        RevokeAccess "REVOKE_ACCESS" "Refused, reported first.",
        MaintainAccess "MAINTAIN_ACCESS" "Valid.",
        AllowAccess "ALLOW_ACCESS" "Valid.",
    }
    /// What a transfer does to the expiry (`transferStrategy`).
    TransferStrategy {
        KeepExpiry "KEEP_EXPIRY" "It stays.",
        ResetExpiry "RESET_EXPIRY" "It begins anew.",
    }
    /// Within what a fingerprint is unique (`machineUniquenessStrategy`).
    MachineUniqueness {
        PerLicense "UNIQUE_PER_LICENSE" "The licence.",
        PerPolicy "UNIQUE_PER_POLICY" "The policy.",
        PerProduct "UNIQUE_PER_PRODUCT" "The product.",
        PerAccount "UNIQUE_PER_ACCOUNT" "The account.",
    }
    /// How many of several fingerprints must match (`machineMatchingStrategy`).
    MachineMatching {
        Any "MATCH_ANY" "One.",
        Two "MATCH_TWO" "Two.",
        Most "MATCH_MOST" "Half of them, rounded up.",
        All "MATCH_ALL" "All.",
    }
    /// Whose machines are counted (`machineLeasingStrategy`).
    MachineLeasing {
        PerLicense "PER_LICENSE" "Those of the licence.",
        PerUser "PER_USER" "Those of each user apart.",
    }
    /// How far a limit may be exceeded (`overageStrategy`).
    Overage {
        None "NO_OVERAGE" "Not at all.",
        By1_25 "ALLOW_1_25X_OVERAGE" "By a quarter.",
        By1_5 "ALLOW_1_5X_OVERAGE" "By half.",
        By2 "ALLOW_2X_OVERAGE" "Twice over.",
        Always "ALWAYS_ALLOW_OVERAGE" "Without end.",
    }
    /// How the duration is added (ours).
    Arithmetic {
        Exact "exact" "Days of 86,400 s.",
        Months "months" "Calendar months, as ECMAScript's `setMonth`.",
        Calendar "calendar" "By the calendar (protocol section 23).",
    }
    /// What is left after expiry and grace (ours).
    AccessAfterExpiry {
        None "none" "Nothing.",
        ReadOnly "read_only" "Reading.",
    }
}

/// The rules, under the protocol's names. What is left out has the protocol's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the names are the protocol's own; its section 5.1 says what each means")]
pub struct Rules {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    pub duration_arithmetic: Arithmetic,
    pub strict: bool,
    pub floating: bool,
    pub protected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_machines: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_users: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_transfers: Option<i64>,
    /// Seconds in which `max_transfers` count; none is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_window: Option<i64>,
    /// Seconds after expiry in which everything still works.
    pub grace_period: i64,
    pub access_after_expiry: AccessAfterExpiry,
    pub expiration_strategy: ExpirationStrategy,
    pub expiration_basis: ExpirationBasis,
    pub renewal_basis: RenewalBasis,
    pub transfer_strategy: TransferStrategy,
    pub machine_uniqueness_strategy: MachineUniqueness,
    pub machine_matching_strategy: MachineMatching,
    pub machine_leasing_strategy: MachineLeasing,
    pub overage_strategy: Overage,
    pub require_product_scope: bool,
    pub require_policy_scope: bool,
    pub require_user_scope: bool,
    pub require_fingerprint_scope: bool,
    /// Seconds of a trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_period: Option<i64>,
    /// Seconds a device may run on its last online answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline_lease: Option<i64>,
    /// Whether a key works once (system B): used, it can never be activated again.
    pub single_use: bool,
}

impl Rules {
    /// What a new policy begins with, so that its keys behave as those of the older system do: those of a pool work once
    /// and begin with their first activation.
    pub fn of_new(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Pool => Self {
                expiration_basis: ExpirationBasis::FromFirstActivation,
                single_use: true,
                ..seed::exact()
            },
            Scheme::Tier | Scheme::Lk1 | Scheme::Lk2 => seed::exact(),
            Scheme::Record | Scheme::File | Scheme::Lk3 => Self::default(),
        }
    }

    /// Reads stored rules.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As they are stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("rules are plain data")
    }

    /// How the duration is added.
    pub const fn arithmetic(&self) -> DurationArithmetic {
        match self.duration_arithmetic {
            Arithmetic::Exact => DurationArithmetic::Exact,
            Arithmetic::Months => DurationArithmetic::Months,
            Arithmetic::Calendar | Arithmetic::Default => DurationArithmetic::Calendar,
        }
    }

    /// As the verdict takes them.
    pub fn to_model(&self, id: PolicyId, entitlements: Vec<String>) -> model::Policy {
        model::Policy {
            strict: self.strict,
            floating: self.floating,
            max_machines: self.max_machines,
            duration: self.duration,
            duration_arithmetic: self.arithmetic(),
            expiration_strategy: match self.expiration_strategy {
                ExpirationStrategy::RestrictAccess | ExpirationStrategy::Default => {
                    model::ExpirationStrategy::RestrictAccess
                }
                ExpirationStrategy::RevokeAccess => model::ExpirationStrategy::RevokeAccess,
                ExpirationStrategy::MaintainAccess => model::ExpirationStrategy::MaintainAccess,
                ExpirationStrategy::AllowAccess => model::ExpirationStrategy::AllowAccess,
            },
            grace_period: self.grace_period,
            access_after_expiry: match self.access_after_expiry {
                AccessAfterExpiry::None | AccessAfterExpiry::Default => Access::None,
                AccessAfterExpiry::ReadOnly => Access::ReadOnly,
            },
            require_product_scope: self.require_product_scope,
            require_policy_scope: self.require_policy_scope,
            require_user_scope: self.require_user_scope,
            require_fingerprint_scope: self.require_fingerprint_scope,
            machine_matching: match self.machine_matching_strategy {
                MachineMatching::Any | MachineMatching::Default => model::MachineMatching::Any,
                MachineMatching::Two => model::MachineMatching::Two,
                MachineMatching::Most => model::MachineMatching::Most,
                MachineMatching::All => model::MachineMatching::All,
            },
            machine_leasing: match self.machine_leasing_strategy {
                MachineLeasing::PerLicense | MachineLeasing::Default => model::MachineLeasing::PerLicense,
                MachineLeasing::PerUser => model::MachineLeasing::PerUser,
            },
            overage: match self.overage_strategy {
                Overage::None | Overage::Default => model::Overage::None,
                Overage::By1_25 => model::Overage::By1_25,
                Overage::By1_5 => model::Overage::By1_5,
                Overage::By2 => model::Overage::By2,
                Overage::Always => model::Overage::Always,
            },
            entitlements,
            ..model::Policy::new(id)
        }
    }

    /// How many machines may be activated, overage included; `None` is without end.
    pub fn machine_limit(&self, own: Option<u32>) -> Option<i64> {
        let limit = own.or(self.max_machines).or((!self.floating).then_some(1))?;
        let limit = i64::from(limit);
        match self.overage_strategy {
            Overage::Always => None,
            Overage::By2 => Some(limit * 2),
            Overage::By1_5 if self.floating => Some(limit * 3 / 2),
            Overage::By1_25 if self.floating => Some(limit * 5 / 4),
            Overage::None | Overage::Default | Overage::By1_5 | Overage::By1_25 => Some(limit),
        }
    }
}
