//! Two installations at one server: neither learns anything of the other, and neither changes anything of it.

use serde_json::{Value, json};

use super::tenant::{Tenant, assert_no};
use crate::site::Site;

/// Everything that an installation can read, as text.
const READABLE: [&str; 7] = [
    "/license/status",
    "/license/decoded",
    "/license/decode",
    "/licenses",
    "/devices",
    "/license/usage",
    "/devices/in-both",
];

async fn everything(tenant: &Tenant<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for path in READABLE {
        for path in [path.to_owned(), format!("/api{path}")] {
            let answer = tenant.get(&path).await;
            all.push(format!("{path} {} {}", answer.status, stable(&answer.json())));
        }
    }
    all
}

/// Without what changes whenever somebody looks.
fn stable(body: &Value) -> Value {
    match body {
        Value::Array(items) => items.iter().map(stable).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "lastValidatedAt" | "lastSeenAt"))
            .map(|(name, value)| (name.clone(), stable(value)))
            .collect(),
        other => other.clone(),
    }
}

/// Gives an installation one of everything; its keys.
async fn furnish(tenant: &Tenant<'_>, limit: &str) -> Vec<String> {
    let company = format!("Company of {}", tenant.name);
    let keys = vec![
        tenant.lk2_for("PRO-20", 20, None, Some(&company)),
        tenant.lk1("PRO-50"),
        tenant.lk3(|key| {
            key.limits.insert(limit.to_owned(), 100);
            key.limits.insert("in-both".to_owned(), 7);
            key.features.push(format!("feature of {}", tenant.name));
        }),
    ];
    for key in &keys {
        tenant.activated(key).await;
    }
    for device in ["in-both", &format!("only-{}", tenant.name)] {
        assert_eq!(tenant.add(device).await.status / 100, 2);
    }
    for name in [limit, "in-both"] {
        let used = tenant.post("/license/usage", &json!({ "name": name, "amount": 3 })).await;
        assert_eq!(used.status, 200, "{}", used.body);
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_the_other_does_not_see() {
    for site in Site::all_with(|config| config.limits.failures = 10_000).await {
        let (one, other) = (Tenant::new(&site, "one").await, Tenant::new(&site, "other").await);
        furnish(&one, "calls").await;
        let before = everything(&one).await;
        let keys = furnish(&other, "storage").await;
        assert_eq!(everything(&one).await, before, "the other came, and nothing changed");
        let seen = before.join("\n");
        let theirs = ["Company of other", "only-other", "storage", "feature of other", "secret of other"];
        for text in theirs.into_iter().chain(keys.iter().map(String::as_str)) {
            assert!(!seen.contains(text), "{text} is told in {seen}");
        }
        let key = one.read("/license/installation-key").await["installationKey"].clone();
        assert_eq!(key, "secret of one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_others_is_answered_as_what_is_nobodys() {
    for site in Site::all_with(|config| config.limits.failures = 10_000).await {
        let (one, other) = (Tenant::new(&site, "one").await, Tenant::new(&site, "other").await);
        furnish(&one, "calls").await;
        let keys = furnish(&other, "storage").await;
        let (mine, theirs) = (everything(&one).await, everything(&other).await);
        let nobodys_lk2 = Tenant { secret: "nobody's".to_owned(), ..one.at(&site) };
        let nobodys = [
            nobodys_lk2.lk2_for("PRO-20", 20, None, Some("Company of other")),
            nobodys_lk2.lk1("PRO-50"),
            nobodys_lk2.lk3(|_| {}),
        ];
        let ids = other.read("/licenses").await;
        let ids: Vec<i64> =
            ids.as_array().expect("a list").iter().filter_map(|one| one["id"].as_i64()).collect();
        assert_eq!(ids.len(), 3);

        // Each request with what is the other's, and the same with what is nobody's.
        let mut pairs: Vec<(&str, [String; 2], [Value; 2])> = Vec::new();
        for id in ids {
            for method in ["GET", "PATCH", "DELETE"] {
                let body = json!({ "notes": "mine now", "isActive": false });
                let paths = [format!("/licenses/{id}"), "/licenses/987654321".to_owned()];
                pairs.push((method, paths, [body.clone(), body]));
            }
        }
        for method in ["GET", "DELETE"] {
            pairs.push((
                method,
                ["/devices/only-other".into(), "/devices/only-nobody".into()],
                [json!(""), json!("")],
            ));
        }
        for (key, nobody) in keys.iter().zip(&nobodys) {
            let body = |key: &String| json!({ "licenseKey": key });
            pairs.push((
                "POST",
                ["/license/activate".into(), "/license/activate".into()],
                [body(key), body(nobody)],
            ));
            let path = "/devices/mine/activate-license";
            pairs.push(("POST", [path.into(), path.into()], [body(key), body(nobody)]));
            let body = |key: &String| json!({ "deviceId": "mine", "licenseKey": key });
            pairs.push(("POST", ["/devices".into(), "/devices".into()], [body(key), body(nobody)]));
        }
        let body = |name: &str| json!({ "name": name, "amount": 1 });
        pairs.push((
            "POST",
            ["/license/usage".into(), "/license/usage".into()],
            [body("storage"), body("nothing")],
        ));
        for (method, paths, bodies) in pairs {
            for prefix in ["", "/api"] {
                let mut answers = Vec::new();
                for (path, body) in paths.iter().zip(&bodies) {
                    let body = if method == "GET" { String::new() } else { body.to_string() };
                    answers.push(one.ask(method, &format!("{prefix}{path}"), &body).await);
                }
                let what = format!("{method} {prefix}{} {}", paths[0], bodies[0]);
                assert!(matches!(answers[0].status, 400 | 404), "{what}: {:?}", answers[0]);
                assert_eq!(
                    (answers[0].status, &answers[0].body),
                    (answers[1].status, &answers[1].body),
                    "{what}"
                );
            }
        }
        assert_eq!(everything(&other).await, theirs, "nothing of the other's changed");
        assert_eq!(everything(&one).await, mine, "nor of mine");

        // What both have under one name is each one's own.
        assert_eq!(one.ask("DELETE", "/devices/in-both", "").await.status, 200);
        assert_no(&one.get("/devices/in-both").await, 404, "NOT_FOUND", "released");
        assert_eq!(other.get("/devices/in-both").await.status, 200);
        let used = one.post("/license/usage", &json!({ "name": "in-both", "amount": 4 })).await;
        assert_eq!(used.json()["remaining"], 0);
        let usage = other.read("/license/usage").await;
        let entry = usage.as_array().expect("a list").iter().find(|entry| entry["name"] == "in-both");
        assert_eq!(entry.expect("it is there")["used"], 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_key_belongs_to_whoever_activated_it_first() {
    use keyward_engine::Caller;
    use keyward_engine::form::{NewForm, Order};

    for site in Site::all().await {
        let (one, other) = (Tenant::new(&site, "one").await, Tenant::new(&site, "other").await);
        let lk3 = keyward_core::scheme::lk3::Lk3 { tier: "PRO-10".to_owned(), ..Default::default() };
        let form = NewForm::Lk3 {
            order: Order { installation: Some("other".to_owned()), ..Order::default() },
            request: Box::new(lk3),
            seal: keyward_core::scheme::lk3::Seal::Signature,
            encrypted: false,
        };
        let key = site.engine.issue_form(&Caller::operator(), form).await.expect("a key").key;
        let answer = one.activate(&key).await;
        assert!(matches!(answer.status, 400 | 404), "{answer:?}");
        assert_eq!(other.activate(&key).await.status, 200);
        assert!(matches!(one.activate(&key).await.status, 400 | 404));
        assert_eq!(one.read("/licenses").await, json!([]));
    }
}
