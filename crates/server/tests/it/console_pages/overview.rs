//! The overview: each number is that of the list it leads to.

use keyward_engine::license::{Named, NewLicense, Suspension, Term};
use keyward_engine::people::Delayed;
use keyward_engine::statistics::Overview;
use keyward_engine::token::Role;
use keyward_engine::{Caller, Engine};
use serde_json::json;
use uuid::Uuid;

use super::{Person, between};
use crate::site::Site;

/// The rows of the list at a path, page after page; of what stands for several, all.
async fn rows(reader: &Person<'_>, path: &str) -> usize {
    let (mut place, mut count) = (path.to_owned(), 0);
    loop {
        let page = reader.page(&place).await;
        let body =
            page.split_once("<tbody").map_or("", |(_, rest)| rest.split("</tbody>").next().unwrap_or(""));
        count += body.matches("<tr").count();
        let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { return count };
        place = next.split('"').next().expect("an address").replace("&#38;", "&");
    }
}

/// Every link of a part of a page whose text is a number: its path and its number.
fn numbers(part: &str) -> Vec<(String, usize)> {
    let links = part.split("<a ").skip(1);
    let read = |link: &str| {
        let path = between(link, "href=\"", "\"").replace("&#38;", "&");
        let text = link.split_once('>')?.1.split("</a>").next()?;
        let number = text.split_once("<b>").map_or(text, |(_, rest)| rest.split("</b>").next().unwrap_or(""));
        Some((path, number.replace(',', "").parse().ok()?))
    };
    links.filter_map(read).collect()
}

async fn tier(site: &Site, days: i64) -> Uuid {
    let wanted = NewLicense { term: Term::Days(days), ..NewLicense::default() };
    let made = site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key");
    site.clock.advance(1);
    made.id
}

/// A handful of licences of each state, and some attempts on them.
async fn fill(site: &Site) {
    for _ in 0..2 {
        tier(site, 1).await;
    }
    for _ in 0..3 {
        tier(site, 20).await;
    }
    let mut keys = Vec::new();
    for _ in 0..9 {
        keys.push(site.pool_key("30").await);
    }
    for key in &keys[..5] {
        let body = json!({ "license_key": key.key, "domain_fingerprint": key.key });
        assert_eq!(site.post("/api/activate", &body).await.status, 200);
    }
    // A used one and an unused one are suspended, and a used one and two unused ones revoked.
    for (at, suspension) in [
        (4, Suspension::Suspend),
        (5, Suspension::Suspend),
        (3, Suspension::Revoke),
        (6, Suspension::Revoke),
        (7, Suspension::Revoke),
    ] {
        site.engine
            .suspend(&Caller::operator(), Named::Id(keys[at].id), suspension, None)
            .await
            .expect("it is done");
    }
    // Later, those of one day are over; what is refused now is refused today.
    site.clock.advance(2 * 86_400);
    for key in &keys {
        site.get(&format!("/api/validate/{}", key.key)).await;
    }
    site.get("/api/validate/ABCD-EFGH-JKLM-NPQR").await;
    site.engine.flush_recorder().await;
    site.engine
        .note_delay(&Caller::operator(), Delayed::Password("nobody@example.com"))
        .await
        .expect("it is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_that_of_the_list_it_leads_to() {
    for site in Site::all().await {
        fill(&site).await;
        let reader = Person::of(&site, Role::ReadOnly).await;
        let page = reader.page("/console/").await;
        let tiles = numbers(between(&page, "<ul class=\"tiles\">", "</ul>"));
        assert_eq!(tiles.len(), 10, "{tiles:?}");
        for (path, number) in &tiles {
            assert!(*number > 0, "{path}: {page}");
            assert_eq!(rows(&reader, path).await, *number, "{path}");
        }
        let of = |end: &str| tiles.iter().find(|(path, _)| path.ends_with(end)).map(|(_, number)| *number);
        let states = ["status=active", "status=expired", "status=suspended", "status=revoked"];
        assert_eq!(states.map(|state| of(state).unwrap()), [9 - 5 + 3, 2, 2, 3]);
        assert!(page.contains("Activation rate: "), "{page}");

        // The tables below the charts, and the stock.
        let rest = page.split_once("</ul>").expect("tiles").1;
        let listed = numbers(rest);
        assert!(listed.len() >= 6, "{listed:?}");
        for (path, number) in listed {
            let list = reader.page(&path).await;
            assert!(list.contains("<tbody"), "{path}");
            // Granted attempts of one minute stand on one line.
            if !path.contains("answer=granted") {
                assert_eq!(rows(&reader, &path).await, number, "{path}");
            }
        }
        let pools = reader.page("/console/pools").await;
        let stock = numbers(between(&pools, "<tbody>", "</tbody>"));
        assert!(stock.len() >= 10, "{stock:?}");
        for (path, number) in stock {
            assert_eq!(rows(&reader, &path).await, number, "{path}");
        }

        let support = Person::of(&site, Role::SupportAgent).await;
        let page = support.page("/console/").await;
        assert!(!page.contains("/console/audit"), "no list that he may not open: {page}");
        let page = support.page("/console/attempts?from=soon&to=2027-01-01").await;
        assert!(page.contains("could not be read") && page.contains("Nothing was found"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_over_is_added_up_anew_when_somebody_counts_for_it() {
    for site in Site::all().await {
        fill(&site).await;
        let overview = async |engine: &Engine| engine.overview(30).await.expect("an overview");
        let before = overview(&site.engine).await;
        // As an import does, or a node whose clock is wrong.
        site.clock.advance(-5 * 86_400);
        let late = site.pool_key("30").await.key;
        let body = json!({ "license_key": late, "domain_fingerprint": "late" });
        assert_eq!(site.post("/api/activate", &body).await.status, 200);
        site.clock.advance(5 * 86_400);
        let after = overview(&site.engine).await;
        let activations =
            |overview: &Overview| overview.by_day.iter().map(|day| day.activations).collect::<Vec<_>>();
        let (mut expected, day) = (activations(&before), before.by_day.len() - 6);
        expected[day] += 1;
        assert_eq!(activations(&after), expected);
        // As days go by, too, and for fewer days or more.
        site.clock.advance(3 * 86_400);
        let fresh = site.command().await;
        for days in [30, 7, 45, 1, 30] {
            let [kept, read] = [&site.engine, &fresh].map(|engine| engine.overview(days));
            assert_eq!(kept.await.expect("an overview").by_day, read.await.expect("an overview").by_day);
        }
    }
}
