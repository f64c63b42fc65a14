//! Customers, their installations, and the keys of one's own.

use keyward_engine::license::NewLicense;
use keyward_engine::{Caller, NewUser};

use super::{act, fill_in, go_to, open, press, skip, tab_to};
use crate::console::browser::{ENTER, TAB};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_banned_and_let_in_and_an_installation_given_devices() {
    let site = Site::new().await;
    for (id, email) in [("c-17", "ann@example.com"), ("c-18", "bob@example.com")] {
        let user =
            NewUser { external_id: Some(id.to_owned()), email: Some(email.to_owned()), ..NewUser::default() };
        let wanted = NewLicense { user: Some(user), ..NewLicense::default() };
        site.engine.issue_tier(&Caller::operator(), "tier", "pro", wanted).await.expect("a key");
    }
    site.engine
        .create_installation(&Caller::operator(), "acme-berlin", Some(3))
        .await
        .expect("an installation");
    let is_banned = async || {
        let found = site.engine.customers_like("ann@", 2).await.expect("customers");
        found[0].banned_at.is_some()
    };
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Customers", "bob@example.com").await;
    browser.keys("/ann@".chars().chain([ENTER])).await;
    browser.sees_soon_no("bob@example.com").await;
    skip(&browser).await;
    act(&browser, "Ban", &[], "The customer was banned.").await;
    assert!(is_banned().await);
    act(&browser, "Lift the ban", &[], "The ban was lifted.").await;
    assert!(!is_banned().await);

    go_to(&browser, "Installations", "acme-berlin").await;
    tab_to(&browser, "acme-berlin").await;
    act(&browser, "Change", &[("Free devices", "7")], "The free devices were changed.").await;
    let installation = site.engine.installation_named("acme-berlin").await.expect("it is there");
    assert_eq!(installation.free_devices, Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_and_activated_for_the_own_installation() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/generate/lk2").await else { return };
    browser.sees("Another kind").await;
    skip(&browser).await;
    fill_in(&browser, "Tier", "PRO-20").await;
    press(&browser, "Generate").await;
    browser.sees("Read back and checked.").await;
    skip(&browser).await;
    press(&browser, "Copy").await;
    browser.sees("Copied").await;
    go_to(&browser, "Activate a key", "No key is activated yet").await;
    browser.keys([TAB]).await;
    browser.has_focus("License key").await;
    browser.control('v').await;
    press(&browser, "Activate License").await;
    browser.sees("License activated successfully.").await;
    browser.sees("Total devices 23 (3 free + 20)").await;
}
