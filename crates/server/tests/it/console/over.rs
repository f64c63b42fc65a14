//! A session that ends while somebody fills in a form: what was typed stands there again after signing in, for the same person
//! alone, and nothing is done before the button is pressed.

use keyward_core::crypto::Algorithm;
use keyward_engine::Caller;
use keyward_engine::keys::Rotate;
use keyward_engine::token::Role;

use super::browser::Browser;
use super::people::{ADA, PASSWORD, Person, cookie, now, post};
use crate::console_pages::between;
use crate::records::hidden;
use crate::site::Site;
use crate::world::Answer;

const FORM: &str = "/console/people/invite";
const HOURS: i64 = 3_600;
const SCRIPT: &str = "\"><script>alert(1)</script>";

/// What the form of an invitation asks.
fn invited(email: &str) -> [(&str, &str); 3] {
    [("email", email), ("role", "support-agent"), ("at", "/console/people")]
}

/// What a page to sign in at carries along, and an address and a password.
fn signing_in<'f>(
    page: &'f [(&'static str, String)],
    email: &'f str,
    password: &'f str,
) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![("email", email), ("password", password)];
    fields.extend(page.iter().map(|(name, value)| (*name, value.as_str())));
    fields
}

fn carried(page: &Answer) -> Vec<(&'static str, String)> {
    ["next", "kept_for", "kept_of", "kept"]
        .map(|name| (name, hidden(page, name).replace("&#38;", "&")))
        .into()
}

/// The page to sign in at after the session of a form is over.
async fn over(person: &Person<'_>, fields: &[(&str, &str)]) -> Answer {
    over_at(person, FORM, fields).await
}

async fn over_at(person: &Person<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    person.site.clock.advance(13 * HOURS);
    let answer = person.post(path, fields).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.body.contains("what you typed is kept"), "{}", answer.body);
    answer
}

async fn events(site: &Site, event: &str) -> usize {
    let log = site.engine.audit_log(None, 1_000).await.expect("the log");
    log.iter().filter(|entry| entry.event == event).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_there_again_after_signing_in() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        let before = events(&site, "person.invite").await;
        let mut page = over(&ada, &invited("bob@example.com")).await;
        // Mistakes and waiting lose nothing of it.
        for status in [401, 401, 401, 401, 401, 429] {
            page = post(&site, "/console/sign-in", "", &signing_in(&carried(&page), ADA, "wrong")).await;
            assert_eq!(page.status, status, "{page:?}");
        }
        assert_eq!(page.header("retry-after"), Some("1"));
        site.clock.advance(60);
        let page = post(&site, "/console/sign-in", "", &signing_in(&carried(&page), ADA, PASSWORD)).await;
        assert_eq!(page.status, 200, "{page:?}");
        for text in [
            "You are signed in again. Nothing was done",
            "data-place=\"/console/people\"",
            "value=\"bob@example.com\"",
            "value=\"support-agent\" required checked>",
        ] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        assert!(!page.body.contains(PASSWORD) && page.header("content-security-policy").is_some());
        assert_eq!(events(&site, "person.invite").await, before, "nothing was done");
        let csrf = hidden(&page, "csrf");
        let fields = [&invited("bob@example.com")[..], &[("csrf", &csrf)]].concat();
        let done = post(&site, FORM, &format!("\r\nCookie: {}", cookie(&page)), &fields).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert_eq!(events(&site, "person.invite").await, before + 1);
    }
}

