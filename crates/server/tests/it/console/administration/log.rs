//! The audit log: filtered, verified, and taken away.

use super::open;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_filtered_verified_and_exported() {
    for (number, site) in Site::all().await.into_iter().enumerate() {
        site.pool_key("30").await;
        let Some(browser) = open(&site).await else { return };
        browser.press("Audit log").await;
        browser.sees("person.invite").await;
        browser.shot("audit").await;
        browser.type_into("Event begins with", "license.").await;
        browser.press_button("Filter").await;
        browser.sees_soon_no("person.invite").await;
        browser.sees("license.issue").await;
        let downloads = browser.download_to(&format!("audit-{number}")).await;
        browser.press("As CSV").await;
        let table = browser.downloaded(&downloads.join("audit.csv")).await;
        assert!(table.contains("license.issue"), "{table}");
        browser.press("Verify the log").await;
        browser.sees("The log is sound").await;
        browser.shot("audit-verified").await;
        browser.type_into("Event begins with", "nothing").await;
        browser.press_button("Filter").await;
        browser.sees("Nothing was found.").await;
        browser.shot("audit-none").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
