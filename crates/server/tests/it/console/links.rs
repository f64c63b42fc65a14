//! Links to set up an account, and what an administrator can and cannot do to people.

use keyward_engine::Caller;
use keyward_engine::token::Role;

use super::people::{ADA, PASSWORD, Person, accept, cookie, get, link, now, show_code, sign_in};
use crate::site::Site;

const NEW: &str = "another sentence that nobody guesses";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_and_within_an_hour() {
    for site in Site::all().await {
        let first = link(&site, Role::Admin, None).await;
        let page = format!("/console/set-up?link={first}");
        for _ in 0..3 {
            assert_eq!(get(&site, &page, "").await.status, 200, "looking uses nothing up");
        }
        assert_eq!(accept(&site, &first, ADA, "short").await.status, 422, "nor does a mistake");
        assert_eq!(accept(&site, &first, "no address", PASSWORD).await.status, 422);
        Person::with(&site, ADA, &accept(&site, &first, ADA, PASSWORD).await).await;
        assert_eq!(get(&site, &page, "").await.status, 404);
        assert_eq!(accept(&site, &first, "eve@example.com", PASSWORD).await.status, 404);

        let (late, last) = (link(&site, Role::Admin, None).await, link(&site, Role::Admin, None).await);
        site.clock.advance(3_599);
        assert_eq!(accept(&site, &last, "bob@example.com", PASSWORD).await.status, 303);
        site.clock.advance(1);
        assert_eq!(get(&site, &format!("/console/set-up?link={late}"), "").await.status, 404);
        assert_eq!(accept(&site, &late, "eve@example.com", PASSWORD).await.status, 404);
        assert_eq!(site.engine.people().await.expect("people").len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_open_one_link_at_once_one_gets_in() {
    for site in Site::all().await {
        let link = link(&site, Role::Admin, None).await;
        let (one, two) = tokio::join!(
            accept(&site, &link, "one@example.com", PASSWORD),
            accept(&site, &link, "two@example.com", PASSWORD),
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404]);
        assert_eq!(site.engine.people().await.expect("people").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessed_links_lock_an_address_out_and_a_true_one_works_all_the_same() {
    for site in Site::all().await {
        let wrong = "0".repeat(64);
        for number in 0..10 {
            let link = if number % 2 == 0 { &wrong } else { "nonsense" };
            assert_eq!(get(&site, &format!("/console/set-up?link={link}"), "").await.status, 404);
        }
        assert_eq!(accept(&site, &wrong, ADA, PASSWORD).await.status, 429);
        let answer = get(&site, &format!("/console/set-up?link={wrong}"), "").await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
        assert!(answer.body.contains("Try again in 60 seconds."), "{}", answer.body);
        let link = link(&site, Role::Admin, None).await;
        assert_eq!(accept(&site, &link, ADA, PASSWORD).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_one_address_is_for_nobody_else() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        // What the form names does not matter.
        let for_bob = link(&site, Role::ReadOnly, Some("Bob@Example.com")).await;
        let bob = Person::with(&site, "bob@example.com", &accept(&site, &for_bob, ADA, NEW).await).await;
        assert_eq!(site.engine.person(bob.id).await.expect("Bob").role, Role::ReadOnly);
        // A link for whoever does not take an account over.
        let open = link(&site, Role::Admin, None).await;
        let answer = accept(&site, &open, " ADA@example.com", NEW).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (409, None), "{answer:?}");
        assert!(answer.body.contains("Somebody with this address is here already"), "{}", answer.body);
        assert!(ada.is_in().await);
        assert_eq!(sign_in(&site, ADA, PASSWORD).await.status, 303);
        // It was not used up by that.
        assert_eq!(accept(&site, &open, "carol@example.com", NEW).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_somebody_who_is_here_changes_his_password_and_not_his_role() {
    for site in Site::all().await {
        let (_, bob) =
            (Person::ada(&site).await, Person::new(&site, Role::SupportAgent, "bob@example.com").await);
        let link = link(&site, Role::Admin, Some("bob@example.com")).await;
        let again = Person::with(&site, "bob@example.com", &accept(&site, &link, "", NEW).await).await;
        assert_eq!(again.id, bob.id);
        assert_eq!(site.engine.person(bob.id).await.expect("Bob").role, Role::SupportAgent);
        assert!(!bob.is_in().await && again.is_in().await);
        assert_eq!(sign_in(&site, "bob@example.com", PASSWORD).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_no_way_around_a_second_factor_but_a_reset_is() {
    for site in Site::all().await {
        let secret = Person::ada(&site).await.second_factor().await;
        let renewed = link(&site, Role::Admin, Some(ADA)).await;
        let answer = accept(&site, &renewed, "", NEW).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/console/sign-in/code?next=%2Fconsole%2F")),
            "{answer:?}"
        );
        let waiting = cookie(&answer);
        assert_eq!(get(&site, "/console/me", &waiting).await.status, 401);
        site.clock.advance(30);
        let answer = show_code(&site, &waiting, &secret.code(now(&site))).await;
        let ada = Person::with(&site, ADA, &answer).await;

        let other = link(&site, Role::Admin, Some(ADA)).await;
        let reset = site.engine.reset_person(&Caller::operator(), ADA).await.expect("a link");
        assert!(!ada.is_in().await);
        assert_eq!(accept(&site, &other, "", NEW).await.status, 404, "other links are over");
        let ada = Person::with(&site, ADA, &accept(&site, reset.expose(), "", PASSWORD).await).await;
        assert!(!site.engine.person(ada.id).await.expect("Ada").has_second_factor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_refused_in_words() {
    for site in Site::all().await {
        let link = link(&site, Role::Admin, None).await;
        for (name, status) in [("\0", 422), ("a\u{7}b", 422), (&"x".repeat(201), 422), ("Žluť <é> 🐎", 303)]
        {
            let fields = [
                ("link", &*link),
                ("email", ADA),
                ("name", name),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ];
            let answer = super::people::post(&site, "/console/set-up", "", &fields).await;
            assert_eq!(answer.status, status, "{name:?}: {answer:?}");
            assert!(!answer.body.contains("password needs"), "{name:?}: {}", answer.body);
        }
        let long = "x".repeat(1_001);
        let other = super::people::link(&site, Role::Admin, None).await;
        let answer = accept(&site, &other, "bob@example.com", &long).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("1,000 bytes at most"), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_locked_out_is_out_at_once_on_every_node() {
    for site in Site::all().await {
        let other = if site.engine.store().kind() == "postgres" { Some(site.node().await) } else { None };
        let at = other.as_ref().unwrap_or(&site);
        let (ada, bob) = (Person::ada(&site).await, Person::new(&site, Role::Admin, "bob@example.com").await);
        let secret = bob.second_factor().await;
        site.clock.advance(30);
        let waiting = cookie(&sign_in(&site, "bob@example.com", PASSWORD).await);
        at.engine.lock_out(&Caller::operator(), bob.id, true).await.expect("he is locked out");
        assert!(!bob.is_in().await && ada.is_in().await);
        assert_eq!(show_code(&site, &waiting, &secret.code(now(&site))).await.status, 401);
        let (locked, unknown) = (
            sign_in(&site, "bob@example.com", PASSWORD).await,
            sign_in(&site, "eve@example.com", PASSWORD).await,
        );
        assert_eq!((locked.status, unknown.status), (401, 401));
        assert_eq!(locked.body.replace("bob@", "eve@"), unknown.body, "nobody learns who is here");
        at.engine.lock_out(&Caller::operator(), bob.id, false).await.expect("he is let in");
        assert!(!bob.is_in().await, "his sessions are over");
        assert_eq!(sign_in(&site, "bob@example.com", PASSWORD).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_one() {
    for site in Site::all().await {
        let operator = Caller::operator();
        let (ada, bob) =
            (Person::ada(&site).await, Person::new(&site, Role::ReadOnly, "bob@example.com").await);
        let engine = &site.engine;
        for role in [Role::Developer, Role::ReadOnly] {
            let refused = engine.change_role(&operator, ada.id, role).await.expect_err("she is the last one");
            assert_eq!(refused.code(), "INVALID_ARGUMENT");
            assert!(refused.to_string().contains("no other administrator"), "{refused}");
        }
        engine.lock_out(&operator, ada.id, true).await.expect_err("she is the last one");
        assert!(ada.is_in().await);
        engine.change_role(&operator, ada.id, Role::Admin).await.expect("that changes nothing");
        engine.change_role(&operator, bob.id, Role::Admin).await.expect("there are two");
        // Of two who demote each other at once, one stays.
        let (one, two) = tokio::join!(
            engine.change_role(&operator, ada.id, Role::ReadOnly),
            engine.change_role(&operator, bob.id, Role::ReadOnly),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let people = engine.people().await.expect("people");
        assert_eq!(people.iter().filter(|person| person.role == Role::Admin).count(), 1);
        // An administrator who is locked out is none to count on.
        let (last, other) = if one.is_ok() { (bob.id, ada.id) } else { (ada.id, bob.id) };
        engine.change_role(&operator, other, Role::Admin).await.expect("there are two again");
        engine.lock_out(&operator, other, true).await.expect("there is another one");
        engine.change_role(&operator, last, Role::ReadOnly).await.expect_err("the other one is locked out");
    }
}
