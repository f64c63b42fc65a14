//! What no client should send: refused in the words of system E, nothing fails, and nothing is changed.

use serde_json::{Value, json};

use super::tenant::{Tenant, assert_no};
use crate::site::Site;
use crate::world::Answer;

/// On both databases; limits on guessing are another test's.
async fn sites() -> Vec<Site> {
    Site::all_with(|config| config.limits.failures = 100_000).await
}

/// Everything that an installation has, as text.
async fn state(tenant: &Tenant<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["/license/decoded", "/devices", "/license/usage"] {
        all.push(tenant.read(path).await);
    }
    all
}

async fn furnished<'s>(site: &'s Site) -> (Tenant<'s>, i64) {
    let tenant = Tenant::new(site, "theia").await;
    let id = tenant
        .activated(&tenant.lk3(|key| {
            key.limits.insert("calls".to_owned(), 100);
        }))
        .await;
    assert_eq!(tenant.add("d").await.status / 100, 2);
    (tenant, id)
}

async fn raw(tenant: &Tenant<'_>, method: &str, path: &str, body: &[u8]) -> Answer {
    let head = format!(
        "{}\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        tenant.head(method, path),
        body.len()
    );
    tenant.site.raw(&[head.as_bytes(), body].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_object_with_good_fields_is_malformed() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "null",
        "5",
        "\"text\"",
        "{}{}",
        "\u{feff}{}",
        "a=b",
        "{}",
        r#"{"licenseKey":"\ud800","deviceId":"\ud800","name":"\ud800","amount":1,"notes":"\ud800"}"#,
        r#"{"licenseKey":1,"deviceId":2,"name":3,"amount":"4","notes":5}"#,
        r#"{"licenseKey":[[]],"deviceId":{},"name":true,"amount":null,"notes":[]}"#,
        r#"{"licenseKey":1e999,"deviceId":"d","name":"calls","amount":1e999,"notes":1e999}"#,
        r#"{"name":"calls","amount":1.5,"maxDevices":1}"#,
        r#"{"name":"calls","amount":9007199254740994.0,"maxDevices":1}"#,
        r#"{"name":"calls","amount":9223372036854775808,"maxDevices":1}"#,
        r#"{"name":"calls","amount":-9223372036854775809,"maxDevices":1}"#,
        r#"{"deviceId":"a\u0000b","name":"a\u0000b","amount":1,"notes":"a\u0000b","pool":"\u0000"}"#,
        r#"{"LicenseKey":"LK-1-PRO-10-x-0000","DeviceId":"d"}"#,
    ]
    .iter()
    .map(|body| body.as_bytes().to_vec())
    .collect();
    bodies.push(deep("[", "]").into_bytes());
    bodies.push(deep("{\"a\":", "}").into_bytes());
    bodies.push(b"{\"licenseKey\":\"\xff\xfe\",\"deviceId\":\"\xff\"}".to_vec());
    bodies.push(vec![0; 1_000]);
    let long = "d".repeat(257);
    bodies.push(
        json!({ "deviceId": long, "name": long, "amount": 1, "companyName": "c".repeat(1_001) })
            .to_string()
            .into(),
    );
    for site in sites().await {
        let (tenant, id) = furnished(&site).await;
        let before = state(&tenant).await;
        for body in &bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let change = format!("/licenses/{id}");
            for (method, path) in [
                ("POST", "/license/activate"),
                ("POST", "/devices"),
                ("POST", "/devices/x/activate-license"),
                ("POST", "/license/usage"),
                ("PATCH", change.as_str()),
            ] {
                // An empty change changes nothing.
                if method == "PATCH" && body == b"{}" {
                    continue;
                }
                let answer = raw(&tenant, method, path, body).await;
                // A device that has a place keeps it: that body is a good one.
                if path == "/devices" && shown.contains("\"deviceId\":\"d\"") && answer.status == 200 {
                    continue;
                }
                assert_no(&answer, 400, "INVALID_ARGUMENT", &format!("{method} {path} {shown}"));
            }
        }
        assert_eq!(state(&tenant).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_is_refused_with_its_reason() {
    let long = "A".repeat(500_000);
    let keys = [
        "hello",
        "LK-",
        "LK-1-",
        "LK-1-PRO-10",
        "LK-1-PRO-10-x-zzzz",
        "LK-2-",
        "LK-2-H4sIAAAAAAAAA-12345678",
        "LK-3-",
        "LK-3-AAAA",
        "LK-4-PRO-10-x-0000",
        "LK-99999999999999999999-x",
        "ABC123XYZ789",
        "QF-PRO-a1b2c3d4e5f60718-1234567890",
        "LK-2-\u{0}-12345678",
        "LK-2-\u{1f511}-12345678",
        "lk-2-x",
        &format!("LK-2-{long}-12345678"),
        &format!("LK-3-{long}"),
        r#"{"payload":{},"signature":""}"#,
    ];
    for site in sites().await {
        let (tenant, _) = furnished(&site).await;
        let before = state(&tenant).await;
        for key in keys {
            let shown: String = key.chars().take(40).collect();
            for (path, body) in [
                ("/license/activate", json!({ "licenseKey": key })),
                ("/devices", json!({ "licenseKey": key, "deviceId": "new" })),
                ("/devices/new/activate-license", json!({ "licenseKey": key })),
            ] {
                let answer = tenant.post(path, &body).await;
                assert!(matches!(answer.status, 400 | 429), "{path} {shown}: {answer:?}");
                let body = answer.json();
                assert!(body["error"].is_string() && body["code"].is_string(), "{shown}: {body}");
                assert!(!answer.body.contains(&long[..100]), "it is not repeated");
            }
        }
        assert_eq!(state(&tenant).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn device_ids_may_be_strange_but_not_endless() {
    let strange = [
        "a/b",
        "../../x",
        "ü \u{1f511}",
        "%2F",
        "a?b#c",
        "'; drop table machines; --",
        " ",
        ".",
        "..",
        "\u{1}\u{202e}",
    ];
    for site in sites().await {
        let tenant = Tenant::new(&site, "theia").await;
        tenant.activated(&tenant.lk2("PRO-20", 20, None)).await;
        for id in strange {
            let added = tenant.add(id).await;
            assert_eq!((added.status / 100, &added.json()["deviceId"]), (2, &json!(id)), "{id:?}");
            let path = format!("/devices/{}", encoded(id));
            let found = tenant.get(&path).await;
            assert_eq!((found.status, &found.json()["deviceId"]), (200, &json!(id)), "{id:?}");
            assert_eq!(tenant.ask("DELETE", &path, "").await.status, 200, "{id:?}");
            assert_eq!(tenant.get(&path).await.status, 404, "{id:?}");
            let key = tenant.read("/licenses").await[0]["key"].clone();
            let added = tenant.post(&format!("{path}/activate-license"), &json!({ "licenseKey": key })).await;
            assert_eq!((added.status / 100, &added.json()["deviceId"]), (2, &json!(id)), "{id:?}");
        }
        assert_eq!(tenant.read("/devices").await.as_array().map(Vec::len), Some(strange.len()));
        // 256 bytes are taken, one more is not, wherever the id stands.
        let longest = "é".repeat(128);
        assert_eq!(tenant.add(&longest).await.status / 100, 2);
        assert_eq!(tenant.get(&format!("/devices/{}", encoded(&longest))).await.status, 200);
        for id in ["e".repeat(257), "a\0b".to_owned()] {
            assert_no(&tenant.add(&id).await, 400, "INVALID_ARGUMENT", "too long");
            for (method, end) in [("GET", ""), ("DELETE", ""), ("POST", "/activate-license")] {
                let path = format!("/devices/{}{end}", encoded(&id));
                let answer = tenant.ask(method, &path, r#"{"licenseKey":"LK-1-PRO-10-x-0000"}"#).await;
                assert_no(&answer, 400, "INVALID_ARGUMENT", &format!("{method} {id:?}"));
            }
        }
        assert_no(&tenant.get("/devices/%FF").await, 400, "INVALID_ARGUMENT", "no UTF-8");
        for path in
            ["/devices/", "/licenses/", "/devices//activate-license", "/devices/d/other", "/license/other"]
        {
            let answer = tenant.get(path).await;
            assert!(matches!(answer.status, 404 | 405), "{path}: {answer:?}");
        }
    }
}

/// Every byte that is not plain, as a path has it.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    id.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_in_its_words() {
    for site in sites().await {
        let (tenant, _) = furnished(&site).await;
        let body = format!("{{\"licenseKey\":\"{}\"}}", "A".repeat(1 << 20));
        let answer = tenant.ask("POST", "/license/activate", &body).await;
        assert_no(&answer, 413, "BODY_TOO_LARGE", "a mebibyte");
        assert_eq!(tenant.get("/license/status").await.status, 200);
    }
}
