//! Sweeps: every node does them, also two at once.

use keyward_engine::license::Named;
use serde_json::json;

use crate::site::Site;

const DAY: i64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_sweep_at_once_and_only_what_is_old_goes() {
    for site in Site::all().await {
        let other = site.node().await;
        let issued = site.pool_key("365").await;
        let path = format!("/api/validate/{}", issued.key);
        assert_eq!(site.get(&path).await.status, 200);
        let request = json!({ "license_key": issued.key, "domain_fingerprint": "d" });
        let header = "\r\nIdempotency-Key: once";
        assert_eq!(site.post_with("/api/activate", header, &request).await.status, 200);
        site.engine.flush_recorder().await;
        let attempts =
            async || site.engine.show(&Named::Id(issued.id)).await.expect("it is there").attempts.len();
        let sweep = async || {
            let (one, two) = tokio::join!(site.engine.sweep(90), other.engine.sweep(90));
            let (one, two) = (one.expect("swept"), two.expect("swept"));
            (one.verifications + two.verifications, one.answers + two.answers)
        };

        assert_eq!((sweep().await, attempts().await), ((0, 0), 1));
        site.clock.advance(2 * DAY);
        assert_eq!((sweep().await, attempts().await), ((0, 1), 1));
        // The answer is no longer kept, so the key says what became of it.
        let again = site.post_with("/api/activate", header, &request).await;
        assert_eq!((again.status, &again.json()["error_code"]), (400, &json!("ALREADY_USED")));
        site.engine.flush_recorder().await;
        site.clock.advance(89 * DAY);
        let (verifications, _) = sweep().await;
        assert_eq!((verifications, attempts().await), (1, 1));

        let stats = site.get("/api/stats").await.json();
        assert_eq!((&stats["used_licenses"], &stats["failed_attempts"]), (&json!(1), &json!(1)));
        assert_eq!(stats["activations"]["last_30d"], 0, "{stats}");
    }
}
