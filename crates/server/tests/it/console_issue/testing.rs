//! Testing a licence: the verdict, and every check.

use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};

use super::{Person, kinds::KINDS};
use crate::records::sites;
use crate::site::Site;
use crate::world::Answer;

async fn tested(person: &Person<'_>, text: &str) -> Answer {
    let answer = person.post("/console/test", &[("text", text)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The class of the verdict's colour.
fn class(page: &Answer) -> &str {
    page.body.split("class=\"verdict ").nth(1).and_then(|rest| rest.split('"').next()).expect("a verdict")
}

/// The checks: each with how it ended.
fn checks(page: &Answer) -> Vec<(String, String)> {
    let list = page.body.split("<ol class=\"checks\">").nth(1).and_then(|rest| rest.split("</ol>").next());
    let part = |text: &str, from: &str, to: &str| {
        text.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap_or_default().to_owned()
    };
    let items = list.expect("checks").split("<li>").skip(1);
    items.map(|item| (part(item, "<strong>", "</strong>"), part(item, "\">", "</span>"))).collect()
}

fn ended(page: &Answer, check: &str) -> String {
    let all = checks(page);
    let found = all.iter().find(|(name, _)| name == check);
    found.unwrap_or_else(|| panic!("no check {check}: {all:?}")).1.clone()
}

/// The text with one character changed so that its form stays.
fn altered(kind: &str, key: &str) -> String {
    match kind {
        "record" => key.replacen("example.com", "example.org", 1),
        "file" => {
            let at = key.find("signature").expect("a signature") + 20;
            let old = key.as_bytes()[at] as char;
            let new = if old == 'A' { 'B' } else { 'A' };
            format!("{}{new}{}", &key[..at], &key[at + 1..])
        }
        _ => {
            let at = key.len() - 3;
            let old = key.as_bytes()[at] as char;
            let new = if old == 'A' { 'B' } else { 'A' };
            format!("{}{new}{}", &key[..at], &key[at + 1..])
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_tested_good_altered_revoked_and_expired() {
    for site in sites().await {
        let person = Person::at(&site).await;
        let mut made = Vec::new();
        for (kind, policy, fields) in KINDS {
            made.push((kind, person.made(kind, policy, fields).await));
        }
        let attempts = async || {
            let mut count = 0;
            for (_, key) in &made {
                count +=
                    site.engine.show(&Named::Key(key.clone())).await.expect("it is there").attempts.len();
            }
            count
        };
        for (kind, key) in &made {
            let page = tested(&person, key).await;
            assert_eq!(class(&page), "active", "{kind}: {}", page.body);
            assert_eq!(ended(&page, "Form"), "Pass", "{kind}");
            assert_eq!(ended(&page, "Seal"), if *kind == "pool" { "Not asked" } else { "Pass" }, "{kind}");
            assert_eq!(ended(&page, "Registered"), "Pass", "{kind}");
            assert!(page.body.contains("href=\"/console/licenses/"), "{kind}");
            assert!(page.header("location").is_none());

            let page = tested(&person, &altered(kind, key)).await;
            assert!(matches!(class(&page), "ended" | "none"), "{kind}: {}", page.body);
            if !matches!(*kind, "pool") {
                let failed = checks(&page).iter().any(|(_, result)| result == "Fail");
                assert!(failed, "{kind}: {}", page.body);
            }
            // A record is found by its signature.
            let is_found = page.body.contains("href=\"/console/licenses/");
            assert_eq!(is_found, *kind == "record", "{kind}: {}", page.body);
        }
        assert_eq!(attempts().await, 0, "nothing is counted");
        for (kind, key) in &made {
            let named = Named::Key(key.clone());
            let (engine, caller) = (&site.engine, Caller::operator());
            engine.suspend(&caller, named.clone(), Suspension::Revoke, None).await.expect("revoked");
            let page = tested(&person, key).await;
            assert_eq!(
                (class(&page), ended(&page, "Neither suspended nor revoked").as_str()),
                ("ended", "Fail"),
                "{kind}"
            );
            engine.suspend(&caller, named, Suspension::Reinstate, None).await.expect("reinstated");
        }
        site.clock.advance(10 * 366 * 86_400);
        let person = Person::at(&site).await;
        for (kind, key) in made.iter().filter(|(kind, _)| *kind != "pool") {
            let page = tested(&person, key).await;
            assert_eq!(
                (class(&page), ended(&page, "End").as_str()),
                ("ended", "Fail"),
                "{kind}: {}",
                page.body
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_and_use_have_their_colours() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let (kind, policy, fields) = KINDS[3];
    let file = person.made(kind, policy, fields).await;
    site.clock.advance(368 * 86_400);
    let person = Person::at(&site).await;
    let page = tested(&person, &file).await;
    assert_eq!((class(&page), ended(&page, "End").as_str()), ("grace", "Note"), "{}", page.body);
    let key = person.made("pool", "1 mois", &[("count", "1")]).await;
    let used = site
        .post("/api/activate", &serde_json::json!({ "license_key": key, "domain_fingerprint": "d" }))
        .await;
    assert_eq!(used.status, 200, "{used:?}");
    let page = tested(&person, &key).await;
    assert_eq!((class(&page), ended(&page, "Used").as_str()), ("ended", "Fail"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_licence_or_unknown_says_so() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let page = tested(&person, "hello there").await;
    assert_eq!((class(&page), ended(&page, "Form").as_str()), ("ended", "Fail"), "{}", page.body);
    assert_eq!(ended(&page, "Seal"), "Not asked");
    let page = tested(&person, "ABCDEFGHJKLM").await;
    assert_eq!((class(&page), ended(&page, "Registered").as_str()), ("none", "Fail"), "{}", page.body);
    let empty = person.post("/console/test", &[("text", " \r\n ")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("Paste a key"), "{}", empty.body);
}
