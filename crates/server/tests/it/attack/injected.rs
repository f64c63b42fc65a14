//! Texts that mean something to somebody else: line ends to HTTP, quotes to SQL, patterns to a search.

use keyward_engine::token::Role;
use serde_json::json;

use crate::console_pages::Person;
use crate::lk::tenant::Tenant;
use crate::records::{self, encoded};
use crate::site::Site;
use crate::world::Answer;

/// Encoded, and as bytes where a request can have them.
const LINES: [&str; 4] =
    ["x\r\nX-Evil: 1", "x\nX-Evil: 1", "x\rX-Evil: 1\r\n\r\n<html>", "x\u{10d}\u{10a}X-Evil: 1"];

const STATEMENTS: [&str; 9] = [
    "' or '1'='1",
    "' or 1=1 --",
    "'; drop table licenses; --",
    "\"; delete from licenses where 1=1; --",
    "') union select key_digest, key_digest from licenses --",
    "x' || (select max(id) from licenses) || '",
    "$1",
    "%",
    "\\' or 1=1; /*",
];

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn assert_one_head(answer: &Answer, what: &str) {
    assert!((200..500).contains(&answer.status), "{what}: {answer:?}");
    let split = answer.head.lines().any(|line| line.to_ascii_lowercase().starts_with("x-evil"));
    assert!(!split && !answer.body.starts_with("<html>"), "{what}: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_becomes_a_header_of_the_answer() {
    let site = Site::new().await;
    records::give_key(&site).await;
    let seller = records::Person::at(&site).await;
    let admin = Person::of(&site, Role::Admin).await;
    let tenant = Tenant::new(&site, "theia").await;
    for text in LINES {
        let (part, form) = (escaped(text), encoded(&[("next", text), ("to", text), ("token", "x")]));
        for path in [
            format!("/{part}"),
            format!("/api/validate/{part}"),
            format!("/console/{part}"),
            format!("/console/sign-in?next={part}"),
            format!("/console/set-up?link={part}"),
            format!("/records/{part}"),
            format!("/records?sort={part}&{part}={part}"),
        ] {
            assert_one_head(&site.get(&path).await, &path);
            assert_one_head(&admin.get(&path).await, &path);
            assert_one_head(&seller.get(&path).await, &path);
        }
        for path in ["/console/language", "/console/sign-in", "/records/sign-in", "/records/sign-out"] {
            let head = format!("POST {path} HTTP/1.1\r\n{}", records::FORM);
            assert_one_head(&site.ask(&head, &form).await, path);
        }
        // A place to go back to, and names of files that are downloaded.
        let fields = [("language", "fr"), ("next", text), ("from", text), ("to", text), ("back", text)];
        assert_one_head(&admin.post("/console/language", &fields).await, "the language");
        assert_one_head(
            &admin.post("/console/products", &[("code", text), ("name", text)]).await,
            "a product",
        );
        assert_one_head(&admin.get(&format!("/console/licenses/export?text={part}")).await, "an export");
        let answer = seller.issue(text.trim(), "Pro", "30").await;
        assert_one_head(&answer, "a record");
        if answer.status == 303 {
            let page = records::page_of(&answer);
            assert_one_head(&seller.get(&format!("{page}/record.json")).await, "a file");
        }
        assert_one_head(&tenant.get(&format!("/devices/{part}")).await, "a device");
        assert_one_head(&tenant.add(text).await, "a device");
        // What a client calls its request, and where it says that it comes from, is not said again.
        for header in
            ["X-Request-Id", "Origin", "Referer", "Accept-Language", "Cookie", "Idempotency-Key", "Host"]
        {
            let value = text.replace(['\r', '\n'], "\u{b}");
            let head = format!("GET /api/health HTTP/1.1\r\n{header}: {value}");
            assert_one_head(&site.ask(&head, "").await, header);
        }
    }
    super::assert_answers(&site, "line ends").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_becomes_a_part_of_a_statement() {
    let open = |config: &mut keyward_server::config::Config| {
        config.limits.failures = 100_000;
        config.dialects.tier.requests_per_minute = 100_000;
    };
    for site in records::sites_with(open).await {
        let (pool, tier) = (site.pool_key("30").await.key, site.tier_key("pro", "u").await.key);
        let seller = records::Person::at(&site).await;
        let signature = seller.signature(&seller.issued("honest.example", "Pro", "30").await).await;
        let admin = Person::of(&site, Role::Admin).await;
        let tenant = Tenant::new(&site, "theia").await;
        let key = tenant.lk3(|_| {});
        tenant.activated(&key).await;
        for text in STATEMENTS {
            let part = escaped(text);
            let answer = site.get(&format!("/api/validate/{part}")).await;
            assert_eq!(answer.status, 404, "{text}");
            let body = json!({ "license_key": text, "domain_fingerprint": text });
            assert_eq!(site.post("/api/activate", &body).await.status, 400, "{text}");
            for path in ["/api/verify", "/api/validate"] {
                let answer = site.post(path, &json!({ "license": text, "origin": text })).await;
                assert_eq!(answer.status, 401, "{text}");
            }
            assert_eq!(records::validity(&site, text, &signature).await, "License not found.");
            assert_eq!(records::validity(&site, "honest.example", text).await, "Signature mismatch.");
            // Where any text is a name, it is that name: kept and found as it was written.
            let answer = seller.issue(text, "Pro", "30").await;
            let record = seller.record(&records::page_of(&answer)).await;
            assert_eq!(record["client_id"], text);
            assert_eq!(tenant.add(text).await.status / 100, 2, "{text}");
            let shown = tenant.read(&format!("/devices/{}", part.replace('+', "%20"))).await;
            assert_eq!(shown["deviceId"], text);
            assert_eq!(
                tenant.ask("DELETE", &format!("/devices/{}", part.replace('+', "%20")), "").await.status,
                200
            );
            // What is searched for is found by its characters, and every filter takes any text.
            let found = admin.get(&format!("/console/licenses?text={part}")).await;
            assert_eq!(found.status, 200, "{text}");
            for path in
                ["licenses", "licenses/export", "customers", "devices", "attempts", "audit", "installations"]
            {
                for field in [
                    "text", "q", "product", "state", "sort", "order", "from", "until", "page", "after",
                    "kind",
                ] {
                    let answer = admin.get(&format!("/console/{path}?{field}={part}")).await;
                    assert!((200..500).contains(&answer.status), "{path} {field}={text}: {}", answer.status);
                }
            }
            let head = format!("POST /console/sign-in HTTP/1.1\r\n{}", records::FORM);
            let answer = site.ask(&head, &encoded(&[("email", text), ("password", text)])).await;
            assert!((400..500).contains(&answer.status), "{text}: {}", answer.status);
            let head = format!("GET /license/status HTTP/1.1\r\nAuthorization: Bearer {text}");
            assert_eq!(site.ask(&head, "").await.status, 401, "{text}");
        }
        // Everything is as it was.
        assert_eq!(site.get(&format!("/api/validate/{pool}")).await.status, 200);
        assert_eq!(site.post("/api/verify", &json!({ "license": tier })).await.status, 200);
        assert_eq!(records::validity(&site, "honest.example", &signature).await, "License is valid.");
        assert_eq!(tenant.read("/licenses").await.as_array().map(Vec::len), Some(1));
        assert_eq!(tenant.read("/devices").await, json!([]));
    }
}
