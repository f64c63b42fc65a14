//! System C: tiered keys with their customers and the log of attempts.

use keyward_engine::import::{Reason, System};
use keyward_engine::license::Named;
use serde_json::{Value, json};

use super::{BAD, LICENSES, Old, ask_all, assert_answers, behind_a_proxy, set_secret};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn every_key_answers_as_before() {
    for site in Site::all_with(behind_a_proxy).await {
        let old = Old::like(&site, System::C, LICENSES).await;
        set_secret(&site).await;
        let done = old.move_in(&site, LICENSES, &[(Reason::Malformed, BAD)]).await;
        let wrong =
            old.answers.iter().filter(|a| a["body"]["error"] == "Invalid license signature").count() as u64;
        assert_eq!((done.seals_fit, done.seals_wrong), (Some(LICENSES - wrong), wrong));
        let asked = |answer: &Value| {
            let body =
                json!({ "license": answer["license"], "origin": "quantum-falcon-cockpit" }).to_string();
            ("POST /api/verify HTTP/1.1\r\nContent-Type: application/json".to_owned(), body)
        };
        let answers = ask_all(&site, old.answers.iter().map(asked).collect()).await;
        for (wanted, answer) in old.answers.iter().zip(&answers) {
            assert_answers(wanted, answer);
        }
        counted(&site, &old.answers).await;
        kept(&site, &old.answers).await;
    }
}

async fn counted(site: &Site, all: &[Value]) {
    let statistics = super::statistics(site, System::C).await;
    let inactive = all.iter().filter(|answer| answer["active"] == false).count() as i64;
    assert_eq!((statistics.total(), statistics.inactive()), (all.len() as i64, inactive));
    for policy in &statistics.by_policy {
        let total = all.iter().filter(|answer| answer["tier"] == policy.code).count() as i64;
        assert_eq!(policy.total, total, "{}", policy.code);
    }
}

/// Customers, features, metadata and the log of attempts come along.
async fn kept(site: &Site, all: &[Value]) {
    let (mut features, mut metadata, mut kept_email, mut attempts) = (0, 0, 0, 0);
    for answer in all.iter().take(200) {
        let key = answer["license"].as_str().expect("a key").to_owned();
        let shown = site.engine.show(&Named::Key(key)).await.expect("it is there");
        let said: Value = serde_json::from_str(&shown.found.license.metadata).expect("JSON");
        assert!(shown.found.user_external_id.is_some());
        features += usize::from(shown.found.entitlements.contains(&"beta_access".to_owned()));
        metadata += usize::from(said["source"] == "import" || said["seats"] == 3);
        kept_email += usize::from(said["email"].is_string());
        let old = |attempt: &&keyward_store::verifications::Verification| {
            attempt.user_agent.as_deref().is_some_and(|agent| agent.starts_with("keyward import"))
        };
        attempts += shown.attempts.iter().filter(old).count();
    }
    assert!(features > 10 && metadata > 50 && attempts > 50, "{features} {metadata} {attempts}");
    // The address that several customers share stays with the first.
    assert!(kept_email > 0);
}
