//! Products and policies, pools, signing keys and settings.

use keyward_engine::license::{Named, Suspension};
use keyward_engine::token::Role;
use keyward_engine::{Actor, Caller, Front};

use super::open;
use crate::console::generating::{LK2, LK3, RECORD, made};
use crate::console::people::Person;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_made_with_a_policy_that_is_then_changed() {
    let site = Site::new().await;
    let Some(browser) = open(&site).await else { return };
    browser.press("Products").await;
    browser.sees("Make a product").await;
    browser.shot("products").await;
    browser.type_into("Name", "Drawing board").await;
    browser.type_into("Code", "board").await;
    browser.press("Make it").await;
    browser.sees("The product was made. Make its first policy here.").await;
    browser.shot("product-new").await;
    browser.type_into("Code", "pro").await;
    browser.type_into("Name", "Professional").await;
    browser.type_into("Duration", "365").await;
    browser.type_into("Devices at the most", "3").await;
    browser.type_into("Grace after the end", "14").await;
    browser.press("Make it").await;
    browser.sees("The policy was made.").await;
    browser.sees("It runs on up to 3 devices.").await;
    browser.shot("policy").await;

    browser.press("Change the policy").await;
    browser.press("Rarer rules").await;
    browser.sees("More devices than the limit").await;
    browser.shot("policy-rarer-rules").await;
    browser.type_into("Devices at the most", "many").await;
    browser.press("Save").await;
    browser.sees("Devices at the most: give a number, or nothing.").await;
    assert_eq!(browser.value_of("Devices at the most").await, "many");
    browser.shot("policy-refused").await;
    browser.type_into("Devices at the most", "5").await;
    browser.press("Save").await;
    browser.sees("It runs on up to 5 devices.").await;
    browser.type_into("Feature", "export_pdf").await;
    browser.press("Add").await;
    browser.sees("The features were changed.").await;
    browser.shot("policy-changed").await;
    browser.press("Drawing board").await;
    browser.sees("Professional").await;
    browser.shot("product").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_made_renamed_and_removed() {
    let site = Site::new().await;
    let Some(browser) = open(&site).await else { return };
    browser.press("Features").await;
    browser.sees("Make a feature").await;
    browser.shot("features").await;
    browser.type_into("Code", "two words").await;
    browser.press("Make it").await;
    browser.sees("A code has 1 to 100 letters").await;
    browser.shot("features-refused").await;
    // The first of the list by its code.
    browser.type_into("Code", "a4_print").await;
    browser.type_in("Make a feature", "Name", "Print on A4").await;
    browser.press("Make it").await;
    browser.sees("The feature was made.").await;
    browser.sees("Print on A4").await;
    browser.press("Rename").await;
    browser.sees("Only people see the name").await;
    browser.shot("features-rename").await;
    browser.type_into("Name", "Print on paper").await;
    browser.press_button("Rename").await;
    browser.sees("The feature was renamed.").await;
    browser.sees("Print on paper").await;
    browser.press("Remove").await;
    browser.press_button("Remove").await;
    browser.sees("The feature was removed.").await;
    browser.sees_no("Print on paper").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_addresses_are_whole_and_the_longest_break() {
    let site = Site::new().await;
    let longest = "x".repeat(100);
    for code in ["commercial_redistribution_rights", &longest] {
        site.engine.create_feature(&Caller::operator(), code, "").await.expect("a feature");
    }
    let id = site.pool_key("30").await.id;
    for email in ["max.long@sales.example.com", &format!("{}@example.com", "x".repeat(60))] {
        let person = Person::new(&site, Role::SupportAgent, email).await;
        let caller = Caller::new(Actor::User(person.id), Front::Console);
        let change = if email.starts_with('m') { Suspension::Suspend } else { Suspension::Revoke };
        site.engine.suspend(&caller, Named::Id(id), change, None).await.expect("it is suspended");
    }
    let Some(browser) = open(&site).await else { return };
    browser.press("Features").await;
    browser.sees("commercial_redistribution_rights").await;
    browser.shot("features-long").await;
    browser.fits(1024).await;
    browser.press("Audit log").await;
    browser.sees("max.long@sales.example.com").await;
    browser.shot("audit-long").await;
    browser.fits(1024).await;
    browser.open(&format!("/console/licenses/{id}")).await;
    browser.sees("max.long@sales.example.com").await;
    browser.shot("license-long").await;
    browser.fits(1024).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_runs_out_says_so() {
    let site = Site::new().await;
    for number in 0..12 {
        let key = site.pool_key("30").await.key;
        let shop = serde_json::json!({ "license_key": key, "domain_fingerprint": format!("shop-{number}") });
        assert_eq!(site.post("/api/activate", &shop).await.status, 200);
    }
    site.pool_key("30").await;
    site.pool_key("180").await;
    let Some(browser) = open(&site).await else { return };
    browser.press("Pools").await;
    browser.sees("Fewer than 10 % are left of: 1 mois.").await;
    browser.shot("pools").await;
    browser.press("1 mois").await;
    browser.sees("Search").await;
    assert!(browser.place().await.starts_with("/console/licenses?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_is_given_out_rotated_and_retired() {
    let site = Site::new().await;
    let Some(browser) = open(&site).await else { return };
    for kind in [LK3, LK2, RECORD] {
        made(&browser, kind).await;
    }
    browser.press("Signing keys").await;
    browser.sees("the private part never leaves the server").await;
    browser.shot("keys").await;
    let key =
        site.engine.catalog().keys().iter().find(|key| key.row.algorithm == "ed25519").expect("a key").row.id;
    browser.open(&format!("/console/keys/{key}")).await;
    browser.sees("BEGIN PUBLIC KEY").await;
    browser.shot("key").await;
    browser.press("Rotate").await;
    browser.press_button("Rotate").await;
    browser.sees("This key signs from now on.").await;
    browser.open(&format!("/console/keys/{key}")).await;
    browser.press("Retire").await;
    browser.type_into("Type the key’s hint", "wrong").await;
    browser.press_button("Retire").await;
    browser.sees("The hint that was typed is not this key’s").await;
    browser.shot("key-not-retired").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_are_read() {
    let site = Site::new().await;
    let Some(browser) = open(&site).await else { return };
    browser.press("Settings").await;
    browser.sees("Secrets are not shown.").await;
    browser.sees("body_limit").await;
    browser.shot("settings").await;
}
