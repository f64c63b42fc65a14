//! System C's clients, request by request.

use keyward_engine::license::{Named, Suspension};
use keyward_engine::{Caller, Detail};
use serde_json::json;

use crate::site::{START, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_verified_at_both_addresses() {
    for site in Site::all().await {
        let key = site.tier_key("pro", "user_abc123").await.key;
        assert!(key.starts_with("QF-PRO-") && key.ends_with("-1800000000"), "{key}");
        let body =
            json!({ "license": key, "timestamp": 1_234_567_890_000_i64, "origin": "quantum-falcon-cockpit" });
        for path in ["/api/verify", "/api/validate"] {
            let answer = site.post(path, &body).await;
            let wanted = json!({
                "valid": true, "tier": "pro", "expiresAt": (START + 30 * 86_400) * 1_000, "userId": "user_abc123",
                "features": [
                    "basic_dashboard", "manual_trading", "basic_analytics", "community_read", "ai_agents_3",
                    "advanced_analytics", "strategy_marketplace", "copy_trading", "priority_support",
                ],
            });
            assert_eq!((answer.status, answer.json()), (200, wanted));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_no_has_its_own_words() {
    let site = Site::with(|config| config.dialects.tier.requests_per_minute = 1_000).await;
    let key = site.tier_key("elite", "u").await.key;
    let no = async |body: &str| {
        let answer = site.ask("POST /api/verify HTTP/1.1\r\nContent-Type: application/json", body).await;
        (
            answer.status,
            answer.json()["error"].as_str().unwrap_or_default().to_owned(),
            answer.json()["valid"].clone(),
        )
    };
    let wanted = |status, error: &str| (status, error.to_owned(), json!(false));
    for body in ["{}", "[]", "null", "not json", r#""text""#, r#"{"origin":"x"}"#] {
        assert_eq!(no(body).await, wanted(400, "Missing license key"), "{body}");
        site.app.reset().await.expect("reset");
    }
    let altered = key.replace("ELITE", "LIFETIME");
    for license in
        [json!("hello"), json!(5), json!(null), json!(altered), json!("QF-PRO-a1b2c3d4e5f6-1234567890")]
    {
        let body = json!({ "license": license }).to_string();
        assert_eq!(no(&body).await, wanted(401, "Invalid license signature"), "{license}");
        site.app.reset().await.expect("reset");
    }
    let body = json!({ "license": key }).to_string();
    let named = || Named::Key(key.clone());
    for suspension in [Suspension::Suspend, Suspension::Revoke] {
        site.engine.suspend(&Caller::operator(), named(), suspension, None).await.expect("done");
        assert_eq!(no(&body).await, wanted(401, "License not found"));
    }
    site.engine.suspend(&Caller::operator(), named(), Suspension::Reinstate, None).await.expect("done");
    site.clock.advance(30 * 86_400);
    assert_eq!(no(&body).await.0, 200, "its last instant is still valid");
    site.clock.advance(1);
    assert_eq!(no(&body).await, wanted(401, "License expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_a_minute_are_answered_and_health_always_is() {
    let site = Site::new().await;
    let body = json!({ "license": site.tier_key("free", "u").await.key });
    for request in 0..10 {
        let path = if request % 2 == 0 { "/api/verify" } else { "/api/validate" };
        assert_eq!(site.post(path, &body).await.status, 200);
    }
    let limited = site.post("/api/verify", &body).await;
    assert_eq!((limited.status, &limited.json()["valid"]), (429, &json!(false)));
    assert!(limited.header("retry-after").is_some());
    let health = site.get("/api/health").await;
    assert_eq!((health.status, health.json()), (200, json!({ "status": "ok", "timestamp": START * 1_000 })));
    site.clock.advance(60);
    assert_eq!(site.post("/api/verify", &body).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_of_a_tier_in_one_second_take_two_seconds() {
    for site in Site::all().await {
        let first = site.tier_key("pro", "u").await.key;
        let second = site.tier_key("pro", "u").await.key;
        assert!(first.ends_with("-1800000000") && second.ends_with("-1800000001"), "{first} {second}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifetime_key_answers_its_far_end() {
    let site = Site::new().await;
    let body = json!({ "license": site.tier_key("lifetime", "u").await.key });
    let answer = site.post("/api/verify", &body).await.json();
    assert_eq!(answer["expiresAt"], (START + 999_999 * 86_400) * 1_000);
    assert_eq!(answer["features"].as_array().map(Vec::len), Some(19));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_written_down_with_its_origin() {
    for site in Site::all().await {
        let key = site.tier_key("pro", "u").await;
        let body = json!({ "license": key.key, "origin": "cockpit" });
        for _ in 0..3 {
            assert_eq!(site.post("/api/verify", &body).await.status, 200);
        }
        site.engine.flush_recorder().await;
        let shown = site.engine.show(&Named::Id(key.id)).await.expect("it is there");
        assert_eq!(shown.attempts.len(), 3);
        assert!(shown.attempts.iter().all(|attempt| attempt.origin.as_deref() == Some("cockpit")
            && attempt.front == "tier"
            && attempt.code == "VALID"
            && attempt.address.as_deref() == Some("127.0.0.1")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_failures_alone_are_kept_good_answers_are_counted_and_leave_no_row() {
    for site in Site::all_keeping(Detail::Failures).await {
        let key = site.tier_key("pro", "u").await;
        let body = json!({ "license": key.key });
        for _ in 0..3 {
            assert_eq!(site.post("/api/verify", &body).await.status, 200);
        }
        let (caller, named) = (Caller::operator(), Named::Id(key.id));
        site.engine
            .suspend(&caller, named.clone(), Suspension::Suspend, None)
            .await
            .expect("it is suspended");
        assert_eq!(site.post("/api/verify", &body).await.status, 401);
        site.engine.flush_recorder().await;
        let shown = site.engine.show(&named).await.expect("it is there");
        let codes: Vec<_> = shown.attempts.iter().map(|attempt| attempt.code.as_str()).collect();
        assert_eq!(codes, ["SUSPENDED"]);
        let today = site.engine.overview(1).await.expect("numbers").by_day[0];
        assert_eq!((today.validations, today.failed), (3, 1));
        let metrics = site.get("/metrics").await.body;
        assert!(metrics.contains("keyward_recorder_written_total 1\n"), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_key_under_a_secret_made_elsewhere_is_known_at_once() {
    for site in Site::all().await {
        let other = site.node().await;
        let key = other.tier_key("pro", "u").await.key;
        let answer = site.post("/api/verify", &json!({ "license": key })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}
