//! One request, sent many times with one `Idempotency-Key`.

use keyward_engine::license::Named;
use serde_json::json;

use super::{AT_ONCE, places, pool_keys, rounds};
use crate::line::Crowd;

#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_with_one_idempotency_key_get_one_answer() {
    for nodes in places().await {
        let keys = pool_keys(&nodes[0], rounds()).await;
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for (round, key) in keys.iter().enumerate() {
            let head = format!(
                "POST /api/activate HTTP/1.1\r\nContent-Type: application/json\r\nIdempotency-Key: round-{round}"
            );
            let body = json!({ "license_key": key, "domain_fingerprint": "domain" }).to_string();
            let answers = crowd.ask(|_| (head.clone(), body.clone())).await;
            for answer in &answers {
                assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
            }
            let shown = nodes[0].engine.show(&Named::Key(key.clone())).await.expect("it is there");
            let done = |event: &str| shown.events.iter().filter(|entry| entry.event == event).count();
            assert_eq!((done("license.activate"), done("license.bypass-attempt")), (1, 0));
            assert_eq!(shown.machines.len(), 1);
        }
        assert_eq!(nodes[0].get("/api/stats").await.json()["activations"]["last_24h"], rounds());
    }
}
