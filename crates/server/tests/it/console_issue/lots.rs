//! Lots of pool keys: made, followed, and taken away as a table.

use std::time::Duration;

use keyward_engine::token::Role;

use super::Person;
use crate::records::hidden;
use crate::site::Site;
use crate::world::Answer;

/// Begins a lot, and gives the path of its page.
async fn begun(person: &Person<'_>, policy: &str, count: &str, batch: &str) -> String {
    let answer = person.generate("pool", policy, &[("count", count), ("batch", batch)]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").expect("a place").to_owned()
}

/// The page of a lot once all is made.
async fn finished(person: &Person<'_>, path: &str) -> Answer {
    for _ in 0..600 {
        let page = person.get(path).await;
        assert_eq!(page.status, 200, "{page:?}");
        if !page.body.contains("hx-trigger") {
            return page;
        }
        assert!(page.body.contains("<progress value=\""), "{}", page.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the lot is not finished");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_made_and_exported_as_a_table() {
    for site in Site::all().await {
        let person = Person::at(&site).await;
        let path = begun(&person, "each of them", "1000", "spring, \"27\"").await;
        let page = finished(&person, &path).await;
        assert!(page.body.contains("All keys are made."), "{}", page.body);
        assert!(page.body.contains("5,000 / 5,000"), "{}", page.body);
        let table = person.post(&format!("{path}/csv"), &[]).await;
        assert_eq!((table.status, table.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        let mut lines = table.body.split_terminator("\r\n");
        assert_eq!(lines.next(), Some("license_key,duration_days,duration_label,batch_id"));
        let rows: Vec<&str> = lines.collect();
        assert_eq!(rows.len(), 5_000);
        let month = rows.iter().filter(|row| row.ends_with(",30,1 mois,\"spring, \"\"27\"\"\""));
        assert_eq!(month.count(), 1_000);
        let key = rows[0].split(',').next().expect("a key");
        assert_eq!(site.get(&format!("/api/validate/{key}")).await.json()["valid"], true);
        let log = site.engine.audit_log(None, 1_000).await.expect("the log");
        assert!(log.iter().any(|entry| entry.event == "batch.export"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_its_makers_and_is_made_once() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let page = person.get("/console/generate/pool").await;
    let (form, policy) = (hidden(&page, "form"), super::option(&page, "1 mois"));
    let fields = [("form", form.as_str()), ("policy", policy.as_str()), ("count", "300"), ("batch", "b")];
    let first = person.post("/console/generate/pool", &fields).await;
    let second = person.post("/console/generate/pool", &fields).await;
    let path = first.header("location").expect("a place");
    assert_eq!((first.status, second.header("location")), (303, Some(path)));
    finished(&person, path).await;
    let product = site.engine.catalog().product("pool").expect("a product").id;
    assert_eq!(site.engine.statistics(product).await.expect("statistics").total(), 300);
    // Only the part that changes, for the page that looks again.
    let head = format!("GET {path} HTTP/1.1\r\nHX-Request: true\r\nCookie: {}", person.cookie);
    let part = site.ask(&head, "").await;
    assert!(part.body.trim_start().starts_with("<section id=\"lot\""), "{}", part.body);
    // Another person sees nothing of it.
    let other = Person::of(&site, Role::Admin).await;
    assert_eq!(other.get(path).await.status, 404);
    assert_eq!(other.post(&format!("{path}/csv"), &[]).await.status, 404);
    // A node that did not make it still exports it.
    let node = site.node().await;
    let there = Person::of(&node, Role::Admin).await;
    assert!(there.get(path).await.body.contains("The lot was made, and its 300 keys are in the database."));
    let table = there.post(&format!("{path}/csv"), &[]).await;
    assert_eq!((table.status, table.body.split_terminator("\r\n").count()), (200, 301));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_after_a_restart_leads_to_its_lot() {
    for site in Site::all().await {
        let person = Person::at(&site).await;
        let page = person.get("/console/generate/pool").await;
        let (form, policy) = (hidden(&page, "form"), super::option(&page, "1 mois"));
        let fields = [("form", form.as_str()), ("policy", policy.as_str()), ("count", "40"), ("batch", "b")];
        let first = person.post("/console/generate/pool", &fields).await;
        let path = first.header("location").expect("a place").to_owned();
        finished(&person, &path).await;
        // Another server knows nothing of it but what is in the database.
        let node = site.node().await;
        let there = Person { site: &node, cookie: person.cookie.clone(), csrf: person.csrf.clone() };
        let again = there.post("/console/generate/pool", &fields).await;
        assert_eq!((again.status, again.header("location")), (303, Some(path.as_str())), "{again:?}");
        let page = there.get(&path).await;
        assert!(page.body.contains("<h1>Lot b</h1>"), "{}", page.body);
        assert!(
            page.body.contains("The lot was made, and its 40 keys are in the database."),
            "{}",
            page.body
        );
        let product = site.engine.catalog().product("pool").expect("a product").id;
        assert_eq!(node.engine.statistics(product).await.expect("statistics").total(), 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_was_broken_off_says_so() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let path = format!("/console/generate/lots/{}", uuid::Uuid::max());
    let page = person.get(&path).await;
    assert!(page.body.contains("There is no such lot"), "{}", page.body);
    assert!(!page.body.contains("Download the table"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_long_ago_makes_no_second_lot_unawares() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let page = person.get("/console/generate/pool").await;
    let (form, policy) = (hidden(&page, "form"), super::option(&page, "1 mois"));
    let fields = [("form", form.as_str()), ("policy", policy.as_str()), ("count", "40"), ("batch", "typed")];
    let made = person.post("/console/generate/pool", &fields).await;
    finished(&person, made.header("location").expect("a place")).await;
    // Used now and then, the session goes on.
    for _ in 0..6 {
        site.clock.advance(10 * 3_600);
        assert_eq!(person.get("/console/").await.status, 200);
    }
    let again = person.post("/console/generate/pool", &fields).await;
    assert_eq!(again.status, 409, "{again:?}");
    assert!(
        again.body.contains("opened too long ago") && again.body.contains("value=\"typed\""),
        "{}",
        again.body
    );
    let product = site.engine.catalog().product("pool").expect("a product").id;
    assert_eq!(site.engine.statistics(product).await.expect("statistics").total(), 40);
}
