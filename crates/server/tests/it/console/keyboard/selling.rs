//! What is sold: products with their policies and features, and keys by the thousand.

use super::{fill_in, go_to, open, press, skip, tab_to};
use crate::console::browser::{ENTER, TAB};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_product_its_policy_and_a_feature_are_made_and_changed() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Products", "Make a product").await;
    fill_in(&browser, "Name", "Drawing board").await;
    fill_in(&browser, "Code", "board").await;
    // A form is sent from whichever of its fields one is in.
    browser.keys([ENTER]).await;
    browser.sees("The product was made. Make its first policy here.").await;
    skip(&browser).await;
    fill_in(&browser, "Code", "pro").await;
    fill_in(&browser, "Name", "Professional").await;
    fill_in(&browser, "Devices at the most", "3").await;
    press(&browser, "Make it").await;
    browser.sees("It runs on up to 3 devices.").await;

    skip(&browser).await;
    press(&browser, "Change the policy").await;
    fill_in(&browser, "Devices at the most", "5").await;
    press(&browser, "Rarer rules").await;
    browser.sees("More devices than the limit").await;
    press(&browser, "Save").await;
    browser.sees("It runs on up to 5 devices.").await;
    skip(&browser).await;
    fill_in(&browser, "Feature", "export_pdf").await;
    press(&browser, "Add").await;
    browser.sees("The features were changed.").await;
    let catalog = site.engine.catalog();
    let product = catalog.product("board").expect("the product");
    let policy = catalog.policy_of(product.id, "pro").expect("the policy");
    assert_eq!((policy.row.name.as_str(), policy.rules.max_machines), ("Professional", Some(5)));
    assert_eq!(policy.model.entitlements, ["export_pdf"]);

    go_to(&browser, "Features", "Make a feature").await;
    // Past the list, which may be long.
    press(&browser, "Make a feature").await;
    fill_in(&browser, "Code", "a4_print").await;
    fill_in(&browser, "Name", "Print on A4").await;
    press(&browser, "Make it").await;
    browser.sees("The feature was made.").await;
    // The first of the list by its code.
    skip(&browser).await;
    press(&browser, "Rename").await;
    fill_in(&browser, "Name", "Print on paper").await;
    browser.keys([ENTER]).await;
    browser.sees("The feature was renamed.").await;
    let features = site.engine.features_after("", 1).await.expect("features");
    assert_eq!(features[0].entitlement.name, "Print on paper");
    skip(&browser).await;
    press(&browser, "Remove").await;
    press(&browser, "Remove").await;
    browser.sees("The feature was removed.").await;
    browser.sees_no("a4_print").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_made_followed_and_taken_away() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/").await else { return };
    let downloads = browser.download_to("keyboard-lot").await;
    go_to(&browser, "Generate", "Choose what the application that you sell can read.").await;
    press(&browser, "Pool keys").await;
    browser.sees("Name of the lot").await;
    skip(&browser).await;
    fill_in(&browser, "How many", "60000").await;
    fill_in(&browser, "Name of the lot optional", "spring").await;
    press(&browser, "Generate").await;
    browser.sees("60,000 keys are being made.").await;
    skip(&browser).await;
    tab_to(&browser, "Look again").await;
    // How far it is comes anew each second, and leaves whoever waits where he is.
    browser.sees("All keys are made.").await;
    browser.has_focus("All keys are made.").await;
    browser.keys([TAB]).await;
    browser.has_focus("Download the table (CSV)").await;
    browser.keys([ENTER]).await;
    let table = browser.downloaded(&downloads.join("spring.csv")).await;
    assert_eq!(table.split_terminator("\r\n").count(), 60_001);
}
