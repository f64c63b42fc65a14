//! An activation whose COMMIT is lost on its way: what the client is told, and what the repetition tells.

use keyward_store::testing::{Lost, Proxy};
use serde_json::json;

use crate::site::Site;

async fn activate_through(lost: Lost) {
    let Some(site) = Site::postgres().await else { return };
    let key = site.pool_key("30").await.key;
    let proxy = Proxy::start(site.address(), lost).await;
    let node = site.node_at(&proxy.address).await;
    let request = json!({ "license_key": key, "domain_fingerprint": "domain" });
    let header = "\r\nIdempotency-Key: once";

    proxy.arm(true);
    // What the server does by itself breaks connections, too; a broken one that is taken up again does nothing.
    let mut unknown = node.post_with("/api/activate", header, &request).await;
    for _ in 0..50 {
        if unknown.json()["error_code"] != "DATABASE_UNREACHABLE" {
            break;
        }
        unknown = node.post_with("/api/activate", header, &request).await;
    }
    proxy.arm(false);
    assert_eq!(unknown.status, 503, "{unknown:?}");
    assert_eq!(unknown.json()["error_code"], "OUTCOME_UNKNOWN");
    assert_eq!(unknown.json()["success"], false);

    // Until the server has noticed that the first connection is gone, it may still hold the row.
    let mut repeated = node.post_with("/api/activate", header, &request).await;
    for _ in 0..50 {
        if repeated.status != 503 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        repeated = node.post_with("/api/activate", header, &request).await;
    }
    assert_eq!(repeated.status, 200, "{repeated:?}");
    assert_eq!(repeated.json()["activation_date"], "2027-01-15T08:00:00");
    let again = site.post_with("/api/activate", header, &request).await;
    assert_eq!((again.status, &again.body), (200, &repeated.body));
    let shown = site.get("/api/stats").await.json();
    assert_eq!(shown["activations"]["last_24h"], 1, "it is counted once: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_whose_answer_was_lost_is_told_by_its_repetition() {
    activate_through(Lost::Answer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_that_was_lost_itself_is_done_by_its_repetition() {
    activate_through(Lost::Question).await;
}
