//! Who is charged for guesses: the address that sends them, whatever it says of itself; and nobody who is honest.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::site::{Site, connect};

/// An unknown key each time, of the right form.
fn guess(number: u32) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut key = String::from("NWRNGKEY");
    for place in 0..4 {
        key.push(LETTERS[(number / 24_u32.pow(place) % 24) as usize].into());
    }
    key
}

async fn ask(site: &Site, key: &str, headers: &str) -> u16 {
    site.ask(&format!("GET /api/validate/{key} HTTP/1.1{headers}"), "").await.status
}

/// Keys that exist are answered, of every system that knows keys.
async fn assert_honest(site: &Site, pool: &str, tier: &str, headers: &str) {
    assert_eq!(ask(site, pool, headers).await, 200, "{headers}");
    let answer = site.post_with("/api/verify", headers, &json!({ "license": tier })).await;
    assert_eq!(answer.status, 200, "{headers}: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_in_each_request_does_not_help_a_guesser() {
    for site in Site::all().await {
        let (pool, tier) = (site.pool_key("30").await.key, site.tier_key("pro", "u").await.key);
        // Nobody named a proxy to be trusted: what is said of others is not even read.
        let said = |number: u32| {
            format!(
                "\r\nX-Forwarded-For: 203.0.113.{number}\r\nForwarded: for=203.0.113.{number}\r\n\
                 X-Real-IP: 203.0.113.{number}\r\nTrue-Client-IP: 203.0.113.{number}"
            )
        };
        for number in 0..10 {
            assert_eq!(ask(&site, &guess(number), &said(number)).await, 404);
        }
        assert_eq!(ask(&site, &guess(10), &said(10)).await, 429);
        assert_eq!(ask(&site, &guess(11), "").await, 429);
        assert_honest(&site, &pool, &tier, "").await;
        assert_honest(&site, &pool, &tier, &said(12)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guesser_writes_before_the_proxy_does_is_not_believed() {
    let trusting = |config: &mut keyward_server::config::Config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    for site in Site::all_with(trusting).await {
        let (pool, tier) = (site.pool_key("30").await.key, site.tier_key("pro", "u").await.key);
        // The proxy adds whom it sees behind whatever it was sent.
        let forged = |number: u32| match number % 4 {
            0 => format!("\r\nX-Forwarded-For: 203.0.113.{number}, 198.51.100.7"),
            1 => format!("\r\nX-Forwarded-For: 203.0.113.{number}\r\nX-Forwarded-For: 198.51.100.7"),
            2 => format!("\r\nx-forwarded-for: 127.0.0.1, nonsense {number},198.51.100.7:{number}"),
            _ => format!("\r\nX-Forwarded-For: {}198.51.100.7", "127.0.0.1,".repeat(number as usize)),
        };
        for number in 0..10 {
            assert_eq!(ask(&site, &guess(number), &forged(number)).await, 404, "{number}");
        }
        for number in 10..14 {
            assert_eq!(ask(&site, &guess(number), &forged(number)).await, 429, "{number}");
        }
        assert_eq!(ask(&site, &guess(14), "\r\nX-Forwarded-For: 198.51.100.8").await, 404, "a neighbour");
        assert_honest(&site, &pool, &tier, &forged(15)).await;
    }
}

/// So many guesses, each from an address of its own, in one go on one connection; the statuses of the answers.
async fn crowd(url: String, numbers: std::ops::Range<u32>) -> Vec<u16> {
    let (mut requests, last) = (String::new(), numbers.end - 1);
    for number in numbers {
        let address = Ipv4Addr::from(0x0a00_0000 + number);
        let ending = if number == last { "\r\nConnection: close" } else { "" };
        let key = guess(number);
        let _ = write!(
            requests,
            "GET /api/validate/{key} HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: {address}{ending}\r\n\r\n"
        );
    }
    let (mut reader, mut writer) = connect(&url).await.into_split();
    let sending = tokio::spawn(async move { writer.write_all(requests.as_bytes()).await.map(|()| writer) });
    let mut text = String::new();
    reader.read_to_string(&mut text).await.expect("the answers are text");
    sending.await.expect("it ends").expect("all are sent");
    let answers = text.split("HTTP/1.1 ").skip(1);
    answers.filter_map(|answer| answer.split(' ').next()?.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_ten_thousand_addresses_lock_out_nobody_who_is_honest() {
    const CONNECTIONS: u32 = 4;
    let site = Site::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let (pool, tier) = (site.pool_key("30").await.key, site.tier_key("pro", "u").await.key);
    let part = 10_000 / CONNECTIONS;
    let mut crowds = JoinSet::new();
    for one in 0..CONNECTIONS {
        crowds.spawn(crowd(site.url.clone(), one * part..(one + 1) * part));
    }
    let statuses = crowds.join_all().await.concat();
    assert_eq!(statuses.len(), 10_000);
    assert!(statuses.iter().all(|status| *status == 404), "one guess from each is answered");

    assert_eq!(super::metric(&site, "keyward_failures_alert").await, 1, "the operator is told");
    assert_eq!(super::metric(&site, "keyward_lockouts_total").await, 0);
    // One of the guessers, somebody who was not there, and a typing mistake of an honest customer.
    for headers in ["\r\nX-Forwarded-For: 10.0.0.7", "\r\nX-Forwarded-For: 198.51.100.9", ""] {
        assert_honest(&site, &pool, &tier, headers).await;
        assert_eq!(ask(&site, &guess(20_000), headers).await, 404, "a typing mistake is no lockout");
    }
    // And a key is used up as ever, by whoever has it.
    let body = json!({ "license_key": pool, "domain_fingerprint": "shop.example" });
    let answer = site.post_with("/api/activate", "\r\nX-Forwarded-For: 10.0.0.8", &body).await;
    assert_eq!((answer.status, &answer.json()["success"]), (200, &Value::Bool(true)));
}
