//! Somebody who helps tests what a customer sent: pasted, chosen or dropped.

use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};

use super::browser::{Browser, file};
use super::generating::{FILE, LK3, RECORD, made};
use super::people::{PASSWORD, Person};
use super::signing_in::show_password;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_pasted_chosen_or_dropped_and_every_check_is_seen() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Sign out").await;
    let (key, text, record) =
        (made(&browser, LK3).await, made(&browser, FILE).await, made(&browser, RECORD).await);

    browser.press("Test a licence").await;
    browser.sees("Paste a key or the text of a licence file").await;
    browser.shot("test").await;
    browser.type_into("Key or licence", &format!("  {key}\n")).await;
    browser.press("Test").await;
    browser.sees("fits the key").await;
    browser.sees("Blue Yonder Ltd").await;
    browser.shot("test-key").await;
    assert_eq!(browser.place().await, "/console/test");

    browser.choose_file("Or a file", &file("tested.key", &text)).await;
    browser.holds("Key or licence", &text).await;
    browser.press("Test").await;
    browser.sees("ABC Traders").await;
    browser.shot("test-file").await;
    browser.press("The licence’s page").await;
    browser.sees("What the customer sees").await;

    browser.open("/console/test").await;
    browser.drop_file("Key or licence", &file("tested.json", &record)).await;
    browser.holds("Key or licence", &record).await;
    browser.press("Test").await;
    browser.sees("example.com").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_that_is_not_good_says_what_is_wrong() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Sign out").await;
    let key = made(&browser, LK3).await;
    browser.open("/console/test").await;
    let test = async |text: &str| {
        browser.type_into("Key or licence", text).await;
        browser.press("Test").await;
    };
    let other = if key.ends_with('A') { 'B' } else { 'A' };
    test(&format!("{}{other}", &key[..key.len() - 1])).await;
    browser.sees("it was altered, or made elsewhere").await;
    browser.shot("test-altered").await;
    test("Dear customer, here is your licence.").await;
    browser.sees_soon_no("it was altered").await;
    browser.sees("Fail").await;
    browser.shot("test-nothing").await;
    let caller = Caller::operator();
    let revoked = site.engine.suspend(&caller, Named::Key(key.clone()), Suspension::Revoke, None).await;
    revoked.expect("revoked");
    test(&key).await;
    browser.sees("it is revoked").await;
    browser.shot("test-revoked").await;
}
