//! Customers and their installations.

use keyward_engine::license::NewLicense;
use keyward_engine::{Caller, NewUser};

use super::open;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_banned_and_let_in_again() {
    let site = Site::new().await;
    for (id, email, name) in
        [("c-17", "ann@example.com", "Ann Other"), ("c-18", "bob@example.com", "Bob"), ("d-19", "", "")]
    {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let user = NewUser { external_id: text(id), email: text(email), name: text(name) };
        let wanted = NewLicense { user: Some(user), ..NewLicense::default() };
        site.engine.issue_tier(&Caller::operator(), "tier", "pro", wanted).await.expect("a key");
    }
    let Some(browser) = open(&site).await else { return };
    browser.press("Customers").await;
    browser.sees("Bob").await;
    browser.shot("customers").await;
    browser.type_into("Search", "ann@").await;
    browser.press_button("Search").await;
    browser.sees_soon_no("Bob").await;
    browser.press("Ban").await;
    browser.sees("None of this customer’s licences runs").await;
    browser.shot("customers-ban").await;
    browser.press_button("Ban").await;
    browser.sees("The customer was banned.").await;
    browser.shot("customers-banned").await;
    browser.press("Lift the ban").await;
    browser.press_button("Lift the ban").await;
    browser.sees("The ban was lifted.").await;
    browser.type_into("Search", "nobody of this name").await;
    browser.press_button("Search").await;
    browser.sees("Nobody was found.").await;
    browser.shot("customers-none").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_given_free_devices() {
    let site = Site::new().await;
    site.engine
        .create_installation(&Caller::operator(), "acme-berlin", Some(3))
        .await
        .expect("an installation");
    let Some(browser) = open(&site).await else { return };
    browser.press("Installations").await;
    browser.sees("acme-berlin").await;
    browser.shot("installations").await;
    browser.press("Change").await;
    browser.sees("So many devices run without a paid licence.").await;
    browser.shot("installations-change").await;
    browser.type_into("Free devices", "7").await;
    browser.press_button("Change").await;
    browser.sees("The free devices were changed.").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
