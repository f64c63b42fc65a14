//! Limits of machines and of uses.

use std::collections::BTreeSet;
use std::sync::Arc;

use keyward_core::code::Code;
use keyward_engine::license::{Activate, Activation, Named, USES};
use keyward_engine::{Caller, EngineError, Repeatable};
use uuid::Uuid;

use super::{AT_ONCE, floating, places, rounds};
use crate::line::at_once;
use crate::rules::{change_rules, set_limit};
use crate::site::Site;

const MACHINES: usize = 5;
const AMOUNT: i64 = 40;

/// How each was answered: `None` is yes.
async fn activate(nodes: &[Site], key: &str, device: impl Fn(usize) -> String) -> Vec<Option<Code>> {
    at_once(AT_ONCE, |number| {
        let engine = Arc::clone(&nodes[number % nodes.len()].engine);
        let request = Activate { key: key.to_owned(), fingerprint: device(number), name: None };
        async move {
            match engine.activate(&Caller::operator(), request, None).await.expect("an answer") {
                Repeatable::Fresh(Activation::Done(_)) => None,
                Repeatable::Fresh(Activation::Refused { verdict, .. }) => Some(verdict.code),
                Repeatable::Kept(..) => panic!("nothing was to be kept"),
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_machines_than_the_policy_allows() {
    for nodes in places().await {
        // No node is told: the limit is the stored one.
        let limit = |rules: &mut keyward_engine::rules::Rules| rules.max_machines = Some(MACHINES as u32);
        change_rules(&nodes[0].engine, "tier", "pro", limit).await;
        for _ in 0..rounds() {
            let license = floating(&nodes[0]).await;
            let answers = activate(&nodes, &license.key, |number| format!("device {number}")).await;
            assert_eq!(answers.iter().filter(|code| code.is_none()).count(), MACHINES, "{answers:?}");
            assert!(answers.iter().flatten().all(|code| *code == Code::TooManyMachines), "{answers:?}");
            assert_counted(&nodes[0], license.id, MACHINES).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_asks_many_times_takes_one_place() {
    for nodes in places().await {
        let limit = |rules: &mut keyward_engine::rules::Rules| rules.max_machines = Some(MACHINES as u32);
        change_rules(&nodes[0].engine, "tier", "pro", limit).await;
        for _ in 0..rounds() {
            let license = floating(&nodes[0]).await;
            let answers =
                activate(&nodes, &license.key, |number| format!("device {}", number % MACHINES)).await;
            assert!(answers.iter().all(Option::is_none), "{answers:?}");
            assert_counted(&nodes[0], license.id, MACHINES).await;
        }
    }
}

/// The machines, and the counter that stands for them.
async fn assert_counted(site: &Site, license: Uuid, machines: usize) {
    let shown = site.engine.show(&Named::Id(license)).await.expect("it is there");
    assert_eq!((shown.machines.len(), shown.found.license.machines_count), (machines, machines as i64));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_uses_than_there_are() {
    const NAMED: &str = "api-calls";
    for nodes in places().await {
        change_rules(&nodes[0].engine, "tier", "pro", |rules| rules.max_uses = Some(AMOUNT)).await;
        for _ in 0..rounds() {
            let license = floating(&nodes[0]).await.id;
            set_limit(&nodes[0].engine, license, NAMED, AMOUNT).await;
            for name in [USES, NAMED] {
                let outcomes = at_once(AT_ONCE, |number| {
                    let engine = Arc::clone(&nodes[number % nodes.len()].engine);
                    async move { engine.use_up(&Caller::operator(), Named::Id(license), name, 1).await }
                })
                .await;
                let mut counts = BTreeSet::new();
                for outcome in &outcomes {
                    match outcome {
                        Ok(usage) => assert!(counts.insert(usage.used), "{} was counted twice", usage.used),
                        Err(EngineError::Limit { limit, .. }) => assert_eq!(*limit, AMOUNT),
                        Err(error) => panic!("{error}"),
                    }
                }
                assert_eq!(counts, (1..=AMOUNT).collect(), "{name}");
            }
            let shown = nodes[0].engine.show(&Named::Id(license)).await.expect("it is there");
            assert_eq!((shown.found.license.uses, shown.limits[0].used), (AMOUNT, AMOUNT));
        }
    }
}
