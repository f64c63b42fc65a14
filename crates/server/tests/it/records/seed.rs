//! System A's document, request by request.

use keyward_core::claims::Claims;
use keyward_core::crypto::{KeySet, PublicKey};
use keyward_engine::crypto::AwsLc;
use serde_json::json;

use super::{Person, page_of, validity};
use crate::site::{START, Site};

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_followed() {
    for site in Site::all().await {
        // "Go to http://localhost:8080 in your web browser to access the License Generator form."
        let stranger = site.get("/records").await;
        assert_eq!(
            (stranger.status, stranger.header("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        assert!(stranger.body.contains("keyward token create --role sales-agent"), "{}", stranger.body);
        let person = Person::at(&site).await;
        let page = person.get("/records").await;
        for field in ["name=\"client_id\"", "name=\"license_type\"", "name=\"duration\"", "no licence yet"] {
            assert!(page.body.contains(field), "{field}: {}", page.body);
        }
        for kind in ["Basic", "Pro", "Enterprise", "Premium"] {
            assert!(page.body.contains(&format!(">{kind}</option>")), "{kind}");
        }
        assert!(!page.body.contains("<script"));

        // "User fills out the form (Client ID, License Type, Duration)."
        let answer = person.issue("example.com", "Pro", "214").await;
        assert_eq!((answer.status, answer.body.as_str()), (303, ""));
        let path = page_of(&answer);

        // "Generated license is displayed on the page and stored in the database." Also when the page is loaded again.
        let place = answer.header("location").expect("a place");
        for _ in 0..2 {
            let shown = person.get(place).await;
            assert_eq!(shown.status, 200);
            assert!(shown.body.contains("The licence is issued."), "{}", shown.body);
            let (exp, issued) = (START + 214 * 86_400, START);
            let record = format!(
                "{{&#34;client_id&#34;: &#34;example.com&#34;, &#34;license_type&#34;: &#34;Pro&#34;, &#34;exp&#34;: {exp}, \
                 &#34;issued_at&#34;: {issued}}}"
            );
            assert!(shown.body.contains(&record), "{record}: {}", shown.body);
        }

        // "License Data Format", and the signature with it.
        let answer = person.get(&format!("{path}/record.json")).await;
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"example.com.json\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let record = answer.json();
        let signature = record["signature"].as_str().expect("a text").to_owned();
        let wanted = json!({
            "client_id": "example.com", "license_type": "Pro", "exp": START + 214 * 86_400, "issued_at": START,
            "signature": signature,
        });
        assert_eq!(record, wanted);
        let shown = person.get(&path).await;
        assert!(shown.body.contains(&signature) && !shown.body.contains("The licence is issued."));

        // The key that it is checked with was made for it.
        let pem = site.get("/public_key").await;
        assert!(pem.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
        let key = PublicKey::from_pem(&pem.body, &AwsLc).expect("a public key");
        assert!(key.bits() >= 2048);
        let claims = Claims::verified(&answer.body, &KeySet::of_public(key)).expect("its own signature");
        assert_eq!(
            claims.expires,
            keyward_core::claims::Expires::At(keyward_core::time::Timestamp::from_seconds(
                START + 214 * 86_400
            ),)
        );

        // The table.
        let table = person.get("/records").await.body;
        for text in ["example.com", "<td data-name=\"Type\">Pro</td>", "active", "2027-08-17 08:00:00"] {
            assert!(table.contains(text), "{text}: {table}");
        }

        // What the clients ask.
        assert_eq!(validity(&site, "example.com", &signature).await, "License is valid.");
        let revoked = person.post(&format!("{path}/revoke"), &[]).await;
        assert_eq!(revoked.header("location"), Some(format!("{path}?done=revoked").as_str()));
        assert_eq!(validity(&site, "example.com", &signature).await, "License is revoked.");
        let lifted = person.post(&format!("{path}/reactivate"), &[("days", "30")]).await;
        assert_eq!(lifted.header("location"), Some(format!("{path}?done=reactivated").as_str()));
        assert!(
            person
                .get(lifted.header("location").expect("a place"))
                .await
                .body
                .contains("The customer must get")
        );
        assert_eq!(validity(&site, "example.com", &signature).await, "License is valid.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_for_whoever_asks_first_and_stays() {
    for site in Site::all().await {
        let (one, other) = tokio::join!(site.get("/public_key"), site.get("/public_key"));
        assert_eq!((one.status, one.body.lines().next()), (200, Some("-----BEGIN PUBLIC KEY-----")));
        assert_eq!(one.body, other.body);
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Basic", "1").await;
        let text = person.get(&format!("{path}/record.json")).await.body;
        let key = PublicKey::from_pem(&one.body, &AwsLc).expect("a public key");
        assert!(Claims::verified(&text, &KeySet::of_public(key)).is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_never_ends_whatever_the_duration() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        for (client, duration) in [("a.example", "30"), ("b.example", ""), ("c.example", "soon")] {
            let path = person.issued(client, "Premium", duration).await;
            let record = person.record(&path).await;
            assert_eq!(
                (&record["exp"], &record["issued_at"]),
                (&json!("Never"), &json!("2027-01-15 08:00:00")),
                "{duration:?}"
            );
            let signature = record["signature"].as_str().expect("a text");
            site.clock.advance(40_000 * 86_400);
            assert_eq!(validity(&site, client, signature).await, "License is valid.");
            site.clock.set(keyward_core::time::Timestamp::from_seconds(START));
            assert!(person.get(&path).await.body.contains("<time>never</time>"));
        }
    }
}
