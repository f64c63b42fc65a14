//! Where it is served, and what its pages allow a browser.

use keyward_engine::crypto::AwsLc;

use super::{OldKey, Person};
use crate::site::{Site, ask};

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_of_its_own_shows_the_form_at_its_root() {
    let own = |config: &mut keyward_server::config::Config| {
        config.dialects.records.listen = Some("127.0.0.1:0".parse().expect("an address"));
    };
    for site in Site::all_with(own).await {
        let url = &site.urls[1];
        let get = async |path: &str| ask(url, &format!("GET {path} HTTP/1.1"), "").await;
        for path in ["/", "/records"] {
            let page = get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains("How to get a token"), "{path}");
        }
        let person = Person::at(&site).await;
        let page = ask(url, &format!("GET / HTTP/1.1\r\nCookie: {}", person.cookie), "").await;
        assert!(page.body.contains("New licence"), "{}", page.body);
        assert_eq!(get("/public_key").await.status, 200);
        let answer =
            ask(url, "POST /validate_license HTTP/1.1", r#"{"client_id":"a","signature":"b"}"#).await;
        assert_eq!(answer.json()["message"], "License not found.");
        // Other dialects are not served here, and what is not found is not found in its words.
        let missing = get("/api/stats").await;
        assert_eq!((missing.status, missing.json()["status"].as_str()), (404, Some("error")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_is_not_there() {
    let site = Site::with(|config| config.dialects.records.enabled = false).await;
    for what in ["GET /records", "GET /public_key", "POST /validate_license"] {
        let answer = site.ask(&format!("{what} HTTP/1.1"), "").await;
        assert_eq!(answer.status, 404, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_run_no_script_and_are_kept_and_framed_by_nobody() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        for answer in [
            site.get("/records").await,
            site.get(&path).await,
            person.get("/records").await,
            person.get(&path).await,
            person.get("/records/999").await,
            person.issue("example.com", "Pro", "30").await,
            person.issue("", "", "").await,
            super::sign_in(&site, "wrong").await,
        ] {
            let csp = answer.header("content-security-policy").expect("a policy");
            assert_eq!(
                csp,
                "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            );
            for (name, value) in [
                ("x-frame-options", "DENY"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{name}: {}", answer.head);
            }
            for text in ["<script", "style=", "<style", " onclick", "javascript:"] {
                assert!(!answer.body.contains(text), "{text}: {}", answer.body);
            }
            assert!(answer.header("x-request-id").is_some());
        }
        let style = site.get("/records/style.css").await;
        assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
        assert!(style.body.contains("prefers-color-scheme: dark"));
        let moved = site.get("/records/sign-in").await;
        assert_eq!((moved.status, moved.header("location")), (303, Some("/records")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_origins_may_ask_about_licences_where_they_are_listed_and_never_use_the_form() {
    let listed = |config: &mut keyward_server::config::Config| {
        config.dialects.records.cors_origins =
            vec![keyward_server::config::Origin::parse("https://app.example.com").expect("an origin")];
    };
    for site in Site::all_with(listed).await {
        let asked = async |what: &str| {
            let head = format!("{what} HTTP/1.1\r\nOrigin: https://app.example.com");
            let answer = site.ask(&head, "{}").await;
            answer.header("access-control-allow-origin").map(str::to_owned)
        };
        assert_eq!(asked("POST /validate_license").await.as_deref(), Some("https://app.example.com"));
        assert_eq!(asked("GET /records").await, None);
        assert_eq!(asked("POST /records").await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_key_is_that_of_the_imported_one() {
    for site in super::sites().await {
        let pem = site.get("/public_key").await.body;
        let read = |pem: &str| {
            keyward_core::crypto::PublicKey::from_pem(pem, &AwsLc).expect("a public key").id().to_string()
        };
        assert_eq!(read(&pem), read(&OldKey::read().public));
    }
}
