//! Changes that no door offers yet, made as a job of the store: rules of policies, limits, automatic suspensions.

use keyward_core::time::Timestamp;
use keyward_engine::Engine;
use keyward_engine::rules::Rules;
use keyward_store::{Job, StoreError, Tx, licenses, limits, policies, versions};
use uuid::Uuid;

/// Replaces the rules of a policy, as another process would: the engine at hand is not told.
pub(crate) async fn change_rules(
    engine: &Engine,
    product: &str,
    policy: &str,
    change: impl FnOnce(&mut Rules),
) {
    let policy = engine.policy_named(product, policy).expect("there is such a policy");
    let mut rules = policy.rules.clone();
    change(&mut rules);
    let job = SetRules { policy: policy.row.id, rules: rules.to_json(), now: engine.now() };
    engine.store().write(job).await.expect("the rules are stored");
}

/// Suspends a licence because it has expired.
pub(crate) async fn suspend_automatically(engine: &Engine, license: Uuid) {
    let job = Suspend { license, now: engine.now() };
    assert!(engine.store().write(job).await.expect("the database answers"), "it was not suspended");
}

/// Gives a licence a named limit.
pub(crate) async fn set_limit(engine: &Engine, license: Uuid, name: &'static str, maximum: i64) {
    let job = SetLimit { account: engine.account().id, license, name, maximum };
    engine.store().write(job).await.expect("the limit is stored");
}

struct SetRules {
    policy: Uuid,
    rules: String,
    now: Timestamp,
}

impl Job for SetRules {
    const NAME: &'static str = "test.rules";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        policies::set_rules(tx, self.policy, &self.rules, self.now).await?;
        versions::raise(tx, versions::CATALOG).await
    }
}

struct Suspend {
    license: Uuid,
    now: Timestamp,
}

impl Job for Suspend {
    const NAME: &'static str = "test.suspend";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        licenses::suspend(tx, self.license, "auto", self.now).await
    }
}

struct SetLimit {
    account: Uuid,
    license: Uuid,
    name: &'static str,
    maximum: i64,
}

impl Job for SetLimit {
    const NAME: &'static str = "test.limit";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        limits::set(tx, self.account, self.license, self.name, self.maximum).await
    }
}
