//! Many at once, on one node over SQLite and on three nodes over one PostgreSQL: whatever may happen once happens once.

mod activations;
mod limits;
mod repetitions;
mod tier_keys;

use keyward_engine::license::{Issued, NewLicense, PoolRequest};
use keyward_engine::{Caller, EngineError, NewUser};

use crate::site::Site;

/// How many ask at once.
const AT_ONCE: usize = 64;

/// How often each race is run; far more often with `KEYWARD_TEST_LONG=1`.
pub(crate) fn rounds() -> usize {
    if std::env::var("KEYWARD_TEST_LONG").is_ok_and(|long| long == "1") { 200 } else { 20 }
}

/// The nodes of each place where races are run.
pub(crate) async fn places() -> Vec<Vec<Site>> {
    let mut places = vec![vec![Site::new().await]];
    if let Some(first) = Site::postgres().await {
        let (second, third) = (first.node().await, first.node().await);
        places.push(vec![first, second, third]);
    }
    places
}

/// New pool keys.
async fn pool_keys(site: &Site, count: usize) -> Vec<String> {
    let request = PoolRequest {
        id: None,
        product: "pool".to_owned(),
        policies: vec!["30".to_owned()],
        each: count as u64,
        name: "races".to_owned(),
    };
    let mut keys = Vec::new();
    let keep = |part: &[String], _: &_| {
        keys.extend_from_slice(part);
        Ok::<_, EngineError>(())
    };
    site.engine.issue_pool(&Caller::operator(), &request, keep).await.expect("a batch");
    keys
}

/// A new licence that may run on several machines.
async fn floating(site: &Site) -> Issued {
    let user = NewUser { external_id: Some("user_abc123".to_owned()), ..NewUser::default() };
    let wanted = NewLicense { user: Some(user), ..NewLicense::default() };
    site.engine.issue_tier(&Caller::operator(), "tier", "pro", wanted).await.expect("a licence")
}
