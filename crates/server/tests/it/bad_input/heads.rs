//! Methods, addresses and headers.

use super::{Target, Words};

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_refused_in_the_words_of_whose_address_it_is() {
    for target in Target::all().await {
        let validate = format!("/api/validate/{}", target.pool);
        for (path, words, allowed) in [
            ("/api/activate", Words::Pool, "POST"),
            (validate.as_str(), Words::Pool, "GET,HEAD"),
            ("/api/stats", Words::Pool, "GET,HEAD"),
            ("/api/verify", Words::Tier, "POST"),
            ("/api/validate", Words::Tier, "POST"),
            ("/api/health", Words::Tier, "GET,HEAD"),
            ("/health/live", Words::Server, "GET,HEAD"),
            ("/metrics", Words::Server, "GET,HEAD"),
            ("/", Words::Server, "GET,HEAD"),
        ] {
            for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "BREW", "get", "TRACE"] {
                let answer = target.site.ask(&format!("{method} {path} HTTP/1.1"), "").await;
                words.assert_refused(&answer, 405, &format!("{method} {path}"));
                assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
            }
        }
        target.assert_untouched("methods").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_nobodys_is_not_found() {
    for target in Target::all().await {
        for path in [
            "/api",
            "/api/",
            "/api/activate/",
            "/api/verify/x",
            "/API/VERIFY",
            "//api/verify",
            "/..",
            "/%00",
            "/%ff",
        ] {
            for method in ["GET", "POST", "BREW"] {
                let answer = target.site.ask(&format!("{method} {path} HTTP/1.1"), "").await;
                Words::Server.assert_refused(&answer, 404, path);
            }
        }
        target.assert_untouched("addresses").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_in_an_address_is_an_unknown_key() {
    for target in Target::all().await {
        let long = "A".repeat(60_000);
        for key in [
            "",
            "%",
            "%zz",
            "%ff%fe",
            "%00",
            "%2e%2e%2f",
            "..",
            "a%2Fb",
            "%F0%9F%94%91",
            "ABC123XYZ78%CE%99",
            &long,
        ] {
            let answer = target.site.get(&format!("/api/validate/{key}")).await;
            Words::Pool.assert_refused(&answer, 404, key);
            assert_eq!(answer.json()["error_code"], "NOT_FOUND", "{key}");
            assert_eq!(answer.json()["hint"], "MALFORMED", "{key}");
        }
        target.assert_untouched("keys").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused_before_anybody_reads_it() {
    for target in Target::all().await {
        let pool = &target.pool;
        let requests: [&[u8]; 6] = [
            b"GET /api/validate/\xff\xfe HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
            b"GET /api/stats HTTP/9.9\r\nHost: test\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"GET /api/stats HTTP/1.1\r\nHo st: test\r\n\r\n",
            b"POST /api/activate HTTP/1.1\r\nHost: test\r\nContent-Length: -1\r\n\r\n",
            b"POST /api/activate HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        ];
        for request in requests {
            let answer = target.site.raw(request).await;
            let shown = String::from_utf8_lossy(request);
            assert!((400..500).contains(&answer.status) || answer.status == 505, "{shown}: {answer:?}");
        }
        let long = format!("GET /api/validate/{pool}?{} HTTP/1.1", "a".repeat(70_000));
        let answer = target.site.ask(&long, "").await;
        assert_eq!(answer.status, 414, "{answer:?}");
        target.assert_untouched("no HTTP").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_parameters_and_long_headers_change_no_answer() {
    for target in Target::all().await {
        let many: String = (0..4_000).map(|number| format!("a{number}=b&")).collect();
        let path = format!("/api/validate/{}", target.pool);
        let answer = target.site.get(&format!("{path}?{many}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let header = "x".repeat(20_000);
        let answer = target
            .site
            .ask(&format!("GET {path} HTTP/1.1\r\nUser-Agent: {header}\r\nX-Long: {header}"), "")
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let headers: String = (0..500).map(|number| format!("\r\nX-{number}: y")).collect();
        let answer = target.site.ask(&format!("GET {path} HTTP/1.1{headers}"), "").await;
        assert!([200, 431].contains(&answer.status), "{answer:?}");
        target.assert_untouched("long heads").await;
        // The longest texts that are kept are cut, also where the licence is changed.
        let head = format!("POST /api/activate HTTP/1.1\r\nUser-Agent: {header}");
        let answer = target.site.ask(&head, &target.good(Words::Pool).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = target.site.engine.show(&keyward_engine::license::Named::Key(target.pool.clone())).await;
        let kept = shown.expect("it is there").machines[0].user_agent.clone();
        assert_eq!(kept.map(|agent| agent.len()), Some(300));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_that_cannot_be_kept_is_refused() {
    for target in Target::all().await {
        for key in ["", &"k".repeat(256), "caf\u{e9}"] {
            let header = format!("\r\nIdempotency-Key: {key}");
            let answer = target.site.post_with("/api/activate", &header, &target.good(Words::Pool)).await;
            Words::Pool.assert_refused(&answer, 400, key);
            assert_eq!(answer.json()["error_code"], "INVALID_IDEMPOTENCY_KEY", "{key}");
        }
        target.assert_untouched("Idempotency-Key").await;
        let header = format!("\r\nIdempotency-Key: {}", "k".repeat(255));
        let answer = target.site.post_with("/api/activate", &header, &target.good(Words::Pool)).await;
        assert_eq!(answer.status, 200);
    }
}
