//! Signing in: the cookie, the proof in each form, and when a session is over.

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::token::Role;

use super::{FORM, Person, encoded, sign_in, token};
use crate::site::{START, Site};

const HOUR: i64 = 3_600;

/// Whether somebody is still signed in.
async fn is_in(person: &Person<'_>) -> bool {
    person.get("/records").await.body.contains("Sign out")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_this_site_and_no_script() {
    let proxied = |config: &mut keyward_server::config::Config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    for site in Site::all_with(proxied).await {
        let (_, token) = token(&site, Role::Admin).await;
        let answer = sign_in(&site, &token).await;
        let cookie = answer.header("set-cookie").expect("a cookie");
        let (pair, attributes) = cookie.split_once("; ").expect("attributes");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
        let (name, secret) = pair.split_once('=').expect("a value");
        assert_eq!((name, secret.len()), ("keyward_records", 64));
        assert!(!token.contains(secret));

        // Under TLS, which the proxy says, it is for TLS alone, and has a name that no other host can set.
        let head = format!("POST /records/sign-in HTTP/1.1\r\n{FORM}\r\nX-Forwarded-Proto: https");
        let answer = site.ask(&head, &encoded(&[("token", &token)])).await;
        let cookie = answer.header("set-cookie").expect("a cookie");
        let (pair, attributes) = cookie.split_once("; ").expect("attributes");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure");
        assert!(pair.starts_with("__Host-keyward_records="), "{pair}");
        let head = format!("GET /records HTTP/1.1\r\nX-Forwarded-Proto: https\r\nCookie: {pair}");
        assert!(site.ask(&head, "").await.body.contains("Sign out"));
        let renamed = pair.replace("__Host-", "");
        let head = format!("GET /records HTTP/1.1\r\nX-Forwarded-Proto: https\r\nCookie: {renamed}");
        assert!(!site.ask(&head, "").await.body.contains("Sign out"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_shows_to_a_proxy_is_no_token() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let ask = async |cookie: &str, authorization: &str| {
            let head = format!("GET /records HTTP/1.1\r\nCookie: {cookie}\r\nAuthorization: {authorization}");
            let answer = site.ask(&head, "").await;
            (answer.status, answer.body.contains("Sign out"))
        };
        for shown in
            ["Basic dXNlcjpwYXNzd29yZA==", "basic dXNlcjpwYXNzd29yZA==", "Digest username=\"u\"", "Basic", ""]
        {
            assert_eq!(ask(&person.cookie, shown).await, (200, true), "{shown}");
            assert_eq!(ask("", shown).await, (200, false), "{shown}");
            // The form still needs its proof.
            let head = format!("{}\r\nAuthorization: {shown}", person.head("/records"));
            let fields = [("client_id", "b.example"), ("license_type", "Pro"), ("duration", "30")];
            assert_eq!(site.ask(&head, &encoded(&fields)).await.status, 403, "{shown}");
        }
        // A token that was shown counts, whatever the cookie says.
        for shown in ["Bearer wrong", "bearer wrong", "Bearer"] {
            assert_eq!(ask(&person.cookie, shown).await, (401, false), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_by_the_page_of_another_site() {
    for site in super::sites().await {
        let (_, token) = token(&site, Role::SalesAgent).await;
        let status = async |headers: &str| {
            let head = format!("POST /records/sign-in HTTP/1.1\r\n{FORM}{headers}");
            let answer = site.ask(&head, &encoded(&[("token", &token)])).await;
            assert_eq!(answer.header("set-cookie").is_some(), answer.status == 303, "{headers}: {answer:?}");
            answer.status
        };
        // The host that is asked for is `test`.
        for ours in [
            "",
            "\r\nOrigin: http://test",
            "\r\nOrigin: https://TEST",
            "\r\nOrigin: http://test:80",
            "\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://test",
            "\r\nSec-Fetch-Site: none",
            // A proxy in between that asks for another host; the browser knows better.
            "\r\nSec-Fetch-Site: same-origin\r\nOrigin: https://licences.example",
        ] {
            assert_eq!(status(ours).await, 303, "{ours}");
        }
        for other in [
            "\r\nSec-Fetch-Site: cross-site",
            "\r\nSec-Fetch-Site: same-site",
            "\r\nSec-Fetch-Site: same-site\r\nOrigin: http://test",
            // Over plain HTTP browsers say no more than this.
            "\r\nOrigin: http://evil.example",
            "\r\nOrigin: http://test:8080",
            "\r\nOrigin: http://test.evil.example",
            "\r\nOrigin: null",
            "\r\nOrigin: ",
        ] {
            assert_eq!(status(other).await, 403, "{other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_the_proof_of_its_own_session() {
    for site in super::sites().await {
        let (person, other) = (Person::at(&site).await, Person::at(&site).await);
        let path = person.issued("example.com", "Pro", "30").await;
        let good = [("client_id", "b.example"), ("license_type", "Pro"), ("duration", "30")];
        let cut = &person.csrf[1..];
        for proof in ["", "no", cut, other.csrf.as_str(), person.cookie.as_str()] {
            for (place, fields) in [
                ("/records".to_owned(), &good[..]),
                (format!("{path}/revoke"), &[][..]),
                (format!("{path}/reactivate"), &[("days", "5")][..]),
                ("/records/sign-out".to_owned(), &[][..]),
            ] {
                let fields = [fields, &[("csrf", proof)]].concat();
                let answer = site.ask(&person.head(&place), &encoded(&fields)).await;
                assert_eq!(answer.status, 403, "{place} {proof}: {answer:?}");
                assert!(answer.body.contains("nothing was done"), "{}", answer.body);
            }
            let answer = site.ask(&person.head("/records"), &encoded(&good)).await;
            assert_eq!(answer.status, 403, "without the field: {answer:?}");
        }
        assert!(is_in(&person).await, "nobody was signed out");
        let table = person.get("/records").await.body;
        assert!(table.contains("active") && !table.contains("b.example"), "nothing was changed: {table}");
        // What one sees, the other sees too: they are of one account.
        assert!(other.get("/records").await.body.contains("example.com"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_there_is_nothing_to_see_or_do() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        let signature = person.signature(&path).await;
        let wrong = format!("keyward_records={}", "0".repeat(64));
        for cookie in
            ["", "keyward_records=", "keyward_records=abc", wrong.as_str(), "other=1; keyward_records"]
        {
            for (what, status) in [
                ("GET /records".to_owned(), 200),
                (format!("GET {path}"), 401),
                (format!("GET {path}/record.json"), 401),
                ("POST /records".to_owned(), 401),
                (format!("POST {path}/revoke"), 401),
                (format!("POST {path}/reactivate"), 401),
                ("POST /records/sign-out".to_owned(), 401),
            ] {
                let head = format!("{what} HTTP/1.1\r\n{FORM}\r\nCookie: {cookie}");
                let answer = site.ask(&head, "client_id=b.example&license_type=Pro&duration=30&days=3").await;
                assert_eq!(answer.status, status, "{what} {cookie}: {answer:?}");
                assert!(answer.body.contains("How to get a token"), "{what}: {}", answer.body);
                assert!(!answer.body.contains(&signature) && !answer.body.contains("example.com<"), "{what}");
            }
        }
        assert!(!person.get("/records").await.body.contains("b.example"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_leads_back_to_what_was_typed() {
    for site in super::sites().await {
        let head = format!("POST /records HTTP/1.1\r\n{FORM}");
        let answer = site.ask(&head, "client_id=a+%26b&license_type=Pro&duration=12").await;
        let next = super::hidden(&answer, "next").replace("&#38;", "&");
        let (_, token) = token(&site, Role::SalesAgent).await;
        let head = format!("POST /records/sign-in HTTP/1.1\r\n{FORM}");
        let answer = site.ask(&head, &encoded(&[("token", &token), ("next", &next)])).await;
        let place = answer.header("location").expect("a place");
        let cookie =
            answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
        let page = site.ask(&format!("GET {place} HTTP/1.1\r\nCookie: {cookie}"), "").await.body;
        for text in ["value=\"a &#38;b\"", "<option selected>Pro</option>", "value=\"12\"", "no licence yet"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        // And nowhere else.
        for evil in ["//evil.example", "https://evil.example/records", "/records\r\nX-Evil: 1", "/metrics"] {
            let answer = site.ask(&head, &encoded(&[("token", &token), ("next", evil)])).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some("/records")), "{evil}");
            assert!(answer.header("x-evil").is_none());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_over_twelve_hours_after_its_last_use() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        for _ in 0..5 {
            site.clock.advance(11 * HOUR);
            assert!(is_in(&person).await);
        }
        site.clock.advance(12 * HOUR);
        assert!(!is_in(&person).await);
        let answer = person.issue("example.com", "Pro", "30").await;
        assert_eq!(answer.status, 401);
        assert!(answer.body.contains("your session is over"), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_over_with_its_token() {
    for site in super::sites().await {
        let end = Timestamp::from_seconds(START + 2 * HOUR);
        let made = site.engine.create_token(&Caller::operator(), Role::SalesAgent, "short", Some(end)).await;
        let made = made.expect("a token");
        let person = Person::with(&site, made.row.id, made.token.expose()).await;
        site.clock.advance(HOUR);
        assert!(is_in(&person).await);
        site.clock.set(end.plus_micros(-1));
        assert!(is_in(&person).await);
        site.clock.set(end);
        assert!(!is_in(&person).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_token_ends_its_sessions_on_every_node_at_once() {
    for site in super::sites().await {
        // On PostgreSQL the token is revoked at another node.
        let other = if site.engine.store().kind() == "postgres" { Some(site.node().await) } else { None };
        let at = other.as_ref().unwrap_or(&site);
        let (person, stays) = (Person::at(&site).await, Person::at(&site).await);
        let second = {
            let (id, token) = token(&site, Role::Admin).await;
            let one = Person::with(&site, id, &token).await;
            let two = Person::with(&site, id, &token).await;
            at.engine.revoke_token(&Caller::operator(), id).await.expect("it is revoked");
            assert!(!is_in(&one).await && !is_in(&two).await);
            assert_eq!(sign_in(&site, &token).await.status, 401);
            two
        };
        assert_eq!(second.issue("example.com", "Pro", "30").await.status, 401);
        assert!(is_in(&person).await && is_in(&stays).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_this_session_alone_and_is_written_down() {
    for site in super::sites().await {
        let (id, token) = token(&site, Role::SalesAgent).await;
        let (one, two) = (Person::with(&site, id, &token).await, Person::with(&site, id, &token).await);
        let answer = one.post("/records/sign-out", &[]).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/records")));
        let cookie = answer.header("set-cookie").expect("a cookie");
        assert_eq!(cookie, "keyward_records=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        assert!(!is_in(&one).await && is_in(&two).await);
        assert_eq!(one.post("/records/sign-out", &[]).await.status, 401);

        let entries = site.engine.audit_log(None, 100).await.expect("entries");
        let of = |event: &str| entries.iter().filter(|entry| entry.event == event).collect::<Vec<_>>();
        assert_eq!((of("session.open").len(), of("session.close").len()), (2, 1));
        for entry in of("session.open").into_iter().chain(of("session.close")) {
            assert_eq!((entry.actor_id, entry.front.as_str()), (Some(id), "records"));
            assert!(!entry.detail.contains(&token) && entry.address.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_issue_are_let_in() {
    for site in super::sites().await {
        for (role, status) in [
            (Role::Admin, 303),
            (Role::Developer, 303),
            (Role::SalesAgent, 303),
            (Role::SupportAgent, 403),
            (Role::ReadOnly, 403),
        ] {
            let (_, token) = token(&site, role).await;
            let answer = sign_in(&site, &token).await;
            assert_eq!(answer.status, status, "{role}: {answer:?}");
            assert_eq!(answer.header("set-cookie").is_some(), status == 303, "{role}");
            let head = format!("POST /records HTTP/1.1\r\n{FORM}\r\nAuthorization: Bearer {token}");
            let body = format!("client_id={role}.example&license_type=Pro&duration=3");
            assert_eq!(site.ask(&head, &body).await.status, status, "{role}");
        }
        // White space around a token that was copied is no mistake; another site's form is one.
        let (_, token) = token(&site, Role::SalesAgent).await;
        assert_eq!(sign_in(&site, &format!(" {token}\r\n")).await.status, 303);
        let head = format!("POST /records/sign-in HTTP/1.1\r\n{FORM}\r\nSec-Fetch-Site: cross-site");
        let answer = site.ask(&head, &encoded(&[("token", &token)])).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, None));
    }
}
