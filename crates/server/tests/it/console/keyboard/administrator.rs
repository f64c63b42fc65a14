//! What only few may do.

use super::{go_to, sign_in, skip, tab_to};
use crate::console::browser::{Browser, ENTER};
use crate::console::people::Person;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_verified() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/").await;
    sign_in(&browser).await;
    go_to(&browser, "Audit log", "Event begins with").await;
    tab_to(&browser, "Verify the log").await;
    browser.keys([ENTER]).await;
    browser.sees("The log is sound").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_copied_and_revoked() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/").await;
    sign_in(&browser).await;
    go_to(&browser, "Tokens", "Make a token").await;
    tab_to(&browser, "Name, by which people recognise it").await;
    browser.keys("nightly export".chars()).await;
    tab_to(&browser, "Read only").await;
    browser.keys([' ']).await;
    tab_to(&browser, "Make it").await;
    browser.keys([ENTER]).await;
    browser.sees("The new token").await;
    skip(&browser).await;
    tab_to(&browser, "Copy").await;
    browser.keys([ENTER]).await;
    browser.sees("Copied").await;
    tab_to(&browser, "Revoke").await;
    browser.keys([ENTER]).await;
    tab_to(&browser, "Revoke").await;
    browser.keys([ENTER]).await;
    browser.sees("The token was revoked.").await;
}
