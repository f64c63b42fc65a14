//! Bodies.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::{Target, Words};
use crate::site::connect;
use crate::world::Answer;

const LIMIT: usize = 1 << 20;

fn post(words: Words) -> String {
    format!("POST {} HTTP/1.1\r\nContent-Type: application/json", words.path())
}

/// A body of that many bytes that would be good if it were shorter.
fn padded(good: &Value, size: usize) -> String {
    let body = good.to_string();
    format!("{body}{}", " ".repeat(size - body.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not() {
    for target in Target::all().await {
        for words in [Words::Pool, Words::Tier] {
            let good = target.good(words);
            let answer = target.site.ask(&post(words), &padded(&good, LIMIT + 1)).await;
            words.assert_refused(&answer, 413, "a byte too much");
            let chunk = padded(&good, LIMIT + 1);
            let chunked = format!(
                "{}\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{chunk}\r\n0\r\n\r\n",
                post(words),
                chunk.len()
            );
            words.assert_refused(
                &target.site.raw(chunked.as_bytes()).await,
                413,
                "chunks of a byte too much",
            );
        }
        target.assert_untouched("too large").await;
        for words in [Words::Pool, Words::Tier] {
            let answer = target.site.ask(&post(words), &padded(&target.good(words), LIMIT)).await;
            assert_eq!(answer.status, 200, "{words:?}: {}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_object_with_good_fields_is_malformed() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let mut bodies: Vec<Vec<u8>> = [
        "",
        " ",
        "{",
        "[]",
        "null",
        "true",
        "5",
        "\"text\"",
        "NaN",
        "{}{}",
        "\u{feff}{}",
        "<xml/>",
        "a=b&c=d",
        r#"{"license_key":"\ud800","domain_fingerprint":"d","license":"\ud800"}"#,
        r#"{"license_key":null,"domain_fingerprint":null,"license":null}"#,
        r#"{"license_key":[[]],"domain_fingerprint":{},"license":{}}"#,
        r#"{"license_key":true,"domain_fingerprint":1e999,"license":1e999}"#,
        r#"{"license_key":"ABC\u0000XYZ7890","domain_fingerprint":"d","license":"QF-PRO-\u0000-1"}"#,
        r#"{"license_key":"","domain_fingerprint":"","license":""}"#,
        r#"{"License_Key":"ABC123XYZ789","Domain_Fingerprint":"d","License":"QF"}"#,
    ]
    .iter()
    .map(|body| body.as_bytes().to_vec())
    .collect();
    bodies.push(deep("[", "]").into_bytes());
    bodies.push(deep("{\"a\":", "}").into_bytes());
    bodies.push(
        b"{\"license_key\":\"\xff\xfe\",\"domain_fingerprint\":\"d\",\"license\":\"\xff\xfe\"}".to_vec(),
    );
    bodies.push(vec![0; 1_000]);
    bodies.push(
        json!({ "license_key": "A".repeat(500_000), "license": "QF-".repeat(100_000) }).to_string().into(),
    );
    for target in Target::all().await {
        for body in &bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            for words in [Words::Pool, Words::Tier] {
                let head = format!(
                    "{}\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    post(words),
                    body.len()
                );
                let answer = target.site.raw(&[head.as_bytes(), body].concat()).await;
                // System C calls whatever is no text, or no key, a bad signature.
                let status = if words == Words::Tier && answer.status == 401 { 401 } else { 400 };
                words.assert_refused(&answer, status, &shown);
            }
        }
        target.assert_untouched("malformed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_cannot_be_kept_is_malformed() {
    for target in Target::all().await {
        for domain in ["a\0b".to_owned(), "d".repeat(513), "\u{e9}".repeat(300)] {
            let request = json!({ "license_key": target.pool, "domain_fingerprint": domain });
            let answer = target.site.post("/api/activate", &request).await;
            Words::Pool.assert_refused(&answer, 400, &domain);
            assert_eq!(answer.json()["error_code"], "MALFORMED");
        }
        target.assert_untouched("the domain").await;
        let strange = "d\u{1}\u{202e}\u{1f511}'\";--\\".repeat(10);
        let request = json!({ "license_key": target.pool, "domain_fingerprint": strange });
        assert_eq!(target.site.post("/api/activate", &request).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_origin_says_it_is_does_no_harm() {
    for target in Target::all().await {
        for origin in [
            json!("x".repeat(900_000)),
            json!("a\0b"),
            json!({ "deep": [1] }),
            json!(5),
            json!("\u{e9}".repeat(400)),
        ] {
            let body = json!({ "license": target.tier, "origin": origin, "timestamp": "no number" });
            assert_eq!(target.site.post("/api/verify", &body).await.status, 200);
        }
        target.site.engine.flush_recorder().await;
        let id = target.before[1].found.license.id;
        let shown =
            target.site.engine.show(&keyward_engine::license::Named::Id(id)).await.expect("it is there");
        assert_eq!(shown.attempts.len(), 5);
        assert!(shown.attempts.iter().all(|attempt| attempt.origin.as_ref().is_none_or(|o| o.len() <= 300)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_type_is_not_asked_for() {
    for target in Target::all().await {
        for header in [
            "",
            "\r\nContent-Type: text/plain",
            "\r\nContent-Type: multipart/form-data",
            "\r\nContent-Type: \u{e9}",
        ] {
            let head = format!("POST /api/verify HTTP/1.1{header}");
            assert_eq!(
                target.site.ask(&head, &target.good(Words::Tier).to_string()).await.status,
                200,
                "{header}"
            );
        }
        let form = format!("license_key={}&domain_fingerprint=d", target.pool);
        let head = "POST /api/activate HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
        Words::Pool.assert_refused(&target.site.ask(head, &form).await, 400, "a form");
        target.assert_untouched("content types").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_on_its_way_changes_nothing() {
    for target in Target::all_patient(Duration::from_millis(200)).await {
        for words in [Words::Pool, Words::Tier] {
            let good = target.good(words).to_string();
            let head = format!("{}\r\nHost: test\r\nContent-Length: {}\r\n\r\n", post(words), good.len() + 1);
            let mut stream = connect(&target.site.url).await;
            stream.write_all(format!("{head}{good}").as_bytes()).await.expect("it is sent");
            words.assert_refused(&Answer::read(&mut stream).await, 408, "the last byte never comes");

            let mut stream = connect(&target.site.url).await;
            stream.write_all(format!("{head}{good}").as_bytes()).await.expect("it is sent");
            stream.shutdown().await.expect("the end is sent");
            // Nobody may be there to read it any more.
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;

            let chunks = format!(
                "{}\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{good}\r\n0\r\n\r\n",
                post(words)
            );
            words.assert_refused(&target.site.raw(chunks.as_bytes()).await, 400, "a chunk without a size");
        }
        target.assert_untouched("half a body").await;
    }
}
