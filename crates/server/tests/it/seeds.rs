//! The documents of systems B and C, request by request, and what they ask to be watched.

mod cors;
mod doors;
mod metrics;
mod pool;
mod tier;

use keyward_engine::Caller;
use keyward_engine::license::{NewLicense, Register, Term};

use crate::site::Site;

/// The key of system B's document.
const POOL_KEY: &str = "ABC123XYZ789";

/// Takes in the key of system B's document.
async fn take_in(site: &Site, days: &str) {
    let request = Register {
        key: POOL_KEY.to_owned(),
        product: "pool".to_owned(),
        policy: Some(days.to_owned()),
        license: NewLicense { term: Term::Policy, ..NewLicense::default() },
        used_at: None,
    };
    site.engine.register(&Caller::operator(), request).await.expect("the key is taken in");
}
