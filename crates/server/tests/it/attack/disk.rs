//! Whoever is refused again and again leaves little behind, and everything is counted.

use keyward_store::{Read as _, Sql};
use serde_json::json;

use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_one_key_from_one_address_fill_no_disk() {
    for site in Site::all().await {
        let issued = site.pool_key("365").await;
        let request = json!({ "license_key": issued.key, "domain_fingerprint": "d" });
        assert_eq!(site.post("/api/activate", &request).await.status, 200);
        for number in 0..200 {
            let told = site.get(&format!("/api/validate/{}", issued.key)).await;
            assert_eq!(told.json()["error_code"], "ALREADY_USED", "{number}: {told:?}");
        }
        site.engine.flush_recorder().await;
        let rows =
            "select count(*), max(count) from verifications where code = 'ALREADY_USED' and reason is null";
        let rows =
            site.engine.store().one(Sql::of_test(rows), &[], |row| Ok((row.take()?, row.take()?))).await;
        assert_eq!(
            rows.expect("an answer"),
            Some((61_i64, 140_i64)),
            "all beyond those of a minute are one row"
        );
        assert_eq!(site.get("/api/stats").await.json()["failed_attempts"], 200);

        // Nor is a refusal kept for whoever repeats it, since nothing was done.
        for number in 0..20 {
            let header = format!("\r\nIdempotency-Key: again-{number}");
            let told = site.post_with("/api/activate", &header, &request).await;
            assert_eq!(told.json()["error_code"], "ALREADY_USED", "{told:?}");
        }
        site.clock.advance(2 * 86_400);
        assert_eq!(site.engine.sweep(90).await.expect("swept").answers, 0);
    }
}
