//! System B's document.

use serde_json::json;

use super::{POOL_KEY, take_in};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_requests_of_the_document_are_answered() {
    for site in Site::all().await {
        take_in(&site, "365").await;
        // curl http://localhost:5001/api/validate/ABC123XYZ789
        let head = format!("GET /api/validate/{POOL_KEY} HTTP/1.1\r\nUser-Agent: curl/8.5.0\r\nAccept: */*");
        let answer = site.ask(&head, "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let shown = json!({
            "valid": true, "license_key": POOL_KEY, "duration_days": 365, "duration_label": "12 mois",
            "status": "ACTIVE", "is_used": false, "created_date": "2027-01-15T08:00:00",
        });
        assert_eq!(answer.json(), shown);

        // curl -X POST http://localhost:5001/api/activate -H "Content-Type: application/json" -d '…'
        let body = "{\n    \"license_key\": \"ABC123XYZ789\",\n    \"domain_fingerprint\": \"domain_hash_here\"\n  }";
        let head = "POST /api/activate HTTP/1.1\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nContent-Type: application/json";
        let answer = site.ask(head, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let done = json!({
            "success": true, "license_key": POOL_KEY, "duration_days": 365, "duration_label": "12 mois",
            "activation_date": "2027-01-15T08:00:00", "expiration_date": "2028-01-15T08:00:00",
        });
        assert_eq!(answer.json(), done);

        // Each licence can be used once.
        let again = site.ask(head, body).await;
        assert_eq!((again.status, again.header("content-type")), (400, Some("application/json")));
        let again = again.json();
        assert!(again["error"].is_string(), "{again}");
        assert_eq!((&again["success"], &again["error_code"]), (&json!(false), &json!("ALREADY_USED")));

        let answer = site.get("/api/stats").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let stats = answer.json();
        let durations = stats["by_duration"].as_object().expect("an object");
        let labels: Vec<_> =
            ["1", "5", "30", "180", "365"].iter().map(|days| &durations[*days]["label"]).collect();
        assert_eq!(labels, ["1 jour", "5 jours", "1 mois", "6 mois", "12 mois"]);
        assert_eq!(durations.len(), 5);
        assert_eq!(durations["365"], json!({"label": "12 mois", "total": 1, "used": 1, "available": 0}));
        assert_eq!(stats["activation_rate"], 100.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_is_written_down_with_address_and_program() {
    for site in Site::all().await {
        take_in(&site, "30").await;
        let body = json!({ "license_key": POOL_KEY, "domain_fingerprint": "domain_hash_here" });
        assert_eq!(site.post_with("/api/activate", "\r\nUser-Agent: gec-mines/1.0", &body).await.status, 200);
        let other = json!({ "license_key": POOL_KEY, "domain_fingerprint": "another" });
        assert_eq!(site.post_with("/api/activate", "\r\nUser-Agent: curl/8.5.0", &other).await.status, 400);
        let named = keyward_engine::license::Named::Key(POOL_KEY.to_owned());
        let shown = site.engine.show(&named).await.expect("it is there");
        let machine = &shown.machines[0];
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let kept = (machine.fingerprint.clone(), text(&machine.address), text(&machine.user_agent));
        assert_eq!(kept, ("domain_hash_here".to_owned(), "127.0.0.1".to_owned(), "gec-mines/1.0".to_owned()));
        let events: Vec<_> = shown
            .events
            .iter()
            .map(|entry| (entry.event.as_str(), entry.outcome.as_str(), text(&entry.user_agent)))
            .collect();
        assert_eq!(
            events,
            [
                ("license.issue", "done", String::new()),
                ("license.activate", "done", "gec-mines/1.0".to_owned()),
                ("license.bypass-attempt", "refused", "curl/8.5.0".to_owned()),
            ]
        );
        assert!(shown.events.iter().skip(1).all(|entry| entry.address.as_deref() == Some("127.0.0.1")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_told_how_long_to_wait() {
    let site = Site::new().await;
    for _ in 0..10 {
        assert_eq!(site.get("/api/validate/NOSUCHKEY000").await.status, 404);
    }
    for (wait, advance) in [("60", 30), ("30", 29), ("1", 1)] {
        let locked = site.get("/api/validate/NOSUCHKEY000").await;
        assert_eq!((locked.status, locked.header("retry-after")), (429, Some(wait)));
        assert_eq!(locked.json()["error_code"], "RATE_LIMITED");
        let body = json!({ "license_key": "NOSUCHKEY000", "domain_fingerprint": "d" });
        let locked = site.post("/api/activate", &body).await;
        assert_eq!((locked.status, locked.header("retry-after")), (429, Some(wait)));
        assert_eq!(locked.json()["success"], false);
        site.clock.advance(advance);
    }
    assert_eq!(site.get("/api/validate/NOSUCHKEY000").await.status, 404);
}
