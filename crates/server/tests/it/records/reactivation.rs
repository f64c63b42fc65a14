//! Reactivating: a revocation is lifted, days are added, and a new record takes the old one's place beside it.

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};

use super::{Person, hidden, validity};
use crate::site::{START, Site};

const DAY: i64 = 86_400;

async fn end(site: &Site, client_id: &str) -> Option<i64> {
    let product = site.engine.catalog().product("records").expect("a product").id;
    let found = site.engine.find(&Named::Subject(product, client_id.to_owned())).await.expect("it is there");
    found.license.expiry.map(Timestamp::seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_moves_and_both_signatures_are_accepted() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        let old = person.record(&path).await;
        let reactivate = format!("{path}/reactivate");

        // While it runs, days are added to its end.
        site.clock.advance(10 * DAY);
        let person = Person::at(&site).await;
        assert_eq!(person.post(&reactivate, &[("days", "5")]).await.status, 303);
        assert_eq!(end(&site, "example.com").await, Some(START + 35 * DAY));
        let new = person.record(&path).await;
        assert_eq!(
            (new["exp"].as_i64(), new["issued_at"].as_i64()),
            (Some(START + 35 * DAY), Some(START + 10 * DAY),)
        );
        assert_ne!(new["signature"], old["signature"]);

        // When it is over, to today; the revocation is lifted with it.
        person.post(&format!("{path}/revoke"), &[]).await;
        site.clock.set(Timestamp::from_seconds(START + 100 * DAY));
        let person = Person::at(&site).await;
        let signatures = [&old, &new].map(|record| record["signature"].as_str().expect("a text").to_owned());
        for signature in &signatures {
            assert_eq!(validity(&site, "example.com", signature).await, "License is revoked.");
        }
        assert_eq!(person.post(&reactivate, &[("duration", "7")]).await.status, 303);
        assert_eq!(end(&site, "example.com").await, Some(START + 107 * DAY));
        let newest = person.signature(&path).await;
        for signature in signatures.iter().chain([&newest]) {
            assert_eq!(validity(&site, "example.com", signature).await, "License is valid.");
        }
        site.clock.set(Timestamp::from_seconds(START + 107 * DAY).plus_micros(1));
        for signature in signatures.iter().chain([&newest]) {
            assert_eq!(validity(&site, "example.com", signature).await, "License has expired.");
        }
        let page = Person::at(&site).await.get(&path).await.body;
        assert!(page.contains("Records given out") && page.matches("replaced").count() == 2, "{page}");
        let product = site.engine.catalog().product("records").expect("a product").id;
        let statistics = site.engine.statistics(product).await.expect("statistics");
        assert_eq!((statistics.total(), statistics.inactive(), statistics.available()), (1, 0, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_adds_its_days_once() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        let seen = hidden(&person.get(&path).await, "seen");
        let fields = [("days", "5"), ("seen", seen.as_str())];
        let reactivate = format!("{path}/reactivate");
        assert_eq!(person.post(&reactivate, &fields).await.status, 303);
        let again = person.post(&reactivate, &fields).await;
        assert_eq!(again.status, 409);
        assert!(again.body.contains("changed meanwhile"), "{}", again.body);
        assert_eq!(end(&site, "example.com").await, Some(START + 35 * DAY));
        // The page that says so shows the new end, and its form works.
        let seen = hidden(&again, "seen");
        assert_eq!(person.post(&reactivate, &[("days", "5"), ("seen", &seen)]).await.status, 303);
        assert_eq!(end(&site, "example.com").await, Some(START + 40 * DAY));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_is_only_lifted() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Premium", "").await;
        let record = person.record(&path).await;
        let reactivate = format!("{path}/reactivate");
        let nothing = person.post(&reactivate, &[("days", "5")]).await;
        assert_eq!(nothing.status, 409);
        assert!(nothing.body.contains("nothing to reactivate"), "{}", nothing.body);
        person.post(&format!("{path}/revoke"), &[]).await;
        let lifted = person.post(&reactivate, &[("seen", "never")]).await;
        assert_eq!(lifted.header("location"), Some(format!("{path}?done=lifted").as_str()));
        assert_eq!(end(&site, "example.com").await, None);
        assert_eq!(person.record(&path).await, record, "the record stays the same");
        let signature = record["signature"].as_str().expect("a text");
        assert_eq!(validity(&site, "example.com", signature).await, "License is valid.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_suspended_elsewhere_is_not_lifted_here() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        let signature = person.signature(&path).await;
        let product = site.engine.catalog().product("records").expect("a product").id;
        let named = Named::Subject(product, "example.com".to_owned());
        site.engine
            .suspend(&Caller::operator(), named, Suspension::Suspend, None)
            .await
            .expect("it is suspended");
        let page = person.get(&path).await.body;
        assert!(
            page.contains("suspended elsewhere") && !page.contains(&format!("{path}/reactivate")),
            "{page}"
        );
        let answer = person.post(&format!("{path}/reactivate"), &[("days", "5")]).await;
        assert_eq!(answer.status, 409);
        assert!(answer.body.contains("suspended elsewhere, not revoked"), "{}", answer.body);
        assert_eq!(validity(&site, "example.com", &signature).await, "License is revoked.");
        assert_eq!(end(&site, "example.com").await, Some(START + 30 * DAY));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_days_change_nothing_and_stay_typed() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        for (days, sentence) in [
            ("", "for how many days"),
            ("0", "1 or more"),
            ("-3", "1 or more"),
            ("1e3", "1 or more"),
            ("3000000", "after the year 9999"),
        ] {
            let answer = person.post(&format!("{path}/reactivate"), &[("days", days)]).await;
            assert_eq!(answer.status, 422, "{days:?}: {}", answer.body);
            assert!(answer.body.contains(sentence), "{days:?}: {}", answer.body);
            assert!(days.is_empty() || answer.body.contains(&format!("value=\"{days}\"")), "{days:?}");
        }
        assert_eq!(end(&site, "example.com").await, Some(START + 30 * DAY));
    }
}
