//! One licence's page: what a customer would see elsewhere and later, and what is said before a device is released.

use keyward_core::verdict::Scope;
use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::FileRequest;
use keyward_engine::license::{Activate, Issued, Named, Question, Suspension};
use keyward_engine::token::Role;

use super::{Person, between};
use crate::site::Site;

/// The device that a file names.
pub(crate) const DEVICE: &str = "0123456789ABCDEF";

/// A file for a year from the site's first day, with 15 days of grace.
pub(crate) async fn file(site: &Site) -> Issued {
    let request = FileRequest {
        product: "desk".to_owned(),
        license_type: "YEARLY".to_owned(),
        issued_to: "ABC Traders".to_owned(),
        device_id: DEVICE.to_owned(),
        months: 12,
        grace_period_days: 15,
    };
    let form = NewForm::File { order: Order::default(), request };
    site.engine.issue_form(&Caller::operator(), form).await.expect("a file")
}

/// The code that the page's verdict has, and its colour.
fn verdict(page: &str) -> (&str, &str) {
    let class = between(page, "<section class=\"verdict ", "\"");
    let section = between(page, "<section class=\"verdict ", "</section>");
    (between(section, "<p class=\"soft\"><code>", "</code>"), class)
}

/// Everything that asking could change.
async fn kept(site: &Site, license: &Named) -> String {
    site.engine.flush_recorder().await;
    let engine = &site.engine;
    let shown = engine.show(license).await.expect("a licence");
    let entries = engine.audit_log(None, 10_000).await.expect("the log").len();
    let (overview, at) = (engine.overview(7).await.expect("counts"), shown.found.license.last_validated_at);
    let counts = engine.statistics(shown.found.license.product_id).await.expect("counts");
    format!(
        "{entries} {at:?} {:?} {:?} {:?} {overview:?} {counts:?}",
        shown.found, shown.attempts, shown.machines
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_tried_on_other_days_and_devices_and_nothing_is_changed() {
    for site in Site::all().await {
        let reader = Person::of(&site, Role::ReadOnly).await;
        let license = Named::Id(file(&site).await.id);
        let Named::Id(id) = license else { unreachable!() };
        let before = kept(&site, &license).await;
        let own = format!("device={DEVICE}");
        for (asked, code, class, says) in [
            ("", "VALID", "active", "now"),
            (&*own, "VALID", "active", "now"),
            ("as-of=2028-01-14", "VALID", "active", "as of 2028-01-14 00:00:00"),
            ("as-of=2028-01-20+12:00", "GRACE_PERIOD", "grace", "as of 2028-01-20 12:00:00"),
            ("as-of=2028-01-31", "EXPIRED", "ended", "read only"),
            ("device=another", "WRONG_DEVICE", "ended", "; this device is another."),
            ("device=another&as-of=2028-01-20", "WRONG_DEVICE", "ended", "read only"),
            ("as-of=soon", "VALID", "active", "Give a date as 2027-01-31"),
        ] {
            let page = reader.page(&format!("/console/licenses/{id}?{asked}")).await;
            assert_eq!(verdict(&page), (code, class), "{asked}: {page}");
            assert!(page.contains(says), "{asked}: {page}");
            assert_eq!(page.contains("<details open>"), asked.contains('='), "what was asked stays in sight");
        }
        assert_eq!(kept(&site, &license).await, before);

        // What is revoked is refused everywhere, whatever the file names.
        let caller = Caller::operator();
        site.engine.suspend(&caller, license.clone(), Suspension::Revoke, None).await.expect("revoked");
        let page = reader.page(&format!("/console/licenses/{id}?device=another")).await;
        assert_eq!(verdict(&page).0, "REVOKED", "{page}");
        site.engine.suspend(&caller, license.clone(), Suspension::Reinstate, None).await.expect("reinstated");

        // The file still names a device that was released here.
        let agent = Person::of(&site, Role::SupportAgent).await;
        agent.done(&format!("/console/licenses/{id}/release"), &[("machine", DEVICE)]).await;
        let page = reader.page(&format!("/console/licenses/{id}?device=another")).await;
        assert_eq!(verdict(&page).0, "WRONG_DEVICE", "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_key_in_its_time_is_said_to_work() {
    for site in Site::all().await {
        let agent = Person::of(&site, Role::SupportAgent).await;
        let key = site.pool_key("30").await;
        let place = format!("/console/licenses/{}", key.id);
        assert_eq!(verdict(&agent.page(&place).await), ("VALID", "active"));
        let request = Activate { key: key.key, fingerprint: "shop.example".to_owned(), name: None };
        site.engine.activate(&Caller::operator(), request, None).await.expect("an answer");
        let works = "The key was activated and works.";
        for (asked, class) in [
            ("", "active"),
            ("?device=shop.example", "active"),
            ("?as-of=2027-02-10", "active"),
            ("?device=other.example", "ended"),
            ("?as-of=2027-06-01", "ended"),
        ] {
            let page = agent.page(&format!("{place}{asked}")).await;
            assert_eq!(verdict(&page), ("ALREADY_USED", class), "{asked}: {page}");
            assert_eq!(page.contains(works), class == "active", "{asked}: {page}");
            assert_eq!(page.contains("is answered ALREADY_USED"), class == "active", "{asked}: {page}");
            let access = if class == "active" { "full access" } else { "no access" };
            assert!(between(&page, "<section class=\"verdict ", "<details").contains(access), "{page}");
        }
        // Revoked, and of a device that was taken away, it does not.
        let caller = Caller::operator();
        let license = Named::Id(key.id);
        site.engine.suspend(&caller, license.clone(), Suspension::Revoke, None).await.expect("revoked");
        assert_eq!(verdict(&agent.page(&place).await), ("ALREADY_USED", "ended"));
        site.engine.suspend(&caller, license, Suspension::Reinstate, None).await.expect("reinstated");
        let page = agent.page(&place).await;
        assert!(page.contains(works), "{page}");
        let machine = between(&page, "name=\"machine\" value=\"", "\"").to_owned();
        let page = agent.done(&format!("{place}/release"), &[("machine", &machine)]).await;
        assert_eq!(verdict(&page), ("ALREADY_USED", "ended"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_leads_to_every_event_and_attempt() {
    for site in Site::all().await {
        let reader = Person::of(&site, Role::ReadOnly).await;
        let (key, other) = (site.pool_key("30").await, site.pool_key("30").await);
        let caller = Caller::operator();
        let request = Activate { key: key.key.clone(), fingerprint: "shop.example".to_owned(), name: None };
        site.engine.activate(&caller, request, None).await.expect("an answer");
        let asked = async |key: &str| {
            let scope = Scope::default();
            site.engine.validate(&caller, Question::Activate, key, &scope).await.expect("an answer");
        };
        asked(&other.key).await;
        for _ in 0..60 {
            asked(&key.key).await;
        }
        site.engine.flush_recorder().await;
        let place = format!("/console/licenses/{}", key.id);
        let page = reader.page(&place).await;
        let events = between(&page, "<a href=\"/console/audit?", "\"");
        let log = reader.page(&format!("/console/audit?{events}")).await;
        for event in ["license.issue", "license.activate"] {
            assert_eq!(log.matches(&format!("<b>{event}</b>")).count(), 1, "{event}: {log}");
        }
        let first = format!("/console/attempts?{}", between(&page, "<a href=\"/console/attempts?", "\""));
        let (mut next, mut rows) = (first.replace("&#38;", "&"), 0);
        loop {
            let page = reader.page(&next).await;
            rows += page.matches("<td class=\"first\">").count();
            assert_eq!(page.matches(&place).count(), page.matches("href=\"/console/licenses/").count());
            assert!(page.contains("<option value=\"any\" selected>") && page.contains(&key.id.to_string()));
            if !page.contains("rel=\"next\"") {
                break;
            }
            next = between(&page, "rel=\"next\" href=\"", "\"").replace("&#38;", "&");
        }
        let kept = site.engine.show(&Named::Id(key.id)).await.expect("a licence").attempts.len();
        assert!(rows == kept && rows >= 60, "{rows} {kept}");
        let granted = reader.page(&format!("/console/attempts?answer=granted&license={}", other.id)).await;
        assert!(granted.contains("VALID") && !granted.contains("ALREADY_USED"), "{granted}");
        let bad = reader.page("/console/attempts?license=x").await;
        assert!(bad.contains("could not be read") && bad.contains("value=\"x\""), "{bad}");
        // Whoever may not read the log is not led there.
        let page = Person::of(&site, Role::SupportAgent).await.page(&place).await;
        assert!(!page.contains("/console/audit?") && page.contains("/console/attempts?answer=any"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_device_is_released_the_page_says_what_that_means() {
    let site = Site::new().await;
    let agent = Person::of(&site, Role::SupportAgent).await;
    let (pool, tier, file) =
        (site.pool_key("30").await, site.tier_key("pro", "c-1").await, file(&site).await);
    for issued in [&pool, &tier] {
        let request = Activate { key: issued.key.clone(), fingerprint: "mac-1".to_owned(), name: None };
        site.engine.activate(&Caller::operator(), request, None).await.expect("an answer");
    }
    for (license, means) in [
        (&pool, "A key that works once stays used: for another device, transfer the licence."),
        (&tier, "Another device may take its place."),
        (&file, "Its key or file goes on naming this device: for another one, transfer the licence."),
    ] {
        let place = format!("/console/licenses/{}", license.id);
        let page = agent.page(&place).await;
        let fold = between(&page, "<details class=\"ask\">", "</details>");
        for said in
            ["no longer active on this device", means, "The customer keeps the key: nothing is to be sent."]
        {
            assert!(fold.contains(said), "{said}: {fold}");
        }
        let machine = between(fold, "name=\"machine\" value=\"", "\"").to_owned();
        let page = agent.done(&format!("{place}/release"), &[("machine", &machine)]).await;
        assert!(page.contains("The device is released.") && page.contains("It runs on no device."), "{page}");
        assert_eq!(agent.last_event().await, ("license.deactivate".to_owned(), Some(agent.id)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_with_what_is_taken_away_by_whoever_may() {
    for site in Site::all().await {
        let agent = Person::of(&site, Role::SupportAgent).await;
        let made = file(&site).await;
        let place = format!("/console/licenses/{}", made.id);
        let page = agent.page(&place).await;
        assert!(page.contains("/reveal\"") && !page.contains("/console/generate/download/"), "{page}");
        let shown = agent.post(&format!("{place}/reveal"), &[]).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        assert_eq!(agent.last_event().await, ("license.reveal".to_owned(), Some(agent.id)));
        let path = between(&shown.body, "action=\"/console/generate/download/", "\"");
        let file = agent.post(&format!("/console/generate/download/{path}"), &[]).await;
        assert_eq!((file.status, &file.body), (200, &made.key));
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"ABC Traders.key\""));
        let log = site.engine.audit_log(Some(&Named::Id(made.id)), 100).await.expect("the log");
        assert_eq!(log.iter().filter(|entry| entry.event == "license.reveal").count(), 2);
        let reader = Person::of(&site, Role::ReadOnly).await;
        let page = reader.page(&place).await;
        assert!(!page.contains("/reveal\"") && !page.contains("class=\"ask\""), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_events_the_newest_are_shown() {
    let site = Site::new().await;
    let id = site.pool_key("30").await.id;
    for suspension in [Suspension::Suspend, Suspension::Reinstate].into_iter().cycle().take(120) {
        site.engine.suspend(&Caller::operator(), Named::Id(id), suspension, None).await.expect("it is done");
    }
    site.engine
        .suspend(&Caller::operator(), Named::Id(id), Suspension::Revoke, None)
        .await
        .expect("it is done");
    let events = site.engine.show(&Named::Id(id)).await.expect("the licence").events;
    let last: Vec<&str> = events.iter().rev().take(3).map(|entry| entry.event.as_str()).collect();
    assert_eq!(last, ["license.revoke", "license.reinstate", "license.suspend"]);
    assert_eq!(events.len(), 100);
}
