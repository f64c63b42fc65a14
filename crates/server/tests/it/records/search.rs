//! The table: page by page, the newest first, and searched by a part of the client's id.

use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::RecordRequest;

use super::Person;
use crate::site::Site;

async fn issue(site: &Site, client_id: &str) {
    let (client_id, license_type) = (client_id.to_owned(), "Basic".to_owned());
    let request = RecordRequest { client_id, license_type, days: Some(30), profile: None };
    let form = NewForm::Record { order: Order::default(), request };
    site.engine.issue_form(&Caller::operator(), form).await.expect("a record");
}

/// The ids of a page, in its order.
fn ids(page: &str) -> Vec<String> {
    page.split("<bdi>").skip(1).map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect()
}

/// Where a page leads on to.
fn next(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("rel=\"next\" href=\"")?;
    Some(rest.split('"').next()?.replace("&#38;", "&"))
}

/// The ids of all pages from this one on.
async fn all(person: &Person<'_>, path: &str) -> Vec<String> {
    let (mut path, mut found) = (Some(path.to_owned()), Vec::new());
    while let Some(at) = path {
        let page = person.get(&at).await;
        assert_eq!(page.status, 200, "{at}");
        found.extend(ids(&page.body));
        path = next(&page.body);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_licence_is_on_one_page_the_newest_first() {
    for site in super::sites().await {
        for number in 0..120 {
            issue(&site, &format!("client-{number}.example")).await;
        }
        let person = Person::at(&site).await;
        let newest: Vec<String> = (0..120).rev().map(|number| format!("client-{number}.example")).collect();
        assert_eq!(ids(&person.get("/records").await.body), newest[..50]);
        assert_eq!(all(&person, "/records").await, newest);
        assert_eq!(ids(&person.get("/records?before=nonsense").await.body), newest[..50]);
        assert!(person.get("/records?before=0").await.body.contains("no older licences"));
        // Parts of ids, whatever their case.
        let of = |part: &str| newest.iter().filter(|id| id.contains(part)).cloned().collect::<Vec<_>>();
        assert_eq!(all(&person, "/records?q=CLIENT-1").await, of("client-1"));
        assert_eq!(all(&person, "/records?q=example").await, newest);
        assert_eq!(all(&person, "/records?q=+-7.+").await, of("-7."));
        assert!(person.get("/records?q=%25").await.body.contains("No client id contains this text."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_called_exactly_so_comes_first_and_once() {
    for site in super::sites().await {
        for id in ["a.example", "ÄRZTE.example", "b.a.example", "<b>"] {
            issue(&site, id).await;
        }
        let person = Person::at(&site).await;
        assert_eq!(all(&person, "/records?q=a.example").await, ["a.example", "b.a.example"]);
        assert_eq!(all(&person, "/records?q=%C3%A4rzte").await, ["ÄRZTE.example"]);
        assert_eq!(all(&person, "/records?q=%3Cb%3E").await, ["&#60;b&#62;"]);
        for odd in ["%00", "a%00", "%ff", "%F0%9F%90%8E", "&", "=", &"x".repeat(5_000)] {
            let page = person.get(&format!("/records?q={odd}")).await;
            assert_eq!(page.status, 200, "{odd:.20}");
        }
        // A search keeps to what was typed, also on the way to its next page.
        assert!(
            person
                .get("/records?q=%22%3E%3Cscript%3E")
                .await
                .body
                .contains("value=\"&#34;&#62;&#60;script&#62;\"")
        );
    }
}
