//! Many at once, on one node over SQLite and on two over PostgreSQL.

use keyward_core::time::Timestamp;
use keyward_engine::license::Named;

use super::{Person, encoded, give_key, hidden};
use crate::line::Crowd;
use crate::site::{START, Site};

const AT_ONCE: usize = 32;
const ROUNDS: usize = 8;

async fn places() -> Vec<Vec<Site>> {
    let mut places = vec![vec![Site::new().await]];
    if let Some(first) = Site::postgres().await {
        let second = first.node().await;
        places.push(vec![first, second]);
    }
    for nodes in &places {
        give_key(&nodes[0]).await;
        for node in nodes {
            node.engine.refresh().await.expect("the key is loaded");
        }
    }
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_licences_for_one_client_exactly_one_is_issued() {
    for nodes in places().await {
        let person = Person::at(&nodes[0]).await;
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..ROUNDS {
            let client = format!("{round}.example");
            let answers = crowd
                .ask(|number| {
                    let kind = ["Basic", "Pro", "Enterprise", "Premium"][number % 4];
                    let fields = [
                        ("client_id", client.as_str()),
                        ("license_type", kind),
                        ("duration", "30"),
                        ("csrf", person.csrf.as_str()),
                    ];
                    (person.head("/records"), encoded(&fields))
                })
                .await;
            let issued: Vec<_> = answers.iter().filter(|answer| answer.status == 303).collect();
            assert_eq!(issued.len(), 1, "{client}");
            let place =
                issued[0].header("location").and_then(|place| place.split('?').next()).expect("a place");
            for refused in answers.iter().filter(|answer| answer.status != 303) {
                assert_eq!(refused.status, 409, "{refused:?}");
                assert!(refused.body.contains(&format!("<a href=\"{place}\">")), "{}", refused.body);
            }
        }
        let product = nodes[0].engine.catalog().product("records").expect("a product").id;
        let statistics = nodes[0].engine.statistics(product).await.expect("statistics");
        assert_eq!(statistics.total(), ROUNDS as i64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_page_sent_by_many_reactivates_once() {
    for nodes in places().await {
        let person = Person::at(&nodes[0]).await;
        let path = person.issued("example.com", "Pro", "30").await;
        person.post(&format!("{path}/revoke"), &[]).await;
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 1..=ROUNDS as i64 {
            let seen = hidden(&person.get(&path).await, "seen");
            let answers = crowd
                .ask(|_| {
                    let fields = [("days", "1"), ("seen", seen.as_str()), ("csrf", person.csrf.as_str())];
                    (person.head(&format!("{path}/reactivate")), encoded(&fields))
                })
                .await;
            let done = answers.iter().filter(|answer| answer.status == 303).count();
            assert_eq!(
                (done, answers.iter().filter(|answer| answer.status == 409).count()),
                (1, AT_ONCE - 1)
            );
            let product = nodes[0].engine.catalog().product("records").expect("a product").id;
            let named = Named::Subject(product, "example.com".to_owned());
            let found = nodes[0].engine.find(&named).await.expect("it is there");
            let end = Timestamp::from_seconds(START + (30 + round) * 86_400);
            assert_eq!(found.license.expiry, Some(end));
            assert_eq!(nodes[0].engine.forms(found.license.id).await.expect("forms").len() as i64, round + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_and_reactivating_at_once_leave_counters_that_add_up() {
    for nodes in places().await {
        let person = Person::at(&nodes[0]).await;
        let path = person.issued("example.com", "Pro", "30").await;
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for _ in 0..ROUNDS {
            let answers = crowd
                .ask(|number| {
                    let what = if number % 2 == 0 { "revoke" } else { "reactivate" };
                    let fields = [("days", "1"), ("csrf", person.csrf.as_str())];
                    (person.head(&format!("{path}/{what}")), encoded(&fields))
                })
                .await;
            assert!(answers.iter().all(|answer| [303, 409].contains(&answer.status)), "{answers:?}");
        }
        let product = nodes[0].engine.catalog().product("records").expect("a product").id;
        let found = nodes[0].engine.find(&Named::Subject(product, "example.com".to_owned())).await;
        let revoked = i64::from(found.expect("it is there").license.suspended_at.is_some());
        let statistics = nodes[0].engine.statistics(product).await.expect("statistics");
        assert_eq!((statistics.inactive(), statistics.available()), (revoked, 1 - revoked));
    }
}
