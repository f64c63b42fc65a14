//! A licence's key and a new token are told on the page that shows them: in no other, no header, no address, no log line.

use std::time::Duration;

use keyward_engine::Caller;
use keyward_engine::license::{Activate, Named};
use keyward_engine::token::Role;

use super::license::file;
use super::{Person, between, shown};
use crate::log_lines;
use crate::site::Site;
use crate::world::Answer;

/// What a form encodes a text as.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Neither as it is nor as an address has it.
fn is_silent(place: &str, text: &str, secrets: &[String]) {
    for secret in secrets {
        let told = text.contains(secret.as_str()) || text.contains(&encoded(secret));
        assert!(!told, "{secret} is told in {place}: {text}");
    }
}

/// Pages that lead somebody through all of the console.
const PAGES: &[&str] = &[
    "/console/",
    "/console/me",
    "/console/licenses",
    "/console/licenses/export",
    "/console/devices",
    "/console/generate",
    "/console/generate/tier",
    "/console/test",
    "/console/license-key",
    "/console/people",
    "/console/tokens",
    "/console/audit",
    "/console/audit/export?as=csv",
    "/console/audit/export?as=jsonl",
    "/console/keys",
    "/console/products",
    "/console/customers",
    "/console/installations",
    "/console/pools",
    "/console/settings",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_told_by_the_page_that_shows_it_alone() {
    log_lines::keep();
    for site in Site::all().await {
        let agent = Person::of(&site, Role::Admin).await;
        let form = agent.page("/console/generate/tier").await;
        let (before, _) = form.split_once(">pro</option>").expect("a tier");
        let policy =
            between(before.rsplit_once("<option value=\"").expect("an option").1, "", "\"").to_owned();
        let made = agent.post("/console/generate/tier", &[("policy", &policy), ("user", "c-1")]).await;
        let key = between(&made.body, "id=\"key\" tabindex=\"0\"><code>", "</code>").to_owned();
        let found = site.engine.find(&Named::Key(key.clone())).await.expect("a licence").license.id;
        let file = file(&site).await;
        // The signature is what makes the file one.
        let signature =
            between(&file.key, "\"signature\"", "}").trim_matches([':', ' ', '"', '\n']).to_owned();
        assert!(signature.len() > 100, "{}", file.key);
        let secrets = [key.clone(), file.key.clone(), signature];
        // Those who show it, whose heads are looked at.
        let mut heads: Vec<(String, Answer)> = vec![("generate".to_owned(), made)];
        // Those who do not.
        let mut answers: Vec<(String, Answer)> = Vec::new();

        for (id, text) in [(found, &key), (file.id, &file.key)] {
            let place = format!("/console/licenses/{id}");
            answers.push((place.clone(), agent.get(&place).await));
            let revealed = agent.post(&format!("{place}/reveal"), &[]).await;
            assert!(revealed.body.contains("That you looked at it is written down."), "{}", revealed.body);
            heads.push((format!("{place}/reveal"), revealed));
            let path = format!("/console/generate/download/{id}");
            let taken = agent.post(&path, &[]).await;
            assert_eq!(&taken.body, text);
            heads.push((path, taken));
            heads.push(("/console/test".to_owned(), agent.post("/console/test", &[("text", text)]).await));
            for fields in [&[("days", "10")][..], &[("device", "mac-7"), ("email", "it@example.com")]] {
                let action = if fields.len() == 1 { "extend" } else { "transfer" };
                answers.push((action.to_owned(), agent.post(&format!("{place}/{action}"), fields).await));
            }
            answers.push((place.clone(), agent.get(&place).await));
        }
        let request = Activate { key: key.clone(), fingerprint: "mac-8".to_owned(), name: None };
        site.engine.activate(&Caller::operator(), request, None).await.expect("an answer");

        // A whole key leads to its licence, typed and as the form sends it without scripts.
        let typed = agent.post("/console/licenses", &[("q", &key)]).await;
        let sent = agent.get(&format!("/console/licenses?q={}", encoded(&key))).await;
        for (how, answer) in [("typed", typed), ("sent", sent)] {
            let told = answer.header("location").or_else(|| answer.header("hx-redirect"));
            assert_eq!(told, Some(&*format!("/console/licenses/{found}")), "{how}: {answer:?}");
            answers.push((how.to_owned(), answer));
        }
        for path in PAGES {
            let answer = agent.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            answers.push(((*path).to_owned(), answer));
        }
        // A form of no page of this session says nothing of what was typed into it, either.
        let foreign = [("key", &*key), ("text", &*key), ("q", &*key)];
        for path in ["/console/license-key", "/console/test", "/console/licenses"] {
            answers.push((path.to_owned(), agent.post_with(path, &foreign, "another session's").await));
        }
        for (place, answer) in &answers {
            is_silent(place, &answer.head, &secrets);
            is_silent(place, &answer.body, &secrets);
        }
        for (place, answer) in &heads {
            is_silent(place, &answer.head, &secrets);
        }
        is_told_nowhere(&site, &secrets).await;
    }
}

/// Not in the audit log, the metrics or log lines.
async fn is_told_nowhere(site: &Site, secrets: &[String]) {
    site.engine.flush_recorder().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let audit = format!("{:?}", site.engine.audit_log(None, 10_000).await.expect("entries"));
    let (metrics, lines) = (site.get("/metrics").await.body, log_lines::kept());
    assert!(lines.contains("/console/licenses") && lines.contains(" DEBUG "), "nothing was logged");
    for (place, text) in [("the audit log", &audit), ("the metrics", &metrics), ("the log", &lines)] {
        for secret in secrets {
            assert!(
                !text.contains(&**secret) && !text.contains(&encoded(secret)),
                "a secret is told in {place}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_is_told_by_the_page_that_shows_it_alone() {
    log_lines::keep();
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        site.tier_key("pro", "c-1").await;
        let made = admin.post("/console/tokens", &[("name", "CI"), ("may", "read-only")]).await;
        let token = shown(&made.body).to_owned();
        let id = site.engine.authenticate(&token).await.expect("asked").expect("it is good").token;
        let secrets = [token.clone()];
        is_silent("the page's head", &made.head, &secrets);
        let mut answers = Vec::new();
        let used = format!("GET /v1/licenses HTTP/1.1\r\nAuthorization: Bearer {token}");
        answers.push(("the API", site.ask(&used, "").await));
        answers.push(("a foreign form", admin.post_with("/console/tokens", &[("name", &token)], "no").await));
        for path in PAGES {
            answers.push((path, admin.get(path).await));
        }
        answers.push(("revoking", admin.post(&format!("/console/tokens/{id}/revoke"), &[]).await));
        for (place, answer) in &answers {
            is_silent(place, &answer.head, &secrets);
            is_silent(place, &answer.body, &secrets);
        }
        is_told_nowhere(&site, &secrets).await;
    }
}
