//! Statistics from counters, never from scans.

mod days;

use std::sync::Arc;

use keyward_core::time::Timestamp;
pub use keyward_store::licenses::Count;
use keyward_store::stats::{self, Sums};
use uuid::Uuid;

pub use days::Day;
pub(crate) use days::Settled;

use crate::{Engine, EngineError, Policy};

/// The names of counters.
pub(crate) mod counters {
    pub(crate) const ISSUED: &str = "issued";
    pub(crate) const USED: &str = "used";
    pub(crate) const SUSPENDED: &str = "suspended";
    pub(crate) const REVOKED: &str = "revoked";
    /// Used, suspended or revoked: not to be had any more.
    pub(crate) const UNAVAILABLE: &str = "unavailable";
    pub(crate) const ACTIVATIONS: &str = "activations";
    pub(crate) const BYPASS_ATTEMPTS: &str = "bypass-attempts";
    pub(crate) const VALIDATIONS: &str = "validations";
    pub(crate) const FAILED: &str = "failed";
}

/// What is known of the licences of one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyCounts {
    /// The policy's code: for a pool, the days.
    pub code: String,
    /// Its name: for a pool, the label.
    pub name: String,
    /// All.
    pub total: i64,
    /// Activated once.
    pub used: i64,
    /// Neither used nor suspended.
    pub available: i64,
    /// Suspended.
    pub suspended: i64,
    /// Revoked.
    pub revoked: i64,
}

/// What is known of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// By policy, in the order in which they were made.
    pub by_policy: Vec<PolicyCounts>,
    /// Activations of the last 24 hours, by whole hours.
    pub activations_24h: i64,
    /// Of the last 7 days.
    pub activations_7d: i64,
    /// Of the last 30 days.
    pub activations_30d: i64,
    /// Attempts that were refused, unknown keys included.
    pub failed_attempts: i64,
    /// Attempts to activate a used key on another device.
    pub bypass_attempts: i64,
}

/// The account at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// All licences.
    pub total: i64,
    /// Neither suspended nor past their end.
    pub active: Count,
    /// Activated at least once, and not suspended.
    pub used: i64,
    /// Never activated, and not suspended.
    pub unused: i64,
    /// Not suspended, and soon past their end.
    pub expiring: Count,
    /// Past their end.
    pub expired: Count,
    /// Suspended for a while.
    pub suspended: Count,
    /// Revoked.
    pub revoked: i64,
    /// Day by day in UTC, the oldest first.
    pub by_day: Vec<Day>,
}

impl PolicyCounts {
    /// Activated at least once, and not suspended: with those available, suspended and revoked these are all.
    pub const fn in_use(&self) -> i64 {
        self.total - self.available - self.suspended - self.revoked
    }
}

impl Statistics {
    /// All licences.
    pub fn total(&self) -> i64 {
        self.by_policy.iter().map(|policy| policy.total).sum()
    }

    /// Used ones.
    pub fn used(&self) -> i64 {
        self.by_policy.iter().map(|policy| policy.used).sum()
    }

    /// Those to be had.
    pub fn available(&self) -> i64 {
        self.by_policy.iter().map(|policy| policy.available).sum()
    }

    /// Suspended and revoked ones.
    pub fn inactive(&self) -> i64 {
        self.by_policy.iter().map(|policy| policy.suspended + policy.revoked).sum()
    }

    /// Used of all, in percent, to two places.
    pub fn activation_rate(&self) -> f64 {
        let (used, total) = (self.used(), self.total());
        if total == 0 { 0.0 } else { (used as f64 * 10_000.0 / total as f64).round() / 100.0 }
    }
}

