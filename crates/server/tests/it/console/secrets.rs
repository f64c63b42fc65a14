//! Nothing that lets somebody in is told: not in log lines at their most talkative, not in metrics, the audit log or headers.

use std::time::Duration;

use keyward_engine::token::Role;

use super::people::{PASSWORD, Person, accept, cookie, get, link, now, post, show_code, sign_in};
use crate::log_lines;
use crate::site::Site;
use crate::world::Answer;

const WRONG: &str = "a sentence that is nobody's business";
const NEW: &str = "another sentence that is nobody's business";
const EMAIL: &str = "address-of-a-person@example.com";

/// Whether a text has these digits as a word of their own; as a part of an id they are chance.
fn has_word(text: &str, digits: &str) -> bool {
    let is_word = |found: usize| {
        let around = [text[..found].chars().next_back(), text[found + digits.len()..].chars().next()];
        around.iter().flatten().all(|c| !c.is_ascii_alphanumeric() && *c != '.' && *c != '-')
    };
    text.match_indices(digits).any(|(found, _)| is_word(found))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_lets_anybody_in_is_told() {
    log_lines::keep();
    for site in Site::all().await {
        let mut answers: Vec<(&str, Answer)> = Vec::new();
        let link = link(&site, Role::Admin, None).await;
        let page = format!("/console/set-up?link={link}");
        answers.push(("the set-up page", get(&site, &page, "").await));
        answers.push(("a short password", accept(&site, &link, EMAIL, "pass-wor").await));
        answers.push(("no address", accept(&site, &link, "nothing", WRONG).await));
        let entered = accept(&site, &link, EMAIL, PASSWORD).await;
        let person = Person::with(&site, EMAIL, &entered).await;
        answers.push(("the used link", get(&site, &page, "").await));
        answers.push(("a wrong password", sign_in(&site, EMAIL, WRONG).await));
        let secret = person.second_factor().await;
        site.clock.advance(30);
        let waiting = sign_in(&site, EMAIL, PASSWORD).await;
        let code = secret.code(now(&site));
        let let_in = show_code(&site, &cookie(&waiting), &code).await;
        answers.push(("a used code", show_code(&site, &cookie(&waiting), &code).await));
        let fields = [("old", WRONG), ("new", NEW), ("again", NEW)];
        answers.push(("another wrong password", person.post("/console/me/password", &fields).await));
        let fields = [("old", PASSWORD), ("new", NEW), ("again", NEW)];
        answers.push(("a new password", person.post("/console/me/password", &fields).await));
        let query = format!("/console/sign-in?password={WRONG}&code={code}").replace(' ', "+");
        answers.push(("a password in an address", get(&site, &query, "").await));
        answers.push(("a form of nobody", post(&site, "/console/me/password", "", &fields).await));
        answers.push(("signing out", person.post("/console/sign-out", &[]).await));

        let value = |answer: &Answer| cookie(answer).split('=').nth(1).expect("a value").to_owned();
        let sessions = [value(&entered), value(&waiting), value(&let_in)];
        let mut secrets = vec![PASSWORD.to_owned(), WRONG.to_owned(), NEW.to_owned(), "pass-wor".to_owned()];
        for text in secrets.clone() {
            secrets.push(text.replace(' ', "+"));
            secrets.push(text.replace(' ', "%20"));
        }
        secrets.extend(sessions);
        secrets.extend([link.clone(), person.csrf.clone(), secret.to_text().to_string()]);
        for (what, answer) in &answers {
            for secret in &secrets {
                assert!(!answer.head.contains(&**secret), "{what}: {secret} is told in {}", answer.head);
                // The form carries the link on, and a page the proof of its own session.
                let is_its_own = *secret == link || *secret == person.csrf;
                assert!(
                    is_its_own || !answer.body.contains(&**secret),
                    "{what}: {secret} in {}",
                    answer.body
                );
            }
        }
        site.engine.flush_recorder().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let entries = site.engine.audit_log(None, 100).await.expect("entries");
        let events: Vec<_> = entries.iter().map(|entry| entry.event.as_str()).collect();
        for event in
            ["person.invite", "person.accept", "person.second_factor", "session.password", "session.open"]
        {
            assert!(events.contains(&event), "{event}: {events:?}");
        }
        let audit = format!("{entries:?}");
        let (metrics, lines) = (site.get("/metrics").await.body, log_lines::kept());
        assert!(lines.contains("/console/sign-in/code") && lines.contains(" DEBUG "), "nothing was logged");
        for (place, text) in [("the audit log", &audit), ("the metrics", &metrics), ("the log", &lines)] {
            for secret in &secrets {
                assert!(!text.contains(&**secret), "{secret} is told in {place}");
            }
            assert!(!has_word(text, &code), "the code {code} is told in {place}");
        }
        assert!(!lines.contains(EMAIL) && !metrics.contains(EMAIL), "who signed in is told in the log");
    }
}
