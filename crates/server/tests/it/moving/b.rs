//! System B: the pool with its activations.

use keyward_engine::import::{Reason, System};
use keyward_engine::license::Named;
use serde_json::{Value, json};

use super::{BAD, LICENSES, Old, ask_all, assert_answers, behind_a_proxy};
use crate::site::{START, Site};

#[tokio::test(flavor = "multi_thread")]
async fn every_key_answers_as_before() {
    for site in Site::all_with(behind_a_proxy).await {
        let old = Old::like(&site, System::B, LICENSES).await;
        // One more row has a key in small letters that another row has in large ones.
        old.move_in(&site, LICENSES, &[(Reason::Malformed, BAD), (Reason::Twice, 1)]).await;
        let asked = |answer: &Value| {
            let key = answer["license_key"].as_str().expect("a key");
            (format!("GET /api/validate/{key} HTTP/1.1"), String::new())
        };
        let answers = ask_all(&site, old.answers.iter().map(asked).collect()).await;
        for (wanted, answer) in old.answers.iter().zip(&answers) {
            assert_answers(wanted, answer);
        }
        activations(&site, &old.answers).await;
        statistics(&site, &old.answers).await;
        shown(&site, &old.answers).await;
    }
}

/// A used key is not activated again, and says where and until when to the domain that has it; an unused one is.
async fn activations(site: &Site, all: &[Value]) {
    let post = |answer: &Value, domain: &Value| {
        let body = json!({ "license_key": answer["license_key"], "domain_fingerprint": domain }).to_string();
        ("POST /api/activate HTTP/1.1\r\nContent-Type: application/json".to_owned(), body)
    };
    let used: Vec<_> = all.iter().filter(|answer| answer["used"] == true).step_by(10).collect();
    let answers = ask_all(site, used.iter().map(|answer| post(answer, &answer["domain"])).collect()).await;
    let mut told = 0;
    for (wanted, answer) in used.iter().zip(&answers) {
        assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("ALREADY_USED")), "{wanted}");
        told += usize::from(answer.json()["expiration_date"].is_string());
    }
    // Those whose device the old system had taken back are told no dates.
    assert!(told > used.len() * 9 / 10, "{told} of {}", used.len());
    let inactive = all.iter().filter(|answer| answer["used"] == false && answer["status"] != "ACTIVE");
    let inactive: Vec<_> = inactive.take(50).collect();
    let answers = ask_all(site, inactive.iter().map(|answer| post(answer, &json!("new"))).collect()).await;
    assert!(answers.iter().all(|answer| answer.json()["error_code"] == "INACTIVE"));
}

async fn statistics(site: &Site, all: &[Value]) {
    let stats = site.get("/api/stats").await.json();
    let count = |of: &dyn Fn(&Value) -> bool| all.iter().filter(|answer| of(answer)).count();
    let used = |answer: &Value| answer["used"] == true;
    assert_eq!(stats["total_licenses"], count(&|_| true));
    assert_eq!(stats["used_licenses"], count(&used));
    assert_eq!(stats["inactive_licenses"], count(&|answer| answer["status"] != "ACTIVE"));
    assert_eq!(stats["available_licenses"], count(&|answer| answer["http"] == 200));
    for (days, label) in [(1, "1 jour"), (5, "5 jours"), (30, "1 mois"), (90, "3 mois"), (365, "12 mois")] {
        let of = |answer: &Value| answer["duration"] == days;
        let wanted = json!({
            "label": label, "total": count(&of), "used": count(&|answer| of(answer) && used(answer)),
            "available": count(&|answer| of(answer) && answer["http"] == 200),
        });
        assert_eq!(stats["by_duration"][days.to_string()], wanted);
    }
    for (name, days) in [("last_24h", 1), ("last_7d", 7), ("last_30d", 30)] {
        let since = (START - days * 86_400) as f64;
        let wanted = count(&|answer| answer["since"].as_f64().is_some_and(|at| at >= since));
        assert_eq!(stats["activations"][name], wanted, "{name}");
    }
    assert_eq!(stats["by_status"]["REVOKED"], count(&|answer| answer["status"] == "REVOKED"));
}

async fn shown(site: &Site, all: &[Value]) {
    let find = async |of: &dyn Fn(&Value) -> bool| {
        let answer = all.iter().find(|answer| of(answer)).expect("there is one");
        let key = answer["license_key"].as_str().expect("a key").to_owned();
        (answer, site.engine.show(&Named::Key(key)).await.expect("it is there"))
    };
    let (answer, used) = find(&|answer| answer["used"] == true).await;
    assert_eq!(Value::from(used.machines[0].fingerprint.clone()), answer["domain"]);
    assert!(used.machines[0].address.is_some());
    assert_eq!(used.found.batch_name.as_deref(), Some("import B 2027-01-15T08:00:00Z"));
    let metadata: Value = serde_json::from_str(&used.found.license.metadata).expect("JSON");
    assert!(metadata["batch_id"].is_string() && metadata["old_id"].is_string(), "{metadata}");
    let (_, inactive) = find(&|answer| answer["status"] == "INACTIVE").await;
    let metadata: Value = serde_json::from_str(&inactive.found.license.metadata).expect("JSON");
    assert_eq!(metadata["status"], "INACTIVE");
}
