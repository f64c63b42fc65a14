//! Guessing: wrong signatures, unknown clients and wrong tokens are charged to the address; what exists is always answered.

use keyward_engine::token::Role;
use serde_json::json;

use super::{Person, sign_in, token, validity};

const WRONG: &str = "sales-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[tokio::test(flavor = "multi_thread")]
async fn guesses_lock_an_address_out_and_a_record_that_exists_is_answered_all_the_same() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Pro", "30").await;
        let signature = person.signature(&path).await;
        for number in 0..5 {
            validity(&site, "example.com", "abcd").await;
            validity(&site, &format!("{number}.example"), &signature).await;
        }
        let ask = async |client_id: &str, signature: &str| {
            site.post("/validate_license", &json!({ "client_id": client_id, "signature": signature })).await
        };
        for (client_id, signature) in [("example.com", "abcd"), ("x.example", "abcd"), ("", "")] {
            let answer = ask(client_id, signature).await;
            assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")), "{client_id}");
            assert_eq!(answer.json()["status"], "error");
        }
        assert_eq!(validity(&site, "example.com", &signature).await, "License is valid.");
        person.post(&format!("{path}/revoke"), &[]).await;
        assert_eq!(validity(&site, "example.com", &signature).await, "License is revoked.");
        site.clock.advance(60);
        assert_eq!(validity(&site, "example.com", "abcd").await, "Signature mismatch.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_charged_and_a_good_one_is_let_in_all_the_same() {
    for site in super::sites().await {
        let (_, good) = token(&site, Role::SalesAgent).await;
        let odd = "<b>\0é".repeat(10_000);
        for wrong in [WRONG, "admin", odd.as_str(), " x "].into_iter().cycle().take(9) {
            let answer = sign_in(&site, wrong).await;
            assert_eq!(answer.status, 401, "{answer:?}");
            assert!(answer.body.contains("This token is not known here"), "{}", answer.body);
            assert!(!answer.body.contains(WRONG) && !answer.body.contains("&#60;b"), "it is not shown");
        }
        // Nothing typed is no guess.
        assert_eq!(sign_in(&site, "").await.status, 422);
        let head = format!("GET /records HTTP/1.1\r\nAuthorization: Bearer {WRONG}");
        assert_eq!(site.ask(&head, "").await.status, 401);
        for answer in [sign_in(&site, WRONG).await, site.ask(&head, "").await] {
            assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
            assert!(answer.body.contains("Try again in 60 seconds."), "{}", answer.body);
        }
        assert_eq!(sign_in(&site, &good).await.status, 303);
        assert_eq!(site.get("/records").await.status, 200);
        site.clock.advance(60);
        assert_eq!(sign_in(&site, WRONG).await.status, 401);
    }
}
