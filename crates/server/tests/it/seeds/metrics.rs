//! What both documents ask to be watched, at `/metrics`.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::POOL_KEY;
use crate::site::Site;

/// The value of a metric with its labels, as it is written.
fn value(text: &str, name: &str) -> Option<f64> {
    text.lines().filter_map(|line| line.rsplit_once(' ')).find(|(found, _)| *found == name)?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_to_be_watched_is_there_under_its_name() {
    for stock in Site::all().await {
        for _ in 0..4 {
            stock.pool_key("30").await;
        }
        let used = stock.pool_key("1").await.key;
        let activate = |domain: &str| json!({ "license_key": used, "domain_fingerprint": domain });
        assert_eq!(stock.post("/api/activate", &activate("domain")).await.status, 200);
        // A node that starts now counts the stock now.
        let site = stock.node().await;
        let good = json!({ "license": site.tier_key("pro", "u").await.key });
        for _ in 0..11 {
            site.post("/api/verify", &good).await;
        }
        for _ in 0..11 {
            site.get(&format!("/api/validate/{POOL_KEY}")).await;
        }
        for domain in ["another", "a third"] {
            assert_eq!(site.post("/api/activate", &activate(domain)).await.status, 400);
        }
        site.engine.flush_recorder().await;
        let start = Instant::now();
        let text = loop {
            let answer = site.get("/metrics").await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, Some("text/plain; version=0.0.4"))
            );
            if value(&answer.body, "keyward_pool_stock{duration=\"30\"}") == Some(4.0)
                && value(&answer.body, "keyward_audit_unsealed") == Some(0.0)
            {
                break answer.body;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{}", answer.body);
            sleep(Duration::from_millis(50)).await;
        };
        for (name, wanted) in [
            ("keyward_http_requests_total{code=\"200\",method=\"POST\",route=\"/api/verify\"}", 10.0),
            ("keyward_http_requests_total{code=\"429\",method=\"POST\",route=\"/api/verify\"}", 1.0),
            ("keyward_http_requests_total{code=\"404\",method=\"GET\",route=\"/api/validate/{key}\"}", 10.0),
            ("keyward_http_requests_total{code=\"400\",method=\"POST\",route=\"/api/activate\"}", 2.0),
            ("keyward_http_request_duration_seconds_count{route=\"/api/verify\"}", 11.0),
            ("keyward_http_request_duration_seconds_count{route=\"/api/activate\"}", 2.0),
            ("keyward_refusals_total{code=\"NOT_FOUND\",front=\"pool\"}", 11.0),
            ("keyward_refusals_total{code=\"ALREADY_USED\",front=\"pool\"}", 2.0),
            ("keyward_rate_limit_hits_total{front=\"tier\"}", 1.0),
            ("keyward_rate_limit_hits_total{front=\"pool\"}", 1.0),
            ("keyward_lockouts_total", 1.0),
            ("keyward_failures_alert", 0.0),
            ("keyward_bypass_attempts_total", 2.0),
            ("keyward_database_up", 1.0),
            ("keyward_pool_stock{duration=\"1\"}", 0.0),
            ("keyward_pool_stock{duration=\"5\"}", 0.0),
            ("keyward_pool_stock{duration=\"180\"}", 0.0),
            ("keyward_pool_stock{duration=\"365\"}", 0.0),
            // One of five keys.
            ("keyward_activation_rate", 0.2),
            ("keyward_recorder_depth", 0.0),
            ("keyward_audit_chain_age_seconds", 0.0),
            ("keyward_writer_queue", 0.0),
        ] {
            assert_eq!(value(&text, name), Some(wanted), "{name}\n{text}");
        }
        for name in [
            "keyward_database_latency_seconds_count",
            "keyward_writer_jobs_total",
            "keyward_writer_commits_total",
        ] {
            assert!(value(&text, name).is_some_and(|count| count >= 1.0), "{name}\n{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_by_many_raises_an_alert() {
    let site = Site::with(|config| config.limits.alert = 5).await;
    for _ in 0..5 {
        site.get(&format!("/api/validate/{POOL_KEY}")).await;
    }
    let alert = async || value(&site.get("/metrics").await.body, "keyward_failures_alert");
    assert_eq!(alert().await, Some(1.0));
    site.clock.advance(1_200);
    assert_eq!(alert().await, Some(0.0));
}
