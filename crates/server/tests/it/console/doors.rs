//! What stands around every page: the policy, the cookie, the proof in each form, and where a form may lead.

use keyward_engine::Caller;
use keyward_engine::token::Role;
use keyward_server::config::Config;

use super::people::{ADA, PASSWORD, Person, accept, cookie, get, is_in, link, post, show_code, sign_in};
use crate::site::Site;
use crate::world::Answer;

const POLICY: [&str; 5] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
];

fn assert_guarded(answer: &Answer, what: &str) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{what}: {answer:?}");
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for part in POLICY {
        assert!(policy.split("; ").any(|found| found == part), "{what}: {part}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}: {answer:?}");
    }
    // What the policy would refuse is not there in the first place.
    let markup = answer.body.to_ascii_lowercase();
    for inline in
        ["<script>", "<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"]
    {
        assert!(!markup.contains(inline), "{what}: {inline}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_framed_by_nobody_and_loads_nothing_of_others() {
    for site in Site::all_with(|config| config.server.body_limit.0 = 4_096).await {
        let ada = Person::ada(&site).await;
        let link = link(&site, Role::Admin, None).await;
        for (path, cookie, status) in [
            ("/console/", "", 401),
            ("/console/sign-in", "", 200),
            ("/console/sign-in/code", "", 200),
            ("/console/set-up", "", 404),
            (&format!("/console/set-up?link={link}"), "", 200),
            ("/console/me", "", 401),
            ("/console/nothing", "", 404),
            ("/console/sign-out", "", 405),
            ("/console/", &ada.cookie, 200),
            ("/console/me", &ada.cookie, 200),
            ("/console/me/second-factor", &ada.cookie, 200),
        ] {
            let answer = get(&site, path, cookie).await;
            assert_eq!(answer.status, status, "{path}: {answer:?}");
            assert_guarded(&answer, path);
        }
        let long = "x".repeat(5_000);
        for (path, fields, status) in [
            ("/console/sign-in", &[("email", ADA), ("password", "wrong")][..], 401),
            ("/console/sign-in", &[("email", &long)], 413),
            ("/console/sign-in/code", &[("code", "1")], 401),
            ("/console/set-up", &[("link", &link), ("password", "short"), ("again", "short")], 422),
            ("/console/me/password", &[], 401),
            ("/console/nothing", &[], 405),
        ] {
            let answer = post(&site, path, "", fields).await;
            assert_eq!(answer.status, status, "{path}: {answer:?}");
            assert_guarded(&answer, path);
        }
        assert_guarded(&ada.send("/console/me/password", &[]).await, "a form of nobody");
        assert_guarded(&ada.post("/console/me/password", &[("old", "wrong")]).await, "a wrong password");
        // What every page loads may be kept, since its address changes with it.
        let page = ada.get("/console/").await.body;
        let places = page.split('"').filter(|part| part.starts_with("/console/assets/"));
        let places: std::collections::BTreeSet<_> = places.collect();
        assert_eq!(places.len(), 4, "{places:?}");
        for place in places {
            let answer = site.get(place).await;
            assert_eq!(
                (answer.status, answer.header("x-content-type-options")),
                (200, Some("nosniff")),
                "{place}"
            );
            assert!(answer.header("cache-control").is_some_and(|kept| kept.contains("immutable")), "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_this_site_and_no_script() {
    let proxied = |config: &mut Config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    for site in Site::all_with(proxied).await {
        let ada = Person::ada(&site).await;
        let answer = sign_in(&site, ADA, PASSWORD).await;
        let (pair, attributes) =
            answer.header("set-cookie").and_then(|it| it.split_once("; ")).expect("attributes");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
        assert!(pair.starts_with("keyward_console=") && pair.len() == 16 + 64, "{pair}");

        // Under TLS, which the proxy says, it is for TLS alone, and has a name that no other host can set.
        let https = "\r\nX-Forwarded-Proto: https";
        let fields = [("email", ADA), ("password", PASSWORD)];
        let answer = post(&site, "/console/sign-in", https, &fields).await;
        let (pair, attributes) =
            answer.header("set-cookie").and_then(|it| it.split_once("; ")).expect("attributes");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure");
        assert!(pair.starts_with("__Host-keyward_console="), "{pair}");
        for (cookie, status) in [(pair, 200), (&*pair.replace("__Host-", ""), 401), (&*ada.cookie, 401)] {
            let head = format!("GET /console/me HTTP/1.1{https}\r\nCookie: {cookie}");
            assert_eq!(site.ask(&head, "").await.status, status, "{cookie}");
        }
        let fields = [("csrf", &*ada.csrf)];
        let answer = ada.send("/console/sign-out", &fields).await;
        assert_eq!(
            answer.header("set-cookie"),
            Some("keyward_console=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
        );
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console/sign-in")));
        assert!(!ada.is_in().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_that_was_known_before_signing_in_is_worth_nothing_after() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        let planted = format!("keyward_console={}", "a".repeat(64));
        let fields = [("email", ADA), ("password", PASSWORD)];
        let headers = format!("\r\nCookie: {planted}");
        let first = cookie(&post(&site, "/console/sign-in", &headers, &fields).await);
        assert!(first != planted && !is_in(&site, &planted).await && is_in(&site, &first).await);
        // Whoever signs in again gets another one.
        let second = cookie(&post(&site, "/console/sign-in", &format!("\r\nCookie: {first}"), &fields).await);
        assert_ne!(first, second);

        let secret = ada.second_factor().await;
        site.clock.advance(30);
        let waiting = cookie(&sign_in(&site, ADA, PASSWORD).await);
        for path in ["/console/", "/console/me", "/console/me/second-factor", "/records"] {
            let page = get(&site, path, &waiting).await;
            assert!(!page.body.contains("Sign out"), "{path}: {page:?}");
        }
        let answer = show_code(&site, &waiting, &secret.code(super::people::now(&site))).await;
        let entered = cookie(&answer);
        assert!(entered != waiting && is_in(&site, &entered).await && !is_in(&site, &waiting).await);
        // Nor does the one that waited wait any longer.
        site.clock.advance(30);
        let answer = show_code(&site, &waiting, &secret.code(super::people::now(&site))).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (401, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_waits_for_a_code_waits_for_five_minutes() {
    for site in Site::all().await {
        let secret = Person::ada(&site).await.second_factor().await;
        let waiting = cookie(&sign_in(&site, ADA, PASSWORD).await);
        site.clock.advance(299);
        assert!(get(&site, "/console/sign-in/code", &waiting).await.body.contains("Code from your"));
        site.clock.advance(1);
        assert!(!get(&site, "/console/sign-in/code", &waiting).await.body.contains("Code from your"));
        let answer = show_code(&site, &waiting, &secret.code(super::people::now(&site))).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (401, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_the_proof_of_its_own_session() {
    const NEW: &str = "another sentence that nobody guesses";
    for site in Site::all().await {
        let (ada, bob) = (Person::ada(&site).await, Person::new(&site, Role::Admin, "bob@example.com").await);
        let again = Person::again(&site, ADA).await;
        assert_ne!(ada.csrf, again.csrf);
        let session = site.engine.sessions_of(ada.id).await.expect("sessions")[0].id;
        let end = format!("/console/me/sessions/{session}/end");
        let secret = site.engine.new_second_factor();
        let (text, code) = (secret.to_text(), secret.code(super::people::now(&site)));
        let forms: [(&str, &[(&str, &str)]); 6] = [
            ("/console/me/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]),
            ("/console/me/second-factor", &[("secret", &text), ("code", &code)]),
            ("/console/me/second-factor/drop", &[("password", PASSWORD)]),
            (&end, &[]),
            ("/console/me/sessions/end-others", &[]),
            ("/console/sign-out", &[]),
        ];
        for (path, fields) in forms {
            let cut = &ada.csrf[1..];
            for proof in [
                None,
                Some(""),
                Some("no"),
                Some(cut),
                Some(&*bob.csrf),
                Some(&*again.csrf),
                Some(&*ada.cookie),
            ] {
                let proof: Vec<_> = proof.map(|proof| ("csrf", proof)).into_iter().collect();
                let answer = ada.send(path, &[fields, &proof].concat()).await;
                assert_eq!(answer.status, 403, "{path} {proof:?}: {answer:?}");
                assert!(answer.body.contains("nothing was done"), "{}", answer.body);
            }
            // Without a session there is nothing to prove.
            let fields = [fields, &[("csrf", &*ada.csrf)]].concat();
            assert_eq!(post(&site, path, "", &fields).await.status, 401, "{path}");
        }
        assert!(ada.is_in().await && again.is_in().await);
        assert_eq!(sign_in(&site, ADA, PASSWORD).await.status, 303, "it is the same password still");
        let person = site.engine.person(ada.id).await.expect("Ada");
        assert!(!person.has_second_factor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_an_open_browser_puts_no_second_factor_in_the_place_of_another() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        let secret = ada.second_factor().await;
        site.clock.advance(30);
        let page = ada.get("/console/me/second-factor").await;
        assert_eq!((page.status, page.header("location")), (303, Some("/console/me")), "{page:?}");
        let other = site.engine.new_second_factor();
        let (text, code) = (other.to_text(), other.code(super::people::now(&site)));
        let fields = [("secret", &**text), ("code", &*code)];
        let answer = ada.post("/console/me/second-factor", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console/me")), "{answer:?}");
        let refused =
            site.engine.set_second_factor(&Caller::operator(), ada.id, PASSWORD, &other, &code).await;
        assert_eq!(refused.expect_err("there is one").code(), "INVALID_ARGUMENT");
        let waiting = cookie(&sign_in(&site, ADA, PASSWORD).await);
        assert_eq!(show_code(&site, &waiting, &code).await.status, 401);
        let code = secret.code(super::people::now(&site));
        assert_eq!(show_code(&site, &waiting, &code).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_ends_the_sessions_of_others() {
    for site in Site::all().await {
        let (ada, bob) = (Person::ada(&site).await, Person::new(&site, Role::Admin, "bob@example.com").await);
        let session = site.engine.sessions_of(ada.id).await.expect("sessions")[0].id;
        for id in [session.to_string(), "nonsense".to_owned(), uuid::Uuid::nil().to_string()] {
            bob.post(&format!("/console/me/sessions/{id}/end"), &[]).await;
        }
        bob.post("/console/me/sessions/end-others", &[]).await;
        assert!(ada.is_in().await && bob.is_in().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_by_the_page_of_another_site() {
    for site in Site::all().await {
        let secret = Person::ada(&site).await.second_factor().await;
        for other in [
            "\r\nSec-Fetch-Site: cross-site",
            "\r\nSec-Fetch-Site: same-site\r\nOrigin: http://test",
            "\r\nOrigin: http://evil.example",
            "\r\nOrigin: http://test.evil.example",
            "\r\nOrigin: null",
        ] {
            let fields = [("email", ADA), ("password", PASSWORD)];
            let answer = post(&site, "/console/sign-in", other, &fields).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{other}");
            assert!(answer.body.contains("sent by another site"), "{}", answer.body);

            let link = link(&site, Role::ReadOnly, None).await;
            let fields =
                [("link", &*link), ("email", "eve@example.com"), ("password", PASSWORD), ("again", PASSWORD)];
            let answer = post(&site, "/console/set-up", other, &fields).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{other}");

            site.clock.advance(30);
            let waiting = cookie(&sign_in(&site, ADA, PASSWORD).await);
            let code = secret.code(super::people::now(&site));
            let headers = format!("{other}\r\nCookie: {waiting}");
            let answer = post(&site, "/console/sign-in/code", &headers, &[("code", &code)]).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{other}");

            let answer = post(&site, "/console/language", other, &[("language", "fr")]).await;
            assert_eq!(answer.header("set-cookie"), None, "{other}");
        }
        assert_eq!(site.engine.people().await.expect("people").len(), 1);
        let ours = "\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://test";
        let fields = [("email", ADA), ("password", PASSWORD)];
        assert_eq!(post(&site, "/console/sign-in", ours, &fields).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_leads_to_another_site() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        for evil in [
            "https://evil.example/console/",
            "//evil.example/console/",
            "/\\evil.example",
            "/console/\\evil.example",
            "/console/\r\nX-Evil: 1",
            "/records",
            "javascript:alert(1)",
        ] {
            let fields = [("email", ADA), ("password", PASSWORD), ("next", evil)];
            let answer = post(&site, "/console/sign-in", "", &fields).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some("/console/")), "{evil}");
            assert_eq!(answer.header("x-evil"), None);
            let answer = post(&site, "/console/language", "", &[("language", "fr"), ("next", evil)]).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some("/console/")), "{evil}");
            let query = super::super::records::encoded(&[("next", evil)]);
            let answer = ada.get(&format!("/console/sign-in?{query}")).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some("/console/")), "{evil}");
            for answer in [
                get(&site, &format!("/console/sign-in?{query}"), "").await,
                get(&site, &format!("/console/sign-in/code?{query}"), "").await,
                post(&site, "/console/me/password", "", &[("at", evil)]).await,
                post(&site, "/console/sign-in/code", "", &[("next", evil)]).await,
            ] {
                assert!(
                    !answer.body.contains("evil") && !answer.body.contains("alert(1)"),
                    "{evil}: {}",
                    answer.body
                );
            }
        }
        // The address of a proxy's choosing does not matter either: only paths are sent.
        let answer = site.ask("GET /console HTTP/1.1\r\nX-Forwarded-Host: evil.example", "").await;
        assert_eq!(answer.header("location"), Some("/console/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_write_is_shown_as_text() {
    const SCRIPT: &str = "\"><script>alert(1)</script>";
    for site in Site::all().await {
        let link = link(&site, Role::Admin, None).await;
        let fields = [
            ("link", &*link),
            ("email", SCRIPT),
            ("name", SCRIPT),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        let answer = post(&site, "/console/set-up", "", &fields).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(
            !answer.body.contains("<script>") && answer.body.contains("&#60;script&#62;"),
            "{}",
            answer.body
        );
        let email = "a\"<script>@example.com";
        let fields = [
            ("link", &*link),
            ("email", email),
            ("name", SCRIPT),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        let headers = format!("\r\nUser-Agent: {SCRIPT}");
        let answer = post(&site, "/console/set-up", &headers, &fields).await;
        let person = Person::with(&site, email, &answer).await;
        for path in ["/console/", "/console/me", "/console/me/second-factor"] {
            assert_guarded(&person.get(path).await, path);
        }
        let page = person.get("/console/me").await.body;
        assert!(page.matches("&#60;script&#62;alert").count() >= 2, "the name and the browser: {page}");
        let answer = sign_in(&site, SCRIPT, "wrong").await;
        assert!(!answer.body.contains("<script>"), "{}", answer.body);
        assert_eq!(accept(&site, SCRIPT, "", "").await.status, 404);
    }
}
