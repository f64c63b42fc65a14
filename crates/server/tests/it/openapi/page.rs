//! `/docs`, as it is sent, and as a browser shows it.

use crate::console::browser::Browser;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_whole_without_a_script_and_without_another_host() {
    let site = Site::new().await;
    let page = site.get("/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    for foreign in ["<script", "http://", "https://", " style=", "src="] {
        assert!(!page.body.contains(foreign), "{foreign}");
    }
    for part in ["/api/validate/{key}", "/license/activate", "/health/ready", "LkStatus", "PoolRefusal"] {
        assert!(page.body.contains(part), "{part}");
    }
    // Each link leads to a place on the page.
    for link in page.body.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.body.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_read_in_a_browser() {
    let site = Site::new().await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/docs").await;
    browser.shot("docs").await;
}
