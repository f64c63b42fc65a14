//! One's own account at a browser: the password, the sessions, and what a page says that nobody finds.

use super::browser::Browser;
use super::people::{ADA, PASSWORD, Person, post, sign_in};
use super::signing_in::show_password;
use crate::site::Site;

const FIREFOX: &str =
    "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_those_elsewhere_ended() {
    let site = Site::new().await;
    let fields = [("email", ADA), ("password", PASSWORD)];
    let one = Person::ada(&site).await;
    let firefox = post(&site, "/console/sign-in", FIREFOX, &fields).await;
    let firefox = Person::with(&site, ADA, &firefox).await;
    site.clock.advance(90);
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/me").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Firefox, Linux").await;
    browser.sees("Chrome, Linux").await;
    browser.sees("this one").await;
    browser.shot("me").await;
    // The newest one is first: this one, then Firefox.
    browser.press("End").await;
    browser.sees("The session is over.").await;
    browser.sees_no("Firefox").await;
    assert!(!firefox.is_in().await && one.is_in().await);
    browser.press("Sign out everywhere else").await;
    browser.sees("All other sessions are over.").await;
    browser.sees_no("Sign out everywhere else").await;
    assert!(!one.is_in().await);
    browser.open("/console/").await;
    browser.sees("Sign out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_takes_the_place_of_the_old_one() {
    const NEW: &str = "another sentence that nobody guesses";
    let site = Site::new().await;
    let elsewhere = Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/me").await;
    show_password(&browser, PASSWORD).await;
    let change = async |old: &str, new: &str, again: &str| {
        for (label, text) in [("Present password", old), ("New password", new), ("The password again", again)]
        {
            browser.type_into(label, text).await;
        }
        browser.press_in("Change the password", "Change the password").await;
    };
    browser.sees("Change the password").await;
    change("not this one", NEW, NEW).await;
    browser.sees("The present password is wrong.").await;
    change(PASSWORD, NEW, PASSWORD).await;
    browser.sees("The two passwords are not the same.").await;
    change(PASSWORD, NEW, NEW).await;
    browser.sees("The password is changed. Your other sessions are over.").await;
    assert!(!elsewhere.is_in().await);
    assert_eq!(sign_in(&site, ADA, PASSWORD).await.status, 401);
    assert_eq!(sign_in(&site, ADA, NEW).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_in_the_middle_of_a_form_says_so_and_leads_back_to_it() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/me").await;
    show_password(&browser, PASSWORD).await;
    browser.type_into("Present password", PASSWORD).await;
    browser.type_into("New password", PASSWORD).await;
    browser.type_into("The password again", PASSWORD).await;
    site.clock.advance(12 * 3_600 + 1);
    browser.press_in("Change the password", "Change the password").await;
    browser.sees("You are not signed in, or your session is over. Nothing was done.").await;
    browser.shot("session-over").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Change the password").await;
    assert_eq!(browser.place().await, "/console/me");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_leads_back_to_what_is() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/set-up?link=wrong").await;
    browser.sees("This link is over").await;
    browser.shot("link-over").await;
    browser.open("/console/nothing-of-this-name").await;
    browser.sees("There is nothing at this address.").await;
    browser.shot("not-found").await;
    browser.press("Back to the overview").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Sign out").await;
    browser.shot("home").await;
}
