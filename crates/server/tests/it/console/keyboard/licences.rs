//! A licence, from the first key that is pressed to the last.

use super::{fill_in, go_to, open, press, skip, tab_to};
use crate::console::browser::{ENTER, TAB};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_made_copied_and_tested() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Generate", "Choose what the application that you sell can read.").await;
    press(&browser, "Signed key (LK-3) recommended").await;
    browser.sees("Another kind").await;
    skip(&browser).await;
    fill_in(&browser, "Policy", "PRO-20").await;
    fill_in(&browser, "Company optional", "Blue Yonder").await;
    // The day and the month are the same: who knows which of them this browser wants first.
    fill_in(&browser, "Ends on optional", "11112020").await;
    press(&browser, "Generate").await;
    browser.sees("This day has begun already").await;
    // What is wrong is corrected at once.
    browser.has_focus("Ends on optional").await;
    browser.keys("11112027".chars()).await;
    press(&browser, "Generate").await;
    browser.sees("Read back and checked.").await;
    browser.sees("2027-11-11 00:00:00").await;
    browser.sees("Blue Yonder").await;
    let key = browser.text_of("key").await;
    skip(&browser).await;
    press(&browser, "Copy").await;
    browser.sees("Copied").await;

    go_to(&browser, "Test a licence", "Paste a key or the text of a licence file").await;
    browser.keys([TAB]).await;
    browser.has_focus("Key or licence").await;
    browser.control('v').await;
    assert_eq!(browser.value_of("Key or licence").await, key);
    press(&browser, "Test").await;
    browser.sees("fits the key").await;
    skip(&browser).await;
    press(&browser, "The licence’s page").await;
    browser.sees("What the customer sees").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_found_by_typing_tried_suspended_and_reinstated() {
    let site = Site::new().await;
    let key = site.pool_key("30").await.key;
    let other = site.pool_key("30").await.key;
    let [last, other] = [&key, &other].map(|key| &key[key.len() - 4..]);
    let Some(browser) = open(&site, "/console/").await else { return };
    press(&browser, "Licences").await;
    browser.sees("Search").await;
    // Of two, one is left.
    browser.keys("/".chars()).await;
    browser.has_focus("Search").await;
    browser.keys(last.chars()).await;
    browser.sees_soon_no(&format!("…{other}")).await;
    browser.sees(&format!("…{last}")).await;
    // The search leaves whoever types where he is.
    browser.has_focus("Search").await;
    press(&browser, &format!("…{last}")).await;
    browser.sees("What the customer sees").await;

    skip(&browser).await;
    press(&browser, "Try it").await;
    browser.keys([TAB]).await;
    browser.has_focus("As of (UTC)").await;
    browser.keys("2030-01-31 12:00".chars().chain([ENTER])).await;
    browser.sees("as of 2030-01-31 12:00:00").await;

    skip(&browser).await;
    for (action, said) in
        [("Suspend", "The licence is suspended."), ("Reinstate", "The licence is no longer suspended.")]
    {
        tab_to(&browser, action).await;
        // A licence that is suspended shows at once how it is reinstated.
        if action == "Suspend" {
            browser.keys([ENTER]).await;
        }
        tab_to(&browser, action).await;
        browser.keys([ENTER]).await;
        browser.sees(said).await;
        skip(&browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_switched() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/licenses").await else { return };
    press(&browser, "Français").await;
    browser.sees("Aller au contenu").await;
    assert_eq!(browser.place().await, "/console/licenses");
    press(&browser, "English").await;
    browser.sees("Skip to the content").await;
}
