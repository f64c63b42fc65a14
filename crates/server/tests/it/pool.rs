//! System B's clients, request by request.

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};
use serde_json::json;

use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_asked_about_used_once_and_counted() {
    for site in Site::all().await {
        let key = site.pool_key("30").await.key;
        let shown = json!({
            "valid": true, "license_key": key, "duration_days": 30, "duration_label": "1 mois",
            "status": "ACTIVE", "is_used": false, "created_date": "2027-01-15T08:00:00",
        });
        let answer = site.get(&format!("/api/validate/{key}")).await;
        assert_eq!((answer.status, answer.json()), (200, shown.clone()));
        // Lower case is folded.
        assert_eq!(site.get(&format!("/api/validate/{}", key.to_lowercase())).await.json(), shown);

        site.clock.advance(60);
        let request = json!({ "license_key": key, "domain_fingerprint": "domain_hash_here" });
        let answer = site.post("/api/activate", &request).await;
        let done = json!({
            "success": true, "license_key": key, "duration_days": 30, "duration_label": "1 mois",
            "activation_date": "2027-01-15T08:01:00", "expiration_date": "2027-02-14T08:01:00",
        });
        assert_eq!((answer.status, answer.json()), (200, done));

        let again = site.post("/api/activate", &request).await;
        let body = again.json();
        assert_eq!(
            (again.status, &body["success"], &body["error_code"]),
            (400, &json!(false), &json!("ALREADY_USED"))
        );
        assert_eq!(body["status"], "ACTIVE");
        assert_eq!(body["activation_date"], "2027-01-15T08:01:00");
        assert_eq!(body["expiration_date"], "2027-02-14T08:01:00");

        let other = json!({ "license_key": key, "domain_fingerprint": "another" });
        let other = site.post("/api/activate", &other).await.json();
        assert_eq!(other["error_code"], "ALREADY_USED");
        assert!(other.get("activation_date").is_none() && other.get("status").is_none(), "{other}");

        let used = site.get(&format!("/api/validate/{key}")).await;
        assert_eq!(used.status, 400);
        assert_eq!(used.json()["error_code"], "ALREADY_USED");
        assert_eq!(used.json()["used_date"], "2027-01-15T08:01:00");

        site.engine.flush_recorder().await;
        let stats = site.get("/api/stats").await.json();
        assert_eq!(stats["total_licenses"], 1);
        assert_eq!(stats["used_licenses"], 1);
        assert_eq!(stats["available_licenses"], 0);
        assert_eq!(
            stats["by_duration"]["30"],
            json!({"label": "1 mois", "total": 1, "used": 1, "available": 0})
        );
        assert_eq!(stats["by_status"]["ACTIVE"], 1);
        assert_eq!(stats["activations"], json!({"last_24h": 1, "last_7d": 1, "last_30d": 1}));
        assert_eq!(stats["failed_attempts"], 3);
        assert_eq!(stats["activation_rate"], 100.0);
        site.clock.advance(26 * 3_600);
        let stats = site.get("/api/stats").await.json();
        assert_eq!(stats["activations"], json!({"last_24h": 0, "last_7d": 1, "last_30d": 1}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_with_the_same_idempotency_key_gets_the_first_answer() {
    for site in Site::all().await {
        let key = site.pool_key("1").await.key;
        let request = json!({ "license_key": key, "domain_fingerprint": "d" });
        let header = "\r\nIdempotency-Key: 5f0c";
        let first = site.post_with("/api/activate", header, &request).await;
        site.clock.advance(5);
        let second = site.post_with("/api/activate", header, &request).await;
        assert_eq!((first.status, &first.body), (200, &second.body));
        assert_eq!(second.status, 200);
        let other = json!({ "license_key": key, "domain_fingerprint": "e" });
        let reused = site.post_with("/api/activate", header, &other).await;
        assert_eq!((reused.status, &reused.json()["error_code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_or_no_key_is_not_found_with_a_hint() {
    let site = Site::new().await;
    let unknown = site.get("/api/validate/ABC123XYZ789").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["error_code"], "NOT_FOUND");
    assert_eq!(unknown.json()["hint"], "CHECK_CHARACTER");
    for wrong in ["ABC", "ABC1-23XY-Z789", "%FF", "a%00b"] {
        let answer = site.get(&format!("/api/validate/{wrong}")).await;
        assert_eq!((answer.status, &answer.json()["hint"]), (404, &json!("MALFORMED")), "{wrong}");
        assert_eq!(answer.json()["valid"], false);
    }
    let answer =
        site.post("/api/activate", &json!({"license_key": "ABC123XYZ789", "domain_fingerprint": "d"})).await;
    assert_eq!((answer.status, &answer.json()["error_code"]), (404, &json!("NOT_FOUND")));
    for (body, wrong) in [
        (r#"{"license_key":"ABC123XYZ789"}"#, "no fingerprint"),
        (r#"{"domain_fingerprint":"d"}"#, "no key"),
        (r#"{"license_key":5,"domain_fingerprint":"d"}"#, "a number"),
        ("[]", "a list"),
    ] {
        let head = "POST /api/activate HTTP/1.1\r\nContent-Type: application/json";
        let answer = site.ask(head, body).await;
        assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("MALFORMED")), "{wrong}");
        assert_eq!(answer.json()["success"], false, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_locks_an_address_out_and_never_a_key_that_exists() {
    let site = Site::new().await;
    let key = site.pool_key("5").await.key;
    for _ in 0..10 {
        assert_eq!(site.get("/api/validate/ABC123XYZ789").await.status, 404);
    }
    let locked = site.get("/api/validate/ABC123XYZ789").await;
    assert_eq!((locked.status, &locked.json()["error_code"]), (429, &json!("RATE_LIMITED")));
    assert_eq!(locked.header("retry-after"), Some("60"));
    assert_eq!(site.get(&format!("/api/validate/{key}")).await.status, 200);
    let request = json!({ "license_key": key, "domain_fingerprint": "d" });
    assert_eq!(site.post("/api/activate", &request).await.status, 200);
    site.clock.advance(61);
    assert_eq!(site.get("/api/validate/ABC123XYZ789").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_locked_out_address_asks_in_vain_leaves_nothing_behind() {
    for site in Site::all().await {
        let unknown = json!({ "license_key": "ABC123XYZ789", "domain_fingerprint": "d" });
        for _ in 0..10 {
            assert_eq!(site.get("/api/validate/ABC123XYZ789").await.status, 404);
        }
        for number in 0..5 {
            assert_eq!(site.get("/api/validate/ABC123XYZ789").await.status, 429);
            assert_eq!(site.get("/api/validate/nothing").await.status, 429);
            let header = format!("\r\nIdempotency-Key: {number}");
            assert_eq!(site.post_with("/api/activate", &header, &unknown).await.status, 429);
        }
        site.engine.flush_recorder().await;
        assert_eq!(site.get("/api/stats").await.json()["failed_attempts"], 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_put_together_wrongly_is_no_guess() {
    let site = Site::new().await;
    let key = site.pool_key("5").await.key;
    for _ in 0..15 {
        let answer = site.post("/api/activate", &json!({ "license_key": key })).await;
        assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("MALFORMED")));
        assert!(answer.body.contains("domain_fingerprint"), "{}", answer.body);
    }
    assert_eq!(site.get("/api/validate/ABC123XYZ789").await.status, 404, "the address is not locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_key_fills_no_log_and_every_attempt_is_counted() {
    for site in Site::all().await {
        let issued = site.pool_key("30").await;
        for number in 0..14 {
            let request = json!({ "license_key": issued.key, "domain_fingerprint": format!("d{number}") });
            site.post("/api/activate", &request).await;
        }
        let shown = site.engine.show(&Named::Id(issued.id)).await.expect("it is there");
        let bypasses = shown.events.iter().filter(|event| event.event == "license.bypass-attempt").count();
        assert_eq!(bypasses, 10);
        assert_eq!(site.get("/api/stats").await.json()["bypass_attempts"], 13);
        site.clock.advance(3_601);
        let request = json!({ "license_key": issued.key, "domain_fingerprint": "later" });
        site.post("/api/activate", &request).await;
        let shown = site.engine.show(&Named::Id(issued.id)).await.expect("it is there");
        let bypasses = shown.events.iter().filter(|event| event.event == "license.bypass-attempt").count();
        assert_eq!(bypasses, 11);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_count_their_requests_alike_do_not_meet() {
    for site in Site::all().await {
        let header = "\r\nIdempotency-Key: 1";
        for domain in ["a", "b"] {
            let key = site.pool_key("1").await.key;
            let request = json!({ "license_key": key, "domain_fingerprint": domain });
            let answer = site.post_with("/api/activate", header, &request).await;
            assert_eq!((answer.status, &answer.json()["license_key"]), (200, &json!(key)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_key_is_inactive_until_it_is_reinstated() {
    for site in Site::all().await {
        let key = site.pool_key("180").await.key;
        let named = || Named::Key(key.clone());
        let caller = Caller::operator();
        for (suspension, status) in [(Suspension::Suspend, "SUSPENDED"), (Suspension::Revoke, "REVOKED")] {
            site.engine.suspend(&caller, named(), suspension, None).await.expect("it is suspended");
            let answer = site.get(&format!("/api/validate/{key}")).await;
            assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("INACTIVE")));
            let request = json!({ "license_key": key, "domain_fingerprint": "d" });
            let answer = site.post("/api/activate", &request).await;
            assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("INACTIVE")));
            let stats = site.get("/api/stats").await.json();
            assert_eq!((&stats["inactive_licenses"], &stats["available_licenses"]), (&json!(1), &json!(0)));
            assert_eq!(stats["by_status"][status], 1, "{stats}");
        }
        site.engine.suspend(&caller, named(), Suspension::Reinstate, None).await.expect("it is back");
        assert_eq!(site.get(&format!("/api/validate/{key}")).await.status, 200);
        assert_eq!(site.get("/api/stats").await.json()["available_licenses"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_used_key_is_told_to_its_own_domain() {
    let site = Site::new().await;
    let key = site.pool_key("1").await.key;
    let request = json!({ "license_key": key, "domain_fingerprint": "d" });
    assert_eq!(site.post("/api/activate", &request).await.status, 200);
    site.clock.set(Timestamp::from_seconds(crate::site::START + 86_400));
    assert_eq!(site.post("/api/activate", &request).await.json()["status"], "ACTIVE");
    site.clock.advance(1);
    assert_eq!(site.post("/api/activate", &request).await.json()["status"], "EXPIRED");
    let named = Named::Key(key.clone());
    site.engine.suspend(&Caller::operator(), named, Suspension::Revoke, None).await.expect("it is revoked");
    assert_eq!(site.post("/api/activate", &request).await.json()["status"], "REVOKED");
}
