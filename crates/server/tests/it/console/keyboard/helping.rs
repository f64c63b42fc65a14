//! What is done to a licence that somebody has, and to several at once.

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Activate, Named, NewLicense, Shown, Term};
use uuid::Uuid;

use super::{act, fill_in, go_to, open, press, skip, tab_to};
use crate::console::browser::ENTER;
use crate::site::Site;

async fn shown(site: &Site, license: Uuid) -> Shown {
    site.engine.show(&Named::Id(license)).await.expect("a licence")
}

async fn end(site: &Site, license: Uuid) -> Timestamp {
    shown(site, license).await.found.license.expiry.expect("it ends")
}

/// Why it does not run.
async fn reason(site: &Site, license: Uuid) -> Option<String> {
    shown(site, license).await.found.license.suspension_reason
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_extended_transferred_renewed_released_and_revoked() {
    let site = Site::new().await;
    let made = site.pool_key("30").await;
    let request = Activate { key: made.key, fingerprint: "old.example".to_owned(), name: None };
    site.engine.activate(&Caller::operator(), request, None).await.expect("an answer");
    let Some(browser) = open(&site, &format!("/console/licenses/{}", made.id)).await else { return };
    browser.sees("What the customer sees").await;
    let before = end(&site, made.id).await;
    skip(&browser).await;
    act(&browser, "Extend by days", &[("Days", "10")], "The licence is renewed.").await;
    let extended = end(&site, made.id).await;
    assert_eq!(extended, before.plus_days(10));

    let fields = [("New device (fingerprint)", "new.example"), ("New customer (e-mail)", "new@example.com")];
    act(&browser, "Transfer", &fields, "The licence is transferred.").await;
    let moved = shown(&site, made.id).await;
    assert_eq!(moved.machines[0].fingerprint, "new.example");
    assert_eq!(moved.found.user_email.as_deref(), Some("new@example.com"));
    act(&browser, "Renew", &[], "The licence is renewed.").await;
    assert!(end(&site, made.id).await > extended);
    act(&browser, "Release", &[], "The device is released.").await;
    assert!(shown(&site, made.id).await.machines.is_empty());
    let why = [("Why (for the audit log)", "charged back")];
    act(&browser, "Revoke", &why, "The licence is revoked.").await;
    assert_eq!(reason(&site, made.id).await.as_deref(), Some("revoked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_licences_are_ticked_looked_through_and_changed() {
    let site = Site::new().await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        let name = Some(format!("Licence {name}"));
        let wanted = NewLicense { name, term: Term::Days(20), ..NewLicense::default() };
        let made = site.engine.issue_tier(&Caller::operator(), "tier", "pro", wanted).await;
        ids.push(made.expect("a key").id);
    }
    let other = site.tier_key("elite", "u-17").await.id;
    site.pool_key("30").await;
    let before = end(&site, ids[0]).await;
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Licences", "Licence three").await;
    // What the list is narrowed to is chosen again and again: whoever does stays where he is.
    fill_in(&browser, "Product", "Tier").await;
    browser.sees_soon_no("Central pool 1 mois").await;
    browser.has_focus("Product").await;
    fill_in(&browser, "Policy", "pro").await;
    browser.sees_soon_no("u-17").await;
    browser.has_focus("Policy").await;
    for name in ["three", "one"] {
        tab_to(&browser, &format!("Tick: Licence {name}")).await;
        browser.keys([' ']).await;
    }
    // Past the rest of the list.
    browser.keys([ENTER]).await;
    browser.has_focus("What").await;
    browser.keys("Ext".chars()).await;
    press(&browser, "Go on").await;
    browser.sees("Licences: 2").await;
    browser.sees_no("Licence two").await;
    skip(&browser).await;
    fill_in(&browser, "Days", "10").await;
    press(&browser, "Extend by days").await;
    browser.sees("Done: 2").await;
    for (id, days) in [(ids[0], 10), (ids[1], 0), (ids[2], 10)] {
        assert_eq!(end(&site, id).await, before.plus_days(days));
    }

    // All of the page, and back to the list.
    skip(&browser).await;
    press(&browser, "Back to the list").await;
    browser.sees("Licence two").await;
    skip(&browser).await;
    tab_to(&browser, "Tick all of this page").await;
    browser.keys([' ']).await;
    fill_in(&browser, "What", "Rev").await;
    press(&browser, "Go on").await;
    browser.sees("Licences: 3").await;
    skip(&browser).await;
    fill_in(&browser, "Why (for the audit log)", "charged back").await;
    press(&browser, "Revoke").await;
    browser.sees("Done: 3").await;
    for id in ids {
        assert_eq!(reason(&site, id).await.as_deref(), Some("revoked"));
    }
    assert_eq!(reason(&site, other).await, None);
}
