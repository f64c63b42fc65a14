//! The form: one licence for each client, and what its pages show and do not run.

use keyward_engine::license::Named;

use super::{Person, page_of, validity};

/// Ids that programs like to break.
const ODD: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; drop table licenses; --",
    "{{ frame.csrf }} {% raw %}",
    "Žluťoučký kůň ✓ 🐎",
    "e\u{301}\u{202e}\u{feff}x",
    "a&amp;b&lt;c",
    "a\r\nSet-Cookie: b=c",
    "../../etc/passwd",
];

#[tokio::test(flavor = "multi_thread")]
async fn odd_ids_are_kept_as_they_are_and_shown_as_text() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        for id in ODD {
            let path = person.issued(id, "Pro", "30").await;
            let record = person.record(&path).await;
            assert_eq!(record["client_id"], id);
            let signature = record["signature"].as_str().expect("a text");
            assert_eq!(validity(&site, id, signature).await, "License is valid.", "{id}");
            let page = person.get(&path).await;
            let again = person.issue(id, "Pro", "30").await;
            assert_eq!(again.status, 409, "{id}");
            for answer in [page, again, person.get("/records").await] {
                assert!(!answer.head.contains("Set-Cookie"), "{id}: {}", answer.head);
                for text in ["<script", "<img", "onerror=alert(1)>", "\" onerror"] {
                    assert!(!answer.body.contains(text), "{id}: {}", answer.body);
                }
            }
        }
        let table = person.get("/records").await.body;
        for text in
            ["Žluťoučký kůň ✓ 🐎", "&#60;script&#62;alert(1)&#60;/script&#62;", "a&#38;amp;b&#38;lt;c"]
        {
            assert!(table.contains(text), "{text}: {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_licence_for_a_client_is_refused_and_led_to_the_first() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        for (kind, duration) in [("Pro", "30"), ("Premium", ""), ("basic", "1")] {
            let answer = person.issue("example.com", kind, duration).await;
            assert_eq!(answer.status, 409, "{answer:?}");
            assert!(answer.body.contains("example.com has a licence already."), "{}", answer.body);
            assert!(answer.body.contains(&format!("<a href=\"{path}\">")), "{}", answer.body);
            assert!(answer.body.contains("value=\"example.com\""), "what was typed is kept");
        }
        // Another spelling is another client.
        person.issued("Example.com", "Pro", "30").await;
        let product = site.engine.catalog().product("records").expect("a product").id;
        assert_eq!(site.engine.statistics(product).await.expect("statistics").total(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_twice_says_so_and_nothing_more_happens() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        assert_eq!(person.post(&format!("{path}/revoke"), &[]).await.status, 303);
        let again = person.post(&format!("{path}/revoke"), &[]).await;
        assert_eq!(again.status, 409);
        assert!(again.body.contains("This licence is revoked already."), "{}", again.body);
        assert!(person.get(&format!("{path}?done=revoked")).await.body.contains("The licence is revoked"));
        let product = site.engine.catalog().product("records").expect("a product").id;
        let shown =
            site.engine.show(&Named::Subject(product, "example.com".to_owned())).await.expect("it is there");
        let revoked: Vec<_> = shown.events.iter().filter(|entry| entry.event == "license.revoke").collect();
        assert_eq!(revoked.len(), 1);
        // Who did it, and through which door.
        assert_eq!((revoked[0].actor_id, revoked[0].front.as_str()), (Some(person.token), "records"));
        assert!(revoked[0].address.is_some() && revoked[0].request_id.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_posts_the_form_with_its_token() {
    for site in super::sites().await {
        let (_, token) = super::token(&site, keyward_engine::token::Role::Developer).await;
        let head =
            |what: &str| format!("{what} HTTP/1.1\r\n{}\r\nAuthorization: Bearer {token}", super::FORM);
        let answer =
            site.ask(&head("POST /records"), "client_id=example.com&license_type=pro&duration=30").await;
        let path = page_of(&answer);
        let record = site.ask(&head(&format!("GET {path}/record.json")), "").await.json();
        assert_eq!(
            (record["client_id"].as_str(), record["license_type"].as_str()),
            (Some("example.com"), Some("Pro"))
        );
        assert_eq!(site.ask(&head(&format!("POST {path}/revoke")), "").await.status, 303);
        let signature = record["signature"].as_str().expect("a text");
        assert_eq!(validity(&site, "example.com", signature).await, "License is revoked.");
        // A token in the header is good for this request alone.
        assert!(answer.header("set-cookie").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_nothing_are_not_found() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        person.issued("example.com", "Pro", "30").await;
        let key = site.pool_key("30").await;
        let pool = site.engine.find(&Named::Key(key.key)).await.expect("it is there").serial;
        let pool = format!("/records/{pool}");
        let missing =
            ["/records/999", "/records/0", "/records/-1", "/records/abc", "/records/9999999999999999999999"];
        for path in missing.into_iter().chain(["/records/%00", "/records/%ff", pool.as_str()]) {
            let answer = person.get(path).await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
            assert!(
                answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
                "{path}"
            );
            for change in ["revoke", "reactivate"] {
                let answer = person.post(&format!("{path}/{change}"), &[("days", "1")]).await;
                assert_eq!(answer.status, 404, "{path}: {answer:?}");
            }
        }
    }
}
