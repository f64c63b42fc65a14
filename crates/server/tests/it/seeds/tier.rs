//! System C's document.

use keyward_engine::Caller;
use keyward_engine::license::{NewLicense, Register, Term};
use keyward_engine::{EngineError, NewUser};
use serde_json::json;

use crate::site::{START, Site};

/// The master key that the document prints.
const PRINTED: &str = "XoYgqu2wJYVZVg5AdWO9NqhKM52qXQ_ob9oeWMVeYhw=";

#[tokio::test(flavor = "multi_thread")]
async fn the_requests_of_the_document_are_answered() {
    for site in Site::all().await {
        // curl https://your-api.com/api/health
        let health = site.ask("GET /api/health HTTP/1.1\r\nUser-Agent: curl/8.5.0\r\nAccept: */*", "").await;
        assert_eq!((health.status, health.header("content-type")), (200, Some("application/json")));
        assert_eq!(health.json(), json!({ "status": "ok", "timestamp": START * 1_000 }));

        // curl -X POST https://your-api.com/api/verify -H "Content-Type: application/json" -d '…'
        let head = "POST /api/verify HTTP/1.1\r\nUser-Agent: curl/8.5.0\r\nContent-Type: application/json";
        let body = r#"{"license": "QF-PRO-a1b2c3d4e5f6-1234567890", "origin": "quantum-falcon-cockpit"}"#;
        let answer = site.ask(head, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (401, Some("application/json")));
        assert_eq!(answer.json(), json!({ "valid": false, "error": "Invalid license signature" }));

        // A Pro licence of 30 days, as the document's generator makes it.
        let user = NewUser {
            external_id: Some("user_12345".to_owned()),
            email: Some("user@example.com".to_owned()),
            ..NewUser::default()
        };
        let wanted = NewLicense { user: Some(user), term: Term::Days(30), ..NewLicense::default() };
        let key =
            site.engine.issue_tier(&Caller::operator(), "tier", "pro", wanted).await.expect("a key").key;
        let body =
            json!({ "license": key, "timestamp": 1_234_567_890_000_i64, "origin": "quantum-falcon-cockpit" });
        let answer = site.ask(head, &body.to_string()).await;
        let yes = json!({
            "valid": true, "tier": "pro", "expiresAt": (START + 30 * 86_400) * 1_000, "userId": "user_12345",
            "features": [
                "basic_dashboard", "manual_trading", "basic_analytics", "community_read", "ai_agents_3",
                "advanced_analytics", "strategy_marketplace", "copy_trading", "priority_support",
            ],
        });
        assert_eq!((answer.status, answer.json()), (200, yes));
        let missing = site.ask(head, "{}").await;
        assert_eq!(
            (missing.status, missing.json()),
            (400, json!({ "valid": false, "error": "Missing license key" }))
        );
    }
}

/// A key as the document's generator makes it, with Python's own library.
fn python_key(secret: &str, seconds: i64) -> String {
    let script = "import hmac, hashlib, sys\n\
                  secret, data = sys.argv[1], 'QF-PRO-' + sys.argv[2]\n\
                  tag = hmac.new(secret.encode(), data.encode(), hashlib.sha256).hexdigest()[:16]\n\
                  print('QF-PRO-' + tag + '-' + sys.argv[2])";
    let run =
        std::process::Command::new("python3").args(["-c", script, secret, &seconds.to_string()]).output();
    let run = run.expect("Python is installed");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("a text").trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_by_the_old_system_is_answered_under_its_secret() {
    const OLD: &str = "the old system's master key";
    let key = python_key(OLD, START - 86_400);
    for site in Site::all().await {
        let (engine, caller) = (&site.engine, Caller::operator());
        engine.set_secret(&caller, "tier", OLD, false).await.expect("the old secret");
        let body = json!({ "license": key, "origin": "quantum-falcon-cockpit" });
        let unknown = site.post("/api/verify", &body).await;
        assert_eq!((unknown.status, &unknown.json()["error"]), (401, &json!("License not found")));
        let user = NewUser { external_id: Some("user_12345".to_owned()), ..NewUser::default() };
        let license = NewLicense { user: Some(user), term: Term::Days(30), ..NewLicense::default() };
        let register =
            Register { key: key.clone(), product: "tier".to_owned(), policy: None, license, used_at: None };
        engine.register(&caller, register).await.expect("it is taken in");
        let answer = site.post("/api/verify", &body).await;
        let object = answer.json();
        assert_eq!(
            (answer.status, &object["valid"], &object["tier"], &object["userId"], &object["expiresAt"]),
            (200, &json!(true), &json!("pro"), &json!("user_12345"), &json!((START + 30 * 86_400) * 1_000))
        );
        let other = site.post("/api/verify", &json!({ "license": python_key("another", START) })).await;
        assert_eq!(other.json()["error"], "Invalid license signature");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_master_key_is_refused_unless_it_is_accepted() {
    let site = Site::new().await;
    let set = async |accept| site.engine.set_secret(&Caller::operator(), "tier", PRINTED, accept).await;
    assert!(matches!(set(false).await, Err(EngineError::PublicSecret)));
    set(true).await.expect("it is accepted");
    let secret = keyward_engine::keys::prepare(PRINTED);
    let key = keyward_engine::issue::tier("PRO", "QF", &secret, site.engine.now(), 0).expect("a key");
    let answer = site.post("/api/verify", &json!({ "license": key })).await;
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("License not found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_requests_a_minute_and_the_eleventh_is_told_how_long_to_wait() {
    let site = Site::new().await;
    let body = json!({ "license": site.tier_key("pro", "u").await.key });
    for second in 0..10 {
        let path = if second % 2 == 0 { "/api/verify" } else { "/api/validate" };
        assert_eq!(site.post(path, &body).await.status, 200);
        site.clock.advance(1);
    }
    for (advance, wait) in [(0, "50"), (49, "1")] {
        site.clock.advance(advance);
        let limited = site.post("/api/verify", &body).await;
        assert_eq!((limited.status, limited.header("retry-after")), (429, Some(wait)));
        assert_eq!(limited.json(), json!({ "valid": false, "error": "Too many requests" }));
        for _ in 0..20 {
            assert_eq!(site.get("/api/health").await.status, 200);
        }
    }
    site.clock.advance(1);
    assert_eq!(site.post("/api/verify", &body).await.status, 200);
}
