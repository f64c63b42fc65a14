//! Senders who are locked out, and delays that begin: said in their language, and written down once.

use super::people::{ADA, PASSWORD, Person, get, link, post, show_code, sign_in};
use crate::site::Site;

const FRENCH: &str = "\r\nCookie: keyward_language=fr";

#[tokio::test(flavor = "multi_thread")]
async fn a_lockout_is_said_in_french_and_keeps_the_address() {
    for site in Site::all().await {
        Person::ada(&site).await;
        for number in 0..10 {
            sign_in(&site, &format!("{number}@example.com"), PASSWORD).await;
        }
        let fields = [("email", "typed@example.com"), ("password", "wrong"), ("next", "/console/people")];
        let answer = post(&site, "/console/sign-in", FRENCH, &fields).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
        for text in [
            "Trop de tentatives erronées ont été faites d’ici. Réessayez dans 60 secondes.",
            "value=\"typed@example.com\"",
            "name=\"next\" value=\"/console/people\"",
        ] {
            assert!(answer.body.contains(text), "{text}: {}", answer.body);
        }
        assert!(!answer.body.contains("wrong"), "{}", answer.body);
        // The page of a link, too.
        let path = format!("/console/set-up?link={}", "0".repeat(64));
        let answer = get(&site, &path, "keyward_language=fr").await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
        assert!(answer.body.contains("Réessayez dans 60 secondes."), "{}", answer.body);
        assert!(answer.body.contains("lang=\"fr\""), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_around_the_pages_is_said_in_french() {
    let site = Site::new().await;
    let answer = post(&site, "/console/licenses/x", "\r\nAccept-Language: fr", &[]).await;
    assert_eq!(answer.status, 405, "{answer:?}");
    assert!(answer.header("allow").is_some());
    assert!(answer.body.contains("Cette adresse ne s’utilise pas ainsi."), "{}", answer.body);
    let large = "x".repeat(3 << 20);
    let answer = post(&site, "/console/sign-in", FRENCH, &[("email", &large)]).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.body.contains("L’envoi dépasse ce que ce formulaire accepte."), "{}", answer.body);
}

/// The entries about delays: whom they are about, and what they say.
async fn delays(site: &Site) -> Vec<(Option<uuid::Uuid>, String)> {
    let log = site.engine.audit_log(None, 1_000).await.expect("the log");
    let delays = log.into_iter().filter(|entry| entry.event == "session.delay");
    delays
        .map(|entry| {
            assert_eq!((entry.outcome.as_str(), entry.front.as_str()), ("refused", "console"));
            assert!(entry.address.is_some());
            (entry.resource_id, entry.detail)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_that_begins_is_written_down_once_a_minute() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        for _ in 0..4 {
            assert_eq!(sign_in(&site, ADA, "not this one").await.status, 401);
        }
        assert_eq!(delays(&site).await, []);
        for seconds in [0, 1, 2, 4] {
            site.clock.advance(seconds);
            assert_eq!(sign_in(&site, ADA, "not this one").await.status, 401);
        }
        let entry = (Some(ada.id), "{\"wrong\":\"password\"}".to_owned());
        assert_eq!(delays(&site).await, std::slice::from_ref(&entry));
        site.clock.advance(60);
        assert_eq!(sign_in(&site, ADA, "not this one").await.status, 401);
        assert_eq!(delays(&site).await, [entry.clone(), entry]);
        // Whatever stands in the field of the address may be a password.
        site.clock.advance(3_600);
        for _ in 0..5 {
            sign_in(&site, "my secret@example.com", "not this one").await;
        }
        let all = delays(&site).await;
        assert_eq!(all.len(), 3);
        assert!(all.iter().any(|(whom, _)| whom.is_none()) && !format!("{all:?}").contains("secret"));

        let page = ada_page(&site, "").await;
        assert!(page.contains("Sign-in is delayed after several wrong passwords or codes."), "{page}");
        let page = ada_page(&site, "; keyward_language=fr").await;
        assert!(
            page.contains("La connexion est retardée après plusieurs mots de passe ou codes erronés."),
            "{page}"
        );
        assert!(page.contains(">refusé<"), "{page}");
    }
}

async fn ada_page(site: &Site, more: &str) -> String {
    site.clock.advance(3_600);
    let ada = Person::again(site, ADA).await;
    get(site, "/console/audit", &format!("{}{more}", ada.cookie)).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_written_down_too() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        ada.second_factor().await;
        let waiting = super::people::cookie(&sign_in(&site, ADA, PASSWORD).await);
        for _ in 0..5 {
            assert_eq!(show_code(&site, &waiting, "000000").await.status, 401);
        }
        assert_eq!(delays(&site).await, [(Some(ada.id), "{\"wrong\":\"code\"}".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_good_once_is_no_guess() {
    for site in Site::all().await {
        let role = keyward_engine::token::Role::Admin;
        let (used, late, ended) = (
            link(&site, role, None).await,
            link(&site, role, None).await,
            link(&site, role, Some(ADA)).await,
        );
        site.clock.advance(10);
        super::people::accept(&site, &used, ADA, PASSWORD).await;
        for _ in 0..15 {
            for link in [&used, &late, &ended] {
                assert_eq!(get(&site, &format!("/console/set-up?link={link}"), "").await.status, 404);
                assert_eq!(super::people::accept(&site, link, "eve@example.com", PASSWORD).await.status, 404);
            }
        }
        // Nor is it after its end, when old rows were swept.
        site.clock.advance(86_400);
        site.engine.sweep(30).await.expect("swept");
        for _ in 0..15 {
            assert_eq!(get(&site, &format!("/console/set-up?link={used}"), "").await.status, 404);
        }
        assert_eq!(site.engine.people().await.expect("people").len(), 1);
        // It is forgotten in the end.
        site.clock.advance(31 * 86_400);
        site.engine.sweep(30).await.expect("swept");
        let last = {
            let mut last = 0;
            for _ in 0..11 {
                last = get(&site, &format!("/console/set-up?link={used}"), "").await.status;
            }
            last
        };
        assert_eq!(last, 429);
    }
}
