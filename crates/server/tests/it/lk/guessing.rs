//! The check of a first-version key has 16 bits: few guesses, counted for all nodes together.

use keyward_core::code::Code;
use serde_json::json;

use super::tenant::{Tenant, assert_no, assert_refused};
use crate::site::Site;

/// What a guesser sends: the key of a tier with a wrong check.
fn wrong(customer: &Tenant<'_>) -> String {
    let key = customer.lk1("ENTERPRISE");
    let (start, check) = key.split_at(key.len() - 4);
    format!("{start}{}", if check == "0000" { "0001" } else { "0000" })
}

async fn sites() -> Vec<Site> {
    Site::all_with(|config| config.limits.failures = 1_000).await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_wrong_ones_in_an_hour_not_even_the_right_one_is_taken() {
    for site in sites().await {
        let (customer, other) = (Tenant::new(&site, "theia").await, Tenant::new(&site, "other").await);
        let known = customer.lk1("PRO-10");
        customer.activated(&known).await;
        for number in 0..5 {
            let path = if number % 2 == 0 { "/license/activate" } else { "/api/license/activate" };
            let answer = customer.post(path, &json!({ "licenseKey": wrong(&customer) })).await;
            assert_refused(&answer, 400, Code::BadSignature, "a guess");
            site.clock.advance(60);
        }
        let right = customer.lk1("PRO-50");
        for key in [&right, &wrong(&customer)] {
            let answer = customer.activate(key).await;
            assert_no(&answer, 429, "RATE_LIMITED", "five are enough");
            let wait: i64 = answer.header("retry-after").expect("it says").parse().expect("seconds");
            assert!((1..=3_600).contains(&wait), "{wait}");
        }
        // Waiting helps also who repeats the same request.
        let repeated = format!("{}\r\nIdempotency-Key: one", customer.head("POST", "/license/activate"));
        let body = json!({ "licenseKey": right }).to_string();
        assert_no(&site.ask(&repeated, &body).await, 429, "RATE_LIMITED", "repeated");
        // What is registered is found before anything is counted, and other forms have stronger seals.
        assert_eq!(customer.activate(&known).await.status, 200);
        assert_eq!(customer.activate(&customer.lk2("PRO-20", 20, None)).await.status, 200);
        assert_eq!(other.activate(&other.lk1("PRO-10")).await.status, 200);
        // An hour after the first guess there is room for one.
        site.clock.advance(3_600 - 5 * 60 + 1);
        assert_eq!(site.ask(&repeated, &body).await.status, 200);
        assert_refused(&customer.activate(&wrong(&customer)).await, 400, Code::BadSignature, "one more");
        assert_no(&customer.activate(&wrong(&customer)).await, 429, "RATE_LIMITED", "and no second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_count_together() {
    let Some(first) = Site::postgres().await else { return };
    let second = first.node().await;
    let here = Tenant::new(&first, "theia").await;
    let there = here.at(&second);
    for _ in 0..2 {
        assert_refused(&here.activate(&wrong(&here)).await, 400, Code::BadSignature, "here");
        assert_refused(&there.activate(&wrong(&here)).await, 400, Code::BadSignature, "there");
    }
    assert_refused(&there.activate(&wrong(&here)).await, 400, Code::BadSignature, "the fifth");
    for tenant in [&here, &there] {
        assert_no(&tenant.activate(&here.lk1("PRO-10")).await, 429, "RATE_LIMITED", "the sixth");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_no_more_than_five() {
    use crate::line::Crowd;

    for nodes in crate::races::places().await {
        let customer = Tenant::new(&nodes[0], "theia").await;
        let keys: Vec<String> = (0..64).map(|_| wrong(&customer)).collect();
        let mut crowd = Crowd::of(64, &nodes).await;
        let head = customer.head("POST", "/license/activate");
        let answers =
            crowd.ask(|number| (head.clone(), json!({ "licenseKey": keys[number] }).to_string())).await;
        let tried = answers.iter().filter(|answer| answer.json()["code"] == "BAD_SIGNATURE").count();
        let limited = answers.iter().filter(|answer| answer.status == 429).count();
        assert_eq!((tried + limited, tried <= 5), (64, true), "{tried} were tried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_the_next_one_may_be_tried_whatever_else_happened() {
    for site in sites().await {
        let customer = Tenant::new(&site, "theia").await;
        let metered = customer.lk3(|key| {
            key.limits.insert("calls".to_owned(), 100);
        });
        customer.activated(&metered).await;
        for _ in 0..5 {
            assert_refused(&customer.activate(&wrong(&customer)).await, 400, Code::BadSignature, "a guess");
            site.clock.advance(60);
        }
        for _ in 0..25 {
            let used = customer.post("/license/usage", &json!({ "name": "calls", "amount": 1 })).await;
            assert_eq!(used.status, 200, "{}", used.body);
        }
        let answer = customer.activate(&customer.lk1("PRO-10")).await;
        assert_no(&answer, 429, "RATE_LIMITED", "five are enough");
        assert_eq!(answer.header("retry-after"), Some("3300"), "an hour after the first guess");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_another_installation_is_a_guess_like_any_other() {
    for site in sites().await {
        let (customer, other) = (Tenant::new(&site, "theia").await, Tenant::new(&site, "other").await);
        let others = other.lk1("PRO-10");
        other.activated(&others).await;
        let mut answers = Vec::new();
        for key in [&others, &wrong(&customer), &others, &wrong(&customer), &others] {
            let answer = customer.activate(key).await;
            assert_refused(&answer, 400, Code::BadSignature, "a guess");
            answers.push(answer.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        for key in [&others, &wrong(&customer), &customer.lk1("PRO-10")] {
            assert_no(&customer.activate(key).await, 429, "RATE_LIMITED", "five are enough");
        }
        let log = site.engine.audit_log(None, 1_000).await.expect("the log");
        assert_eq!(log.iter().filter(|entry| entry.event == "installation.wrong-key").count(), 5);
        // The installation whose key it is still has it.
        assert_eq!(other.activate(&others).await.status, 200);
    }
}