impl Engine {
    /// The statistics of a product. `front` names whose refused attempts at unknown keys belong to it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn statistics(&self, product: Uuid) -> Result<Statistics, EngineError> {
        let (account, now) = (self.account.id, self.now());
        let totals = stats::totals(&self.store, account).await?;
        let catalog = self.catalog();
        let policies: Vec<Uuid> = catalog.policies_of(product).map(|policy| policy.row.id).collect();
        let of =
            |policy: Uuid, name: &str| totals.get(&(policy, name.to_owned())).copied().unwrap_or_default();
        let by_policy = self.by_policy(product, &totals);
        let since = async |days: i64| -> Result<i64, EngineError> {
            let sums =
                stats::since(&self.store, account, counters::ACTIVATIONS, now.plus_days(-days)).await?;
            Ok(sum(&sums, &policies))
        };
        let all = |name: &str| -> i64 { policies.iter().map(|policy| of(*policy, name)).sum() };
        Ok(Statistics {
            by_policy,
            activations_24h: since(1).await?,
            activations_7d: since(7).await?,
            activations_30d: since(30).await?,
            failed_attempts: all(counters::FAILED) + of(product, counters::FAILED),
            bypass_attempts: all(counters::BYPASS_ATTEMPTS),
        })
    }

    /// What is known of the licences of each of these products by policy, without what happened when.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn counts(&self, products: &[Uuid]) -> Result<Vec<Vec<PolicyCounts>>, EngineError> {
        if products.is_empty() {
            return Ok(Vec::new());
        }
        let totals = stats::totals(&self.store, self.account.id).await?;
        Ok(products.iter().map(|product| self.by_policy(*product, &totals)).collect())
    }

    fn by_policy(&self, product: Uuid, totals: &Sums) -> Vec<PolicyCounts> {
        let counts = |policy: &Arc<Policy>| {
            let of = |name: &str| totals.get(&(policy.row.id, name.to_owned())).copied().unwrap_or_default();
            let total = of(counters::ISSUED);
            PolicyCounts {
                code: policy.row.code.clone(),
                name: policy.row.name.clone(),
                total,
                used: of(counters::USED),
                available: total - of(counters::UNAVAILABLE),
                suspended: of(counters::SUSPENDED),
                revoked: of(counters::REVOKED),
            }
        };
        self.catalog().policies_of(product).map(counts).collect()
    }

    /// How many licences follow a policy, from its counter.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn licenses_under(&self, policy: Uuid) -> Result<i64, EngineError> {
        let totals = stats::totals(&self.store, self.account.id).await?;
        Ok(totals.get(&(policy, counters::ISSUED.to_owned())).copied().unwrap_or_default())
    }

    /// The account at a glance, with the last `days` days, the present one included.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn overview(&self, days: i64) -> Result<Overview, EngineError> {
        let (account, now) = (self.account.id, self.now());
        let totals = stats::totals(&self.store, account).await?;
        let all =
            |wanted: &str| totals.iter().filter(|((_, name), _)| name == wanted).map(|(_, sum)| sum).sum();
        let by_day = self.by_day(days, &totals).await?;
        let (total, unavailable) = (all(counters::ISSUED), all(counters::UNAVAILABLE));
        // Those that were suspended because they ended, too.
        let (suspended, revoked) = (all(counters::SUSPENDED), all(counters::REVOKED));
        let counted = self.count_licenses(total - suspended - revoked, now).await?;
        Ok(Overview {
            total,
            active: counted.active,
            used: unavailable - suspended - revoked,
            unused: total - unavailable,
            expiring: counted.expiring,
            expired: counted.expired,
            suspended: counted.suspended,
            revoked,
            by_day,
        })
    }

    /// Since when the oldest audit entry waits for its place in the chain, and how many wait.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn audit_state(&self) -> Result<(Option<Timestamp>, i64), EngineError> {
        let oldest = keyward_store::audit::oldest_unsealed(&self.store).await?;
        Ok((oldest, keyward_store::audit::count_unsealed(&self.store).await?))
    }
}

fn sum(sums: &Sums, policies: &[Uuid]) -> i64 {
    sums.iter().filter(|((policy, _), _)| policies.contains(policy)).map(|(_, value)| value).sum()
}
