//! System E's page: the keys of the account's own installation.

use keyward_engine::token::Role;

use super::browser::Browser;
use super::generating::{LK2, LK3, made};
use super::people::{ADA, PASSWORD, Person};
use super::signing_in::show_password;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_key_is_activated_and_its_devices_are_added() {
    for site in Site::all().await {
        Person::ada(&site).await;
        let Some(browser) = Browser::at(&site).await else { return };
        browser.open("/console/license-key").await;
        show_password(&browser, PASSWORD).await;
        browser.sees("Total devices 3 (3 free)").await;
        browser.sees("No key is activated yet").await;
        browser.shot("license-key").await;
        let (lk2, lk3) = (made(&browser, LK2).await, made(&browser, LK3).await);
        let activate = async |key: &str| {
            browser.type_into("License key", key).await;
            browser.press("Activate License").await;
        };

        browser.press("Activate a key").await;
        activate(&lk2).await;
        browser.sees("License activated successfully.").await;
        for said in ["Tier PRO-10", "Total devices 13 (3 free + 10)", "Acme & Sons", "Perpetual"] {
            browser.sees(said).await;
        }
        activate(&lk3).await;
        browser.sees("Total devices 33 (3 free + 10 + 20)").await;
        browser.sees("2027-12-31 00:00:00").await;
        browser.sees("Blue Yonder Ltd").await;
        browser.shot("license-key-active").await;
        activate(&lk2).await;
        browser.sees("License was active already.").await;

        // A wrong key is said to be one, and stays to be corrected.
        let wrong = format!("{}0", &lk2[..lk2.len() - 1]);
        activate(&wrong).await;
        browser.sees_soon_no("License was active already.").await;
        assert_eq!(browser.value_of("License key").await, wrong);
        browser.shot("license-key-refused").await;
        browser.sees("Total devices 33").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_only_sees_what_there_is_and_activates_nothing() {
    let site = Site::new().await;
    Person::new(&site, Role::ReadOnly, ADA).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/license-key").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Total devices 3 (3 free)").await;
    browser.sees_no("Activate License").await;
    browser.shot("license-key-read-only").await;
}
