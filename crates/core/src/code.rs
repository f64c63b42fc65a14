//! Every code that a verdict or a refusal can carry: one enum, one table.
//!
//! The table is the source of `docs/errors.md`; a test keeps the two alike.

macro_rules! codes {
    ($($name:ident $wire:literal $sentence:literal $remedy:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        /// What a verdict or refusal says, `UPPER_SNAKE` on the wire. Names that the protocol (section 7.3) has are its
        /// own; the others come from the five systems.
        pub enum Code { $(#[doc = $sentence] $name,)* }

        impl Code {
            /// All codes, in the order of the table in `docs/errors.md`.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The stable name, as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $wire,)* }
            }

            /// What happened, in general words; a verdict's detail is more exact.
            pub const fn sentence(self) -> &'static str {
                match self { $(Code::$name => $sentence,)* }
            }

            /// What the person who sees it can do.
            pub const fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    Valid "VALID" "The licence is valid." "Nothing to do."
    GracePeriod "GRACE_PERIOD"
        "The licence has expired and runs on for its grace period." "Renew it before the grace period ends."
    Trial "TRIAL" "The licence is a trial and its time is running." "Buy a licence before the trial ends."
    Expired "EXPIRED" "The licence has expired." "Renew it, or issue a new licence."
    NotYetValid "NOT_YET_VALID"
        "The licence starts to be valid later." "Wait for its first day, or check the date of the computer."
    Revoked "REVOKED" "The licence was revoked." "Ask the vendor; a revocation can be taken back."
    Banned "BANNED" "The owner of the licence is banned." "Ask the vendor."
    Suspended "SUSPENDED" "The licence is suspended." "Ask the vendor to reinstate it."
    NotFound "NOT_FOUND" "No such licence exists." "Check the key for typing errors, or ask the vendor."
    AlreadyUsed "ALREADY_USED"
        "The key works once and has been used." "Use another key, or ask support to transfer the licence."
    Inactive "INACTIVE" "The key is not active." "Ask the vendor to reinstate it."
    WrongDevice "WRONG_DEVICE"
        "The licence is bound to another device." "Send this device's id to support and ask for a licence for it."
    ClockTampered "CLOCK_TAMPERED"
        "The clock of this device was turned back by more than 24 hours." "Set the clock right and try again."
    LeaseEnded "LEASE_ENDED"
        "The time that this device may run on its last confirmation is over."
        "Connect to the network, or send the vendor a new request and enter the answer."
    BadSignature "BAD_SIGNATURE"
        "The licence was altered, or was made with another key." "Use the licence exactly as it was delivered."
    Malformed "MALFORMED" "The text is not a well-formed licence." "See the reason; use the licence as delivered."
    UnsupportedVersion "UNSUPPORTED_VERSION"
        "The licence is of a version that this program does not know." "Update the program, or ask for another form."
    TooLarge "TOO_LARGE" "The licence is larger than any licence can be." "Use the licence exactly as it was delivered."
    ProductScopeRequired "PRODUCT_SCOPE_REQUIRED"
        "The policy wants to know for which product the licence is checked." "Send the product with the question."
    ProductScopeMismatch "PRODUCT_SCOPE_MISMATCH"
        "The licence is for another product." "Use a licence for this product."
    PolicyScopeRequired "POLICY_SCOPE_REQUIRED"
        "The policy wants to know for which policy the licence is checked." "Send the policy with the question."
    PolicyScopeMismatch "POLICY_SCOPE_MISMATCH"
        "The licence follows another policy." "Use a licence of the policy asked for."
    UserScopeRequired "USER_SCOPE_REQUIRED"
        "The policy wants to know for which user the licence is checked." "Send the user with the question."
    UserScopeMismatch "USER_SCOPE_MISMATCH"
        "The licence belongs to another user." "Sign in as the user who owns the licence."
    EntitlementsScopeEmpty "ENTITLEMENTS_SCOPE_EMPTY"
        "The question names entitlements, but none." "Name at least one entitlement, or leave them out."
    EntitlementsMissing "ENTITLEMENTS_MISSING"
        "The licence lacks a feature that was asked for." "Buy a licence that includes the feature."
    FingerprintScopeRequired "FINGERPRINT_SCOPE_REQUIRED"
        "The policy wants to know for which device the licence is checked." "Send the device's fingerprint."
    FingerprintScopeEmpty "FINGERPRINT_SCOPE_EMPTY"
        "The question names fingerprints, but none." "Send at least one fingerprint, or leave them out."
    FingerprintScopeMismatch "FINGERPRINT_SCOPE_MISMATCH"
        "The licence is not activated on this device." "Activate it on this device, or use one on which it is active."
    NoMachine "NO_MACHINE" "The licence is not activated on any device." "Activate it on this device."
    NoMachines "NO_MACHINES" "The licence is not activated on any device." "Activate it on this device."
    TooManyMachines "TOO_MANY_MACHINES"
        "The licence is active on more devices than it allows." "Release a device, or raise the limit."
    PoolLimit "POOL_LIMIT" "The device pool is full." "Release a device of the pool, or use another pool."
    PoolExpired "POOL_EXPIRED" "The time of the device pool is over." "Use another pool, or renew the licence."
    UsageLimit "USAGE_LIMIT"
        "The licence does not allow that much more." "Wait until something is given back, or buy a larger licence."
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
