//! What a new database begins with: the account, its own installation, and the products and policies of the five systems.
//!
//! An operator changes them afterwards; nothing here is looked at again.

use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk1;
use keyward_core::scheme::pool::DURATIONS;
use keyward_core::scheme::tier::{PREFIX, TIERS};
use keyward_core::time::Timestamp;
use keyward_store::accounts::Account;
use keyward_store::entitlements::{self, Entitlement};
use keyward_store::installations::Installation;
use keyward_store::{StoreError, Tx, installations, policies, products};
use rand_core::CryptoRng;
use uuid::Uuid;

use crate::engine::uuid_v7;
use crate::rules::{AccessAfterExpiry, Arithmetic, ExpirationBasis, RenewalBasis, Rules};

/// The code of system A's product.
pub const RECORDS: &str = "records";
/// The code of system B's product.
pub const POOL: &str = "pool";
/// The code of system C's product.
pub const TIER: &str = "tier";
/// The code of system E's product.
pub const LK: &str = "lk";

const SECONDS_PER_DAY: u64 = 86_400;
/// Devices without a paid licence (system E).
const FREE_DEVICES: u32 = 3;

pub(crate) struct Seed {
    pub(crate) account: Account,
    installation: Installation,
    products: Vec<products::Product>,
    policies: Vec<policies::Policy>,
    features: Vec<(Uuid, Vec<Entitlement>)>,
}

impl Seed {
    pub(crate) fn new(now: Timestamp, chance: &mut impl CryptoRng) -> Self {
        let mut new_id = || uuid_v7(now, chance);
        let account =
            Account { id: new_id(), slug: "default".to_owned(), name: "Default".to_owned(), created_at: now };
        let installation = Installation {
            id: new_id(),
            account_id: account.id,
            name: "own".to_owned(),
            own: true,
            secret_sealed: None,
            secret_generated_at: None,
            free_devices: None,
            over_limit_since: None,
            created_at: now,
        };
        let mut seed =
            Self { account, installation, products: Vec::new(), policies: Vec::new(), features: Vec::new() };
        let records = seed.product(RECORDS, "Signed records", None, new_id(), now);
        for name in ["Basic", "Pro", "Enterprise", "Premium"] {
            seed.policy(records, &name.to_lowercase(), name, Scheme::Record, &exact(), new_id(), now);
        }
        let pool = seed.product(POOL, "Central pool", None, new_id(), now);
        for duration in DURATIONS {
            let rules = Rules {
                duration: Some(duration.days.unsigned_abs() * SECONDS_PER_DAY),
                expiration_basis: ExpirationBasis::FromFirstActivation,
                single_use: true,
                ..exact()
            };
            seed.policy(
                pool,
                &duration.days.to_string(),
                duration.label,
                Scheme::Pool,
                &rules,
                new_id(),
                now,
            );
        }
        let tier = seed.product(TIER, "Tiered keys", Some(PREFIX), new_id(), now);
        for (name, features) in TIERS {
            let rules = Rules { floating: true, ..exact() };
            let policy = seed.policy(tier, name, name, Scheme::Tier, &rules, new_id(), now);
            let account_id = seed.account.id;
            let made = features.iter().map(|code| Entitlement {
                id: new_id(),
                account_id,
                code: (*code).to_owned(),
                name: code.replace('_', " "),
                created_at: now,
            });
            seed.features.push((policy, made.collect()));
        }
        let lk = seed.product(LK, "Self-contained keys", None, new_id(), now);
        let devices = |max_machines| Rules { floating: true, max_machines: Some(max_machines), ..exact() };
        seed.policy(lk, "free", "Free", Scheme::Lk3, &devices(FREE_DEVICES), new_id(), now);
        for (name, max_devices) in lk1::TIERS {
            let rules = devices(u32::try_from(max_devices).unwrap_or(u32::MAX));
            seed.policy(lk, &name.to_lowercase(), name, Scheme::Lk3, &rules, new_id(), now);
        }
        seed
    }

    fn product(&mut self, code: &str, name: &str, prefix: Option<&str>, id: Uuid, now: Timestamp) -> Uuid {
        self.products.push(products::Product {
            id,
            account_id: self.account.id,
            code: code.to_owned(),
            name: name.to_owned(),
            key_prefix: prefix.map(str::to_owned),
            metadata: "{}".to_owned(),
            created_at: now,
        });
        id
    }

    #[expect(clippy::too_many_arguments, reason = "each is a column")]
    fn policy(
        &mut self,
        product_id: Uuid,
        code: &str,
        name: &str,
        scheme: Scheme,
        rules: &Rules,
        id: Uuid,
        now: Timestamp,
    ) -> Uuid {
        self.policies.push(policies::Policy {
            id,
            account_id: self.account.id,
            product_id,
            code: code.to_owned(),
            name: name.to_owned(),
            scheme: Some(scheme.as_str().to_owned()),
            rules: rules.to_json(),
            metadata: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        });
        id
    }

    /// Writes it all, after the account itself.
    pub(crate) async fn write(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        installations::insert(tx, &self.installation).await?;
        for product in &self.products {
            products::insert(tx, product).await?;
        }
        for policy in &self.policies {
            policies::insert(tx, policy).await?;
        }
        for (policy, features) in &self.features {
            for (place, feature) in (0..).zip(features) {
                let id = entitlements::ensure(tx, feature).await?;
                entitlements::attach_to_policy(tx, self.account.id, *policy, id, place).await?;
            }
        }
        Ok(())
    }
}

/// Days of 86,400 s, as systems A, B, C and E count them.
pub(crate) fn exact() -> Rules {
    Rules {
        duration_arithmetic: Arithmetic::Exact,
        renewal_basis: RenewalBasis::FromNowIfExpired,
        access_after_expiry: AccessAfterExpiry::None,
        ..Rules::default()
    }
}
