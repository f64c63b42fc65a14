//! Without a mouse.

mod administrator;
mod licences;

use super::browser::{Browser, ENTER, TAB};
use super::people::{ADA, PASSWORD, Person};
use crate::site::Site;

/// No page has so many places to stop at.
const MOST: usize = 60;

/// Signs in, at the page that asks for it.
async fn sign_in(browser: &Browser) {
    browser.sees("Password forgotten").await;
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
    let mut passed = Vec::new();
    while passed.len() < MOST {
        browser.keys([TAB]).await;
        let focused = browser.focused().await;
        if focused == name {
            return;
        }
        passed.push(focused);
    }
    panic!("no way leads to {name}: {passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_out_takes_no_mouse() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/me").await;
    browser.sees("Password forgotten").await;
    assert_eq!(browser.focused().await, "E-mail address");
    browser.keys(ADA.chars()).await;
    browser.keys([TAB]).await;
    assert_eq!(browser.focused().await, "Password");
    browser.keys("not this one".chars().chain([ENTER])).await;
    browser.sees("The address or the password is wrong").await;
    assert_eq!(browser.focused().await, "Password");
    browser.keys(PASSWORD.chars()).await;
    browser.keys([TAB]).await;
    assert_eq!(browser.focused().await, "Sign in");
    browser.keys([ENTER]).await;
    browser.sees("Change the password").await;

    // Past the menu.
    browser.keys([TAB]).await;
    assert_eq!(browser.focused().await, "Skip to the content");
    browser.keys([ENTER]).await;
    browser.keys([TAB]).await;
    assert_eq!(browser.focused().await, "Present password");
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
