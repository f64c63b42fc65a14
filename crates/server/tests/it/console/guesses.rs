//! Guessing passwords and codes: each wrong one waits longer, and keeps nobody elsewhere out.

use std::time::Duration;

use keyward_server::config::Config;

use super::people::{ADA, PASSWORD, Person, cookie, now, post, show_code, sign_in};
use crate::records::{FORM, encoded};
use crate::site::Site;

/// Strangers who come from as many addresses as they like.
fn proxied(config: &mut Config) {
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
}

fn from(number: usize) -> String {
    format!("\r\nX-Forwarded-For: 203.0.113.{number}")
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_wait_longer_and_longer_and_keep_nobody_elsewhere_out() {
    for site in Site::all_with(proxied).await {
        Person::ada(&site).await;
        for (number, email) in [(1, ADA), (2, "nobody@example.com")] {
            let mut waits = Vec::new();
            for _ in 0..9 {
                let fields = [("email", email), ("password", "not this one")];
                let answer = post(&site, "/console/sign-in", &from(number), &fields).await;
                if answer.status == 401 {
                    continue;
                }
                assert_eq!(answer.status, 429, "{answer:?}");
                let (_, rest) = answer.body.split_once("Try again in ").expect("how long");
                let words = rest.split('.').next().expect("words").to_owned();
                let seconds = words.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(1);
                waits.push(words);
                site.clock.advance(seconds);
            }
            assert_eq!(waits, ["a second", "2 seconds"], "{email}");
        }
        // However the address is written; and whoever knows the password waits, too, but not for long.
        let fields = [("email", " ADA@example.com "), ("password", PASSWORD)];
        for _ in 0..6 {
            let fields = [("email", "ada@EXAMPLE.com"), ("password", "not this one")];
            post(&site, "/console/sign-in", &from(99), &fields).await;
        }
        assert_eq!(post(&site, "/console/sign-in", &from(99), &fields).await.status, 429);
        assert_eq!(post(&site, "/console/sign-in", &from(100), &fields).await.status, 303, "elsewhere");
        site.clock.advance(60);
        assert_eq!(post(&site, "/console/sign-in", &from(99), &fields).await.status, 303);
        assert_eq!(sign_in(&site, ADA, "not this one").await.status, 401, "all is forgotten");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_together_wait_too_and_a_person_not_for_long() {
    let site = Site::with(proxied).await;
    Person::ada(&site).await;
    let mut tried = 0;
    for number in 0..35 {
        for _ in 0..3 {
            let fields = [("email", ADA), ("password", "not this one")];
            let answer = post(&site, "/console/sign-in", &from(number), &fields).await;
            tried += usize::from(answer.status == 401);
        }
    }
    assert_eq!(tried, 101);
    let fields = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(post(&site, "/console/sign-in", &from(200), &fields).await.status, 429);
    site.clock.advance(5);
    assert_eq!(post(&site, "/console/sign-in", &from(200), &fields).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_no_more_than_one_after_the_other() {
    for site in Site::all_with(proxied).await {
        Person::ada(&site).await;
        let guesses: Vec<_> = (0..16)
            .map(|_| {
                let url = site.url.clone();
                tokio::spawn(async move {
                    let head = format!("POST /console/sign-in HTTP/1.1\r\n{FORM}{}", from(7));
                    let body = encoded(&[("email", ADA), ("password", "not this one")]);
                    crate::site::ask(&url, &head, &body).await.status
                })
            })
            .collect();
        let mut tried = 0;
        for guess in guesses {
            tried += usize::from(guess.await.expect("an answer") == 401);
        }
        assert!(tried <= 5, "{tried} passwords were tried at one instant");
        site.clock.advance(1);
        assert_eq!(sign_in(&site, ADA, PASSWORD).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_for_many_people_lock_their_sender_out() {
    for site in Site::all().await {
        Person::ada(&site).await;
        for number in 0..10 {
            let answer = sign_in(&site, &format!("{number}@example.com"), PASSWORD).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        let answer = sign_in(&site, "10@example.com", PASSWORD).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
        // Who knows his password is let in all the same.
        assert_eq!(sign_in(&site, ADA, PASSWORD).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_the_password_guesses_no_codes_by_signing_in_anew() {
    for site in Site::all_with(proxied).await {
        let secret = Person::ada(&site).await.second_factor().await;
        site.clock.advance(30);
        let wrong = secret.code(now(&site).plus_seconds(3_000));
        let mut tried = 0;
        for number in 0..30 {
            let fields = [("email", ADA), ("password", PASSWORD)];
            let answer = post(&site, "/console/sign-in", &from(number), &fields).await;
            if answer.status != 303 {
                continue;
            }
            let headers = format!("{}\r\nCookie: {}", from(number), cookie(&answer));
            let answer = post(&site, "/console/sign-in/code", &headers, &[("code", &wrong)]).await;
            tried += usize::from(answer.status == 401);
        }
        assert!(tried <= 5, "{tried} codes were tried at one instant");
        site.clock.advance(60);
        let waiting = cookie(&sign_in(&site, ADA, PASSWORD).await);
        let answer = show_code(&site, &waiting, &secret.code(now(&site))).await;
        assert_eq!(answer.status, 303, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_even_for_two_at_once() {
    for site in Site::all().await {
        let secret = Person::ada(&site).await.second_factor().await;
        site.clock.advance(30);
        let (one, two) =
            (cookie(&sign_in(&site, ADA, PASSWORD).await), cookie(&sign_in(&site, ADA, PASSWORD).await));
        let code = secret.code(now(&site));
        let (one, two) = tokio::join!(show_code(&site, &one, &code), show_code(&site, &two, &code));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 401]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_an_open_browser_does_not_guess_the_password_at_leisure() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        let mut statuses = Vec::new();
        for path in ["/console/me/password", "/console/me/second-factor/drop"].into_iter().cycle().take(12) {
            let fields = [
                ("old", "not this one"),
                ("password", "not this one"),
                ("new", PASSWORD),
                ("again", PASSWORD),
            ];
            statuses.push(ada.post(path, &fields).await.status);
        }
        assert_eq!((&statuses[..10], &statuses[10..]), (&[422; 10][..], &[429, 429][..]));
        assert!(ada.is_in().await, "nobody is signed out by that");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_take_every_turn_keep_nobody_out_where_he_signed_in_before() {
    let site = Site::with(proxied).await;
    Person::ada(&site).await;
    let right = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(post(&site, "/console/sign-in", &from(200), &right).await.status, 303);
    for number in 0..110 {
        let fields = [("email", ADA), ("password", "not this one")];
        post(&site, "/console/sign-in", &from(number), &fields).await;
    }
    assert_eq!(post(&site, "/console/sign-in", &from(201), &right).await.status, 429, "from elsewhere");
    assert_eq!(post(&site, "/console/sign-in", &from(200), &right).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_occupies_the_door_for_no_more_than_a_moment() {
    let site = Site::with(proxied).await;
    Person::ada(&site).await;
    let attack = |number: usize| {
        let url = site.url.clone();
        tokio::spawn(async move {
            let head = format!("POST /console/sign-in HTTP/1.1\r\n{FORM}{}", from(7));
            let body = format!("email={number}%40example.com&password=wrong");
            let answer = crate::site::ask(&url, &head, &body).await;
            (answer.status, answer.header("retry-after").is_some())
        })
    };
    let right = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(post(&site, "/console/sign-in", &from(7), &right).await.status, 303, "a neighbour of theirs");
    for part in 0..10 {
        for attempt in (0..20).map(|number| attack(part * 20 + number)).collect::<Vec<_>>() {
            let (status, waits) = attempt.await.expect("an answer");
            assert!(status == 401 || status == 429 && waits, "{status}");
        }
        for number in [7, 8] {
            assert_eq!(post(&site, "/console/sign-in", &from(number), &right).await.status, 303, "{number}");
        }
    }
    let wrong = r#"keyward_refusals_total{code="PASSWORD_WRONG",front="console"}"#;
    assert_eq!(crate::attack::metric(&site, wrong).await, 31, "others are not even looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_the_door_keeps_nobody_else_waiting() {
    let site = Site::new().await;
    let ada = Person::ada(&site).await;
    let crowd: Vec<_> = (0..40)
        .map(|number| {
            let url = site.url.clone();
            tokio::spawn(async move {
                let head = format!("POST /console/sign-in HTTP/1.1\r\n{FORM}");
                let body = format!("email={number}%40example.com&password=wrong");
                crate::site::ask(&url, &head, &body).await.status
            })
        })
        .collect();
    // All of them together take several seconds of two cores; others are answered meanwhile, each well within one.
    for _ in 0..3 {
        let asked = async { (site.get("/health/live").await.status, ada.get("/console/me").await.status) };
        let answered = tokio::time::timeout(Duration::from_secs(5), asked).await;
        assert_eq!(answered.expect("an answer at once"), (200, 200));
    }
    let unfinished = crowd.iter().filter(|one| !one.is_finished()).count();
    assert!(unfinished > 0, "the crowd was gone before anybody else asked");
    for one in crowd {
        assert!(matches!(one.await.expect("an answer"), 401 | 429 | 503));
    }
}