/// Whether a licence of the list is ticked.
fn is_ticked(page: &Answer, id: &str) -> bool {
    let start = format!("<input type=\"checkbox\" name=\"license\" value=\"{id}\"");
    between(&page.body, &start, ">").ends_with(" checked")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_licences_are_ticked_again_at_either_step() {
    const BULK: &str = "/console/licenses/bulk";
    for site in Site::all().await {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(site.pool_key("30").await.id.to_string());
        }
        Person::ada(&site).await;
        // More than are on the page, as many as are changed at once.
        let others: Vec<_> = (0..497).map(|_| uuid::Uuid::max().to_string()).collect();
        let mut first = vec![("at", "/console/licenses"), ("which", "ticked"), ("action", "revoke")];
        first.extend([&ids[0], &ids[2]].into_iter().chain(&others).map(|id| ("license", id.as_str())));
        let ada = Person::again(&site, ADA).await;
        let sure = ada.post(BULK, &first).await;
        assert!(sure.status == 200 && sure.body.contains("Licences: 2"), "{}", sure.body);
        let seen = sure.body.split("name=\"license\" value=\"").skip(1).map(|rest| rest.split('"').next());
        let seen: Vec<_> = seen.flatten().collect();
        assert!(seen.len() == 2 && seen.iter().all(|seen| seen.contains('.')), "{seen:?}");
        let second = [("at", "/console/licenses"), ("step", "do"), ("action", "revoke"), ("why", "unpaid")];
        let second: Vec<_> =
            second.into_iter().chain(seen.into_iter().map(|seen| ("license", seen))).collect();
        for fields in [first, second] {
            let ada = Person::again(&site, ADA).await;
            let page = over_at(&ada, BULK, &fields).await;
            let page = post(&site, "/console/sign-in", "", &signing_in(&carried(&page), ADA, PASSWORD)).await;
            assert_eq!(page.status, 200, "{page:?}");
            assert!(page.body.contains("data-place=\"/console/licenses\""), "{}", page.body);
            assert!(page.body.contains("<option value=\"revoke\" selected>"), "{}", page.body);
            assert_eq!([&ids[0], &ids[1], &ids[2]].map(|id| is_ticked(&page, id)), [true, false, true]);
            assert_eq!(events(&site, "license.revoke").await, 0, "nothing was done");
        }
        // All that the list found, of which a page shows the first.
        let ada = Person::again(&site, ADA).await;
        let sure = ada.post(BULK, &[("which", "all"), ("action", "suspend")]).await;
        let fields = [("at", "/console/licenses"), ("step", "do"), ("action", "suspend")];
        let (which, license) = (hidden(&sure, "which"), hidden(&sure, "license"));
        let fields = [&fields[..], &[("which", &which), ("license", &license)]].concat();
        let page = over_at(&ada, BULK, &fields).await;
        let page = post(&site, "/console/sign-in", "", &signing_in(&carried(&page), ADA, PASSWORD)).await;
        assert!(page.body.contains("<option value=\"all\" selected>"), "{}", page.body);
        assert_eq!(events(&site, "license.suspend").await, 0, "nothing was done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_of_a_feature_and_of_a_key_is_there_again() {
    let site = Site::new().await;
    let which = Rotate::Of { product: Some("lk".to_owned()), algorithm: Algorithm::Ed25519 };
    let old = site.engine.rotate_key(&Caller::operator(), which.clone()).await.expect("a key").id;
    site.engine.rotate_key(&Caller::operator(), which).await.expect("another key");
    Person::ada(&site).await;
    let key = format!("/console/keys/{old}");
    for (path, at, field) in
        [("/console/features", "/console/features", "name"), (&*format!("{key}/retire"), &*key, "hint")]
    {
        let ada = Person::again(&site, ADA).await;
        let page = over_at(&ada, path, &[("at", at), (field, "typed & kept")]).await;
        let page = post(&site, "/console/sign-in", "", &signing_in(&carried(&page), ADA, PASSWORD)).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("value=\"typed &#38; kept\""), "{path}: {}", page.body);
    }
    assert_eq!(events(&site, "key.retire").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_comes_between() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        let secret = ada.second_factor().await;
        let page = over(&ada, &invited("bob@example.com")).await;
        let page = post(&site, "/console/sign-in", "", &signing_in(&carried(&page), ADA, PASSWORD)).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(!page.body.contains("/console/people/invite\" method"), "{}", page.body);
        let waiting = format!("\r\nCookie: {}", cookie(&page));
        let code = |code: &str| {
            let mut fields: Vec<_> = carried(&page).into_iter().collect();
            fields.push(("code", code.to_owned()));
            fields
        };
        let show = async |fields: Vec<(&str, String)>| {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            post(&site, "/console/sign-in/code", &waiting, &fields).await
        };
        let wrong = show(code("000000")).await;
        assert_eq!(wrong.status, 401, "{wrong:?}");
        assert_eq!(carried(&wrong), carried(&page));
        let page = show(code(&secret.code(now(&site)))).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("value=\"bob@example.com\""), "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_sees_nothing_of_it() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        Person::new(&site, Role::Admin, "eve@example.com").await;
        let page = over(&ada, &invited("bob@example.com")).await;
        let fields = carried(&page);
        let answer =
            post(&site, "/console/sign-in", "", &signing_in(&fields, "eve@example.com", PASSWORD)).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console/people")), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_carried_leads_nowhere_else_and_runs_nothing() {
    let site = Site::new().await;
    let ada = Person::ada(&site).await;
    let page = over(&ada, &invited(SCRIPT)).await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    let mut fields = carried(&page);
    let answer = post(&site, "/console/sign-in", "", &signing_in(&fields, ADA, PASSWORD)).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    assert!(answer.body.contains("value=\"&#34;&#62;&#60;script&#62;alert(1)"), "{}", answer.body);
    // Another site cannot put words into anybody's form, and no other address is gone to.
    let foreign = "\r\nOrigin: https://evil.example";
    let answer = post(&site, "/console/sign-in", foreign, &signing_in(&fields, ADA, PASSWORD)).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.body.contains("kept_for"), "{}", answer.body);
    let own = [&invited("x@example.com")[..], &[("csrf", "1")]].concat();
    for headers in [foreign, ""] {
        let answer = post(&site, FORM, headers, &own).await;
        assert_eq!(answer.status, 401);
        assert!(!answer.body.contains("x@example.com"), "{}", answer.body);
    }
    for address in ["https://evil.example/console/people/invite", "//evil.example/", "/console/me/password"] {
        fields[1].1 = address.to_owned();
        let answer = post(&site, "/console/sign-in", "", &signing_in(&fields, ADA, PASSWORD)).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console/people")), "{address}");
    }
    fields = carried(&page);
    fields[0].1 = "https://evil.example/".to_owned();
    let answer = post(&site, "/console/sign-in", "", &signing_in(&fields, ADA, PASSWORD)).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/console/")), "no form is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_carried() {
    let site = Site::new().await;
    let ada = Person::ada(&site).await;
    let csrf = hidden(&ada.get("/console/me").await, "csrf");
    site.clock.advance(13 * HOURS);
    let typed = "something that was typed";
    for (path, names) in [
        ("/console/me/password", &["old", "new", "again"][..]),
        ("/console/me/second-factor", &["secret", "code", "password"]),
        ("/console/license-key", &["key"]),
        ("/console/test", &["text"]),
        ("/console/licenses", &["q"]),
        (FORM, &["password", "secret", "new"]),
    ] {
        let mut fields: Vec<_> = names.iter().map(|name| (*name, typed)).collect();
        fields.push(("csrf", &csrf));
        let answer = ada.send(path, &fields).await;
        assert_eq!(answer.status, 401, "{path}");
        let said = answer.body.replace('+', " ");
        assert!(!said.contains(typed) && !said.contains("kept_for"), "{path}: {said}");
    }
    let large = "x".repeat(70_000);
    let answer = ada.send(FORM, &[("email", &large), ("csrf", &csrf)]).await;
    assert!(!answer.body.contains("kept_for") && answer.body.contains("send the form again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_older_session_keeps_what_was_typed_too() {
    for site in Site::all().await {
        let ada = Person::ada(&site).await;
        let again = Person::again(&site, ADA).await;
        let fields = [&invited("bob@example.com")[..], &[("csrf", &ada.csrf)]].concat();
        let answer = again.send(FORM, &fields).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body.contains("What you typed stands below."), "{}", answer.body);
        assert!(answer.body.contains("value=\"bob@example.com\""), "{}", answer.body);
        assert_eq!(hidden(&answer, "csrf"), again.csrf);
        // Whoever else's page it was: nothing of it is shown.
        let eve = Person::new(&site, Role::Admin, "eve@example.com").await;
        let answer = eve.send(FORM, &fields).await;
        assert_eq!(answer.status, 403);
        assert!(!answer.body.contains("bob@example.com"), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_page_leads_to_the_page_to_sign_in_at() {
    let site = Site::new().await;
    let headers = "\r\nHX-Request: true";
    let answer = post(&site, "/console/licenses", headers, &[("q", "x")]).await;
    assert_eq!((answer.status, answer.header("hx-refresh")), (204, Some("true")));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_the_form_is_there_again() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/generate/lk3").await;
    browser.type_into("E-mail address", ADA).await;
    browser.type_into("Password", PASSWORD).await;
    browser.press_button("Sign in").await;
    browser.type_into("Company", "Typed & kept <b>").await;
    browser.type_into("Limits", "api_calls=1000\nseats=5").await;
    site.clock.advance(13 * HOURS);
    browser.press_button("Generate").await;
    browser.sees("what you typed is kept").await;
    browser.shot("session-over").await;
    browser.type_into("E-mail address", ADA).await;
    browser.type_into("Password", "wrong").await;
    browser.press_button("Sign in").await;
    browser.sees("is wrong").await;
    browser.type_into("Password", PASSWORD).await;
    browser.press_button("Sign in").await;
    browser.sees("You are signed in again. Nothing was done").await;
    browser.shot("form-again").await;
    assert_eq!(browser.place().await, "/console/generate/lk3");
    assert_eq!(browser.value_of("Company").await, "Typed & kept <b>");
    assert_eq!(browser.value_of("Limits").await, "api_calls=1000\nseats=5");
    browser.press_button("Generate").await;
    browser.sees("Read back and checked.").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_a_lost_connection_is_told_and_nothing_is_lost() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/licenses").await;
    browser.type_into("E-mail address", ADA).await;
    browser.type_into("Password", PASSWORD).await;
    browser.press_button("Sign in").await;
    browser.sees("Search").await;
    browser.offline(true).await;
    browser.type_into("Search", "example").await;
    browser.sees("The server was not reached").await;
    assert_eq!(browser.value_of("Search").await, "example");
    browser.offline(false).await;
    browser.type_into("Search", "example.com").await;
    browser.sees_soon_no("The server was not reached").await;
    assert_eq!(browser.value_of("Search").await, "example.com");

    browser.press("People").await;
    browser.sees("Invite").await;
    browser.type_in("Invite somebody", "E-mail", "bob@example.com").await;
    let before = events(&site, "person.invite").await;
    browser.offline(true).await;
    browser.press_in("Invite somebody", "Make the link").await;
    browser.sees("The server was not reached").await;
    assert_eq!(browser.value_of("E-mail").await, "bob@example.com");
    assert_eq!(events(&site, "person.invite").await, before);
    browser.offline(false).await;
    browser.press_in("Invite somebody", "Make the link").await;
    browser.sees("The link for bob@example.com").await;
    assert_eq!(events(&site, "person.invite").await, before + 1);
}
