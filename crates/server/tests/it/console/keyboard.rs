//! Without a mouse.

mod account;
mod administrator;
mod customers;
mod helping;
mod licences;
mod selling;

use super::browser::{Browser, ENTER, TAB};
use super::people::{ADA, PASSWORD, Person};
use crate::site::Site;

/// No page has so many places to stop at.
const MOST: usize = 60;

/// The administrator's browser, signed in, at a page; `None` when the tests in the browser are left out.
async fn open(site: &Site, path: &str) -> Option<Browser> {
    Person::ada(site).await;
    let browser = Browser::at(site).await?;
    browser.open(path).await;
    sign_in(&browser).await;
    Some(browser)
}

/// Signs in, at the page that asks for it.
async fn sign_in(browser: &Browser) {
    browser.sees("Password forgotten").await;
    browser.has_focus("E-mail address").await;
    browser.keys(ADA.chars().chain([TAB]).chain(PASSWORD.chars()).chain([ENTER])).await;
    browser.sees_soon_no("Password forgotten").await;
}

/// Goes to a page by the menu, and past the menu.
async fn go_to(browser: &Browser, page: &str, said: &str) {
    tab_to(browser, page).await;
    browser.keys([ENTER]).await;
    browser.sees(said).await;
    skip(browser).await;
}

/// Goes past the menu of a page that has just come.
async fn skip(browser: &Browser) {
    tab_to(browser, "Skip to the content").await;
    browser.keys([ENTER]).await;
}

/// Goes on to what is called so, as often as it takes.
async fn tab_to(browser: &Browser, name: &str) {
    tab_until(browser, name, |focused| focused == name).await;
}

/// Goes on to the choice among several whose description begins so.
async fn tab_to_choice(browser: &Browser, name: &str) {
    tab_until(browser, name, |focused| focused.starts_with(name)).await;
}

async fn tab_until(browser: &Browser, name: &str, is_it: impl Fn(&str) -> bool) {
    let mut passed = Vec::new();
    while passed.len() < MOST {
        browser.keys([TAB]).await;
        let focused = browser.focused().await;
        if is_it(&focused) {
            return;
        }
        passed.push(focused);
    }
    panic!("no way leads to {name}: {passed:?}");
}

/// Goes on to a button or a link, and presses it.
async fn press(browser: &Browser, name: &str) {
    tab_to(browser, name).await;
    browser.keys([ENTER]).await;
}

/// Goes on to a field, and types instead of what is there.
async fn fill_in(browser: &Browser, label: &str, text: &str) {
    tab_to(browser, label).await;
    browser.keys(text.chars()).await;
}

/// Opens the fold of an action, fills its form in, sends it, and goes past the menu of the page that says so.
async fn act(browser: &Browser, action: &str, fields: &[(&str, &str)], said: &str) {
    press(browser, action).await;
    for (label, text) in fields {
        fill_in(browser, label, text).await;
    }
    press(browser, action).await;
    browser.sees(said).await;
    skip(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_out_takes_no_mouse() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/me").await;
    browser.sees("Password forgotten").await;
    browser.has_focus("E-mail address").await;
    browser.keys(ADA.chars()).await;
    browser.keys([TAB]).await;
    browser.has_focus("Password").await;
    browser.keys("not this one".chars().chain([ENTER])).await;
    browser.sees("The address or the password is wrong").await;
    browser.has_focus("Password").await;
    browser.keys(PASSWORD.chars()).await;
    browser.keys([TAB]).await;
    browser.has_focus("Sign in").await;
    browser.keys([ENTER]).await;
    browser.sees("Change the password").await;

    // Past the menu.
    browser.keys([TAB]).await;
    browser.has_focus("Skip to the content").await;
    browser.keys([ENTER]).await;
    browser.keys([TAB]).await;
    browser.has_focus("Present password").await;
    tab_to(&browser, "Set up a second factor").await;
    browser.keys([ENTER]).await;
    browser.sees("Scan this with your authenticator app").await;
    tab_to(&browser, "Sign out").await;
    browser.keys([ENTER]).await;
    browser.sees("Password forgotten").await;
    tab_to(&browser, "Password forgotten, or no account yet?").await;
    browser.keys([ENTER]).await;
    browser.sees("keyward admin reset").await;
}
