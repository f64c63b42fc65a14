//! Tiered keys are told apart by their second only.

use std::collections::BTreeSet;
use std::sync::Arc;

use keyward_engine::license::NewLicense;
use keyward_engine::{Caller, NewUser};

use super::{AT_ONCE, places};
use crate::line::at_once;
use crate::site::START;

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_tier_in_one_second_take_the_next_seconds() {
    for nodes in places().await {
        for tier in ["pro", "elite"] {
            // Half of them are one customer's, who is new.
            let owner = |number: usize| {
                if number.is_multiple_of(2) { "same".to_owned() } else { format!("user_{number}") }
            };
            let issued = at_once(AT_ONCE, |number| {
                let engine = Arc::clone(&nodes[number % nodes.len()].engine);
                let user =
                    NewUser { external_id: Some(format!("{tier} {}", owner(number))), ..NewUser::default() };
                let wanted = NewLicense { user: Some(user), ..NewLicense::default() };
                async move { engine.issue_tier(&Caller::operator(), "tier", tier, wanted).await }
            })
            .await;
            let second = |key: &str| key.rsplit('-').next().and_then(|end| end.parse::<i64>().ok());
            let seconds: BTreeSet<i64> = issued
                .into_iter()
                .map(|issued| second(&issued.expect("a key").key).expect("its second"))
                .collect();
            assert_eq!(seconds, (START..START + AT_ONCE as i64).collect());
        }
    }
}
