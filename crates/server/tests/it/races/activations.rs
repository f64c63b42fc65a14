//! First activations of one key.

use keyward_engine::license::Named;
use serde_json::json;

use super::{AT_ONCE, places, pool_keys, rounds};
use crate::line::Crowd;
use crate::world::Answer;

const HEAD: &str = "POST /api/activate HTTP/1.1\r\nContent-Type: application/json";

/// The one who won; all others must have been told that the key is used.
fn winner(answers: &[Answer]) -> usize {
    let won: Vec<usize> = (0..answers.len()).filter(|place| answers[*place].status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        let body = answer.json();
        assert_eq!((answer.status, &body["error_code"]), (400, &json!("ALREADY_USED")), "{body}");
    }
    won[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_domains_one_gets_the_key() {
    for nodes in places().await {
        let keys = pool_keys(&nodes[0], rounds()).await;
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for key in &keys {
            let request = |number| {
                let body = json!({ "license_key": key, "domain_fingerprint": format!("domain {number}") });
                (HEAD.to_owned(), body.to_string())
            };
            let answers = crowd.ask(request).await;
            let winner = winner(&answers);
            let shown = nodes[0].engine.show(&Named::Key(key.clone())).await.expect("it is there");
            let machines: Vec<_> = shown.machines.iter().map(|machine| machine.fingerprint.clone()).collect();
            assert_eq!(machines, [format!("domain {winner}")]);
            assert_eq!(shown.found.license.machines_count, 1);
        }
        let stats = nodes[0].get("/api/stats").await.json();
        assert_eq!(stats["used_licenses"], rounds(), "{stats}");
        assert_eq!(stats["activations"]["last_24h"], rounds(), "{stats}");
        let product = nodes[0].engine.catalog().product("pool").map(|product| product.id);
        let statistics = nodes[0].engine.statistics(product.expect("it is there")).await.expect("figures");
        assert_eq!(statistics.bypass_attempts, (rounds() * (AT_ONCE - 1)) as i64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_domain_that_asks_many_times_is_told_of_its_activation_and_suspected_of_nothing() {
    for nodes in places().await {
        let keys = pool_keys(&nodes[0], rounds()).await;
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for key in &keys {
            let body = json!({ "license_key": key, "domain_fingerprint": "domain" }).to_string();
            let answers = crowd.ask(|_| (HEAD.to_owned(), body.clone())).await;
            winner(&answers);
            for body in answers.iter().filter(|answer| answer.status == 400).map(Answer::json) {
                assert_eq!(body["status"], "ACTIVE", "{body}");
                assert_eq!(body["activation_date"], "2027-01-15T08:00:00", "{body}");
            }
        }
        let product = nodes[0].engine.catalog().product("pool").map(|product| product.id);
        let statistics = nodes[0].engine.statistics(product.expect("it is there")).await.expect("figures");
        assert_eq!(statistics.bypass_attempts, 0);
    }
}
