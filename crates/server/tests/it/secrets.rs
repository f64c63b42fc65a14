//! Nothing secret in log lines at their most talkative, in metrics, or in what is refused.

use std::time::Duration;

use keyward_engine::Caller;
use keyward_engine::license::{NewLicense, Register};
use keyward_engine::token::Role;
use keyward_server::config::StatsAccess;
use serde_json::json;

use crate::log_lines;
use crate::site::Site;
use crate::world::Answer;

/// Texts that stand for what a client sends and nobody else may read; the test finds them wherever they turn up.
const DOMAIN: &str = "domain-that-is-nobodys-business";
const OTHER_DOMAIN: &str = "other-domain-that-is-nobodys-business";
const QUERY: &str = "query-that-is-nobodys-business";
const REPEAT: &str = "idempotency-key-that-is-nobodys-business";
const CLIENT: &str = "client-that-is-nobodys-business";
const SECRET: &str = "secret-of-the-vendor";
const WRONG_TOKEN: &str = "admin-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const WRONG_KEY: &str = "NWRNGKEY2345";
const NO_KEY: &str = "no-key-but-perhaps-a-password";

/// Everything that a session says, and what it must not repeat.
struct Session {
    site: Site,
    refused: Vec<Answer>,
    secrets: Vec<String>,
}

impl Session {
    fn over(site: Site) -> Self {
        let secrets = [DOMAIN, OTHER_DOMAIN, QUERY, REPEAT, SECRET, WRONG_TOKEN, WRONG_KEY, NO_KEY];
        Self { site, refused: Vec::new(), secrets: secrets.map(str::to_owned).to_vec() }
    }

    async fn get(&mut self, path: &str, status: u16) {
        let head = format!("GET {path}?token={QUERY} HTTP/1.1\r\nAuthorization: Bearer {WRONG_TOKEN}");
        let answer = self.site.ask(&head, "").await;
        self.keep(answer, status, path);
    }

    async fn post(&mut self, path: &str, headers: &str, body: &str, status: u16) {
        let head = format!("POST {path}?key={QUERY} HTTP/1.1{headers}");
        let answer = self.site.ask(&head, body).await;
        self.keep(answer, status, body);
    }

    fn keep(&mut self, answer: Answer, status: u16, what: &str) {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        if status >= 400 {
            self.refused.push(answer);
        }
    }

    /// Keys made and used, wrong ones guessed until the address is locked out.
    async fn pool(&mut self) {
        let site = &self.site;
        let keys = [site.pool_key("30").await.key, site.pool_key("1").await.key];
        let taken_in = Register {
            key: "TAKENKEY2345".to_owned(),
            product: "pool".to_owned(),
            policy: Some("5".to_owned()),
            license: NewLicense::default(),
            used_at: None,
        };
        let register = async || site.engine.register(&Caller::operator(), taken_in.clone()).await;
        register().await.expect("it is taken in");
        let refused = register().await.expect_err("it is known").to_string();
        assert!(!refused.contains("TAKENKEY"), "{refused}");
        self.secrets.extend(keys.clone());
        self.secrets.push("TAKENKEY2345".to_owned());

        self.get(&format!("/api/validate/{}", keys[0]), 200).await;
        let body =
            |key: &str, domain: &str| json!({ "license_key": key, "domain_fingerprint": domain }).to_string();
        let repeat = format!("\r\nIdempotency-Key: {REPEAT}");
        self.post("/api/activate", &repeat, &body(&keys[0], DOMAIN), 200).await;
        self.post("/api/activate", &repeat, &body(&keys[0], DOMAIN), 200).await;
        self.post("/api/activate", &repeat, &body(&keys[0], OTHER_DOMAIN), 422).await;
        self.post("/api/activate", "", &body(&keys[0], OTHER_DOMAIN), 400).await;
        self.get(&format!("/api/validate/{}", keys[0]), 400).await;
        self.post("/api/activate", "", &body(NO_KEY, DOMAIN), 400).await;
        self.post("/api/activate", "", &format!("{{\"license_key\": \"{}\", oops", keys[1]), 400).await;
        self.post("/api/activate", "", &body(&keys[1], &DOMAIN.repeat(20)), 400).await;
        self.post("/api/activate", "\r\nIdempotency-Key: \u{e9}", &body(&keys[1], DOMAIN), 400).await;
        self.get("/api/stats", 401).await;
        for (path, status) in [(WRONG_KEY, 404), (NO_KEY, 404)].into_iter().cycle().take(9) {
            self.get(&format!("/api/validate/{path}"), status).await;
        }
        self.get(&format!("/api/validate/{WRONG_KEY}"), 429).await;
        self.get(&format!("/{WRONG_KEY}"), 404).await;
        self.post(&format!("/api/validate/{}", keys[1]), "", "", 405).await;
    }

    async fn tier(&mut self) {
        let caller = Caller::operator();
        let engine = &self.site.engine;
        engine.set_secret(&caller, "tier", SECRET, false).await.expect("it is set");
        let key = self.site.tier_key("pro", "u").await.key;
        let refused = engine.set_secret(&caller, "tier", "another-secret-of-the-vendor", false).await;
        assert!(!refused.expect_err("it is in use").to_string().contains("secret-of"));
        let altered = key.replace("PRO", "LIFETIME");
        let seal = key.split('-').nth(2).expect("a seal").to_owned();
        self.secrets.extend([key.clone(), altered.clone(), seal]);
        let body = |key: &str| json!({ "license": key, "origin": "cockpit" }).to_string();
        self.post("/api/verify", "", &body(&key), 200).await;
        // The address is locked out by now, and a key that exists is answered all the same.
        self.post("/api/verify", "", &body(&altered), 429).await;
        self.site.clock.advance(31 * 86_400);
        self.post("/api/verify", "", &body(&key), 401).await;
        self.post("/api/verify", "", &body(&altered), 401).await;
        self.post("/api/validate", "", &format!("{{\"license\": \"{key}\""), 400).await;
    }

    /// Somebody signs in, issues and changes a licence, and guesses.
    async fn records(&mut self) {
        const FORM: &str = "\r\nContent-Type: application/x-www-form-urlencoded";
        let engine = &self.site.engine;
        let made = engine.create_token(&Caller::operator(), Role::SalesAgent, "sells", None).await;
        let token = made.expect("a token").token.expose().to_owned();
        let head = format!("POST /records/sign-in?token={QUERY} HTTP/1.1{FORM}");
        let answer = self.site.ask(&head, &format!("token={token}")).await;
        let cookie =
            answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
        let cookie = cookie.to_owned();
        let page = self.site.ask(&format!("GET /records HTTP/1.1\r\nCookie: {cookie}"), "").await;
        let csrf = crate::records::hidden(&page, "csrf");
        let session = cookie.split('=').nth(1).expect("a value").to_owned();
        self.secrets.extend([token.clone(), session, csrf.clone()]);
        let headers = format!("{FORM}\r\nCookie: {cookie}");
        let client = format!("csrf={csrf}&client_id={CLIENT}&license_type=Pro&duration=");
        let head = format!("POST /records?key={QUERY} HTTP/1.1{headers}");
        let answer = self.site.ask(&head, &format!("{client}30")).await;
        let path = crate::records::page_of(&answer);
        let head = format!("GET {path}/record.json HTTP/1.1{headers}");
        let record = self.site.ask(&head, "").await.json();
        let signature = record["signature"].as_str().expect("a text").to_owned();
        // What a person typed is shown to that person again, with the proof for the next form.
        for (place, body, status) in [
            ("/records".to_owned(), format!("{client}soon"), 422),
            ("/records".to_owned(), format!("{client}30"), 409),
            (format!("{path}/revoke"), format!("csrf={csrf}"), 303),
            (format!("{path}/reactivate"), format!("csrf={csrf}&days=3"), 303),
        ] {
            let answer = self.site.ask(&format!("POST {place}?key={QUERY} HTTP/1.1{headers}"), &body).await;
            assert_eq!(answer.status, status, "{place}: {answer:?}");
            assert!(!answer.body.contains(&token) && !answer.head.contains(&csrf), "{place}: {answer:?}");
        }
        self.secrets.extend([CLIENT.to_owned(), signature.clone()]);
        let body = |signature: &str| json!({ "client_id": CLIENT, "signature": signature }).to_string();
        self.post("/validate_license", "", &body(&signature), 200).await;
        self.post("/validate_license", "", &body(SECRET), 429).await;
        self.post("/validate_license", "", &format!("{{\"client_id\": \"{CLIENT}\"}}"), 429).await;
        self.post("/records/sign-in", FORM, &format!("token={WRONG_TOKEN}"), 429).await;
        self.post("/records", &headers, &format!("csrf={WRONG_KEY}&client_id={DOMAIN}"), 403).await;
        self.post("/records", FORM, &format!("csrf={csrf}&duration=5"), 401).await;
    }

    /// Tokens, good ones too, and the database gone.
    async fn tokens(&mut self) {
        let made = self.site.engine.create_token(&Caller::operator(), Role::Admin, "watch", None).await;
        let token = made.expect("a token").token.expose().to_owned();
        let head = format!("GET /api/stats?token={token} HTTP/1.1\r\nAuthorization: Bearer {token}");
        assert_eq!(self.site.ask(&head, "").await.status, 200);
        let head =
            format!("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\nAuthorization: Bearer {token}");
        assert_eq!(self.site.ask(&head, "").await.status, 200);
        let head =
            format!("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\nCookie: session={token}");
        let refused = self.site.ask(&head, "").await;
        self.keep(refused, 403, "metrics from elsewhere");
        self.secrets.push(token);
    }

    fn assert_silent(&self, what: &str, text: &str) {
        for secret in &self.secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is told in {what}:\n{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_told() {
    log_lines::keep();
    let token_only = |config: &mut keyward_server::config::Config| {
        config.dialects.pool.stats = StatsAccess::Token;
    };
    for site in Site::all_with(token_only).await {
        let mut session = Session::over(site);
        session.pool().await;
        // Before the lockout is over.
        session.records().await;
        session.tier().await;
        session.tokens().await;
        session.site.engine.flush_recorder().await;
        // What runs in the background has had its turn, too.
        tokio::time::sleep(Duration::from_millis(600)).await;
        let metrics = session.site.get("/metrics").await.body;
        assert!(metrics.contains("route=\"/api/validate/{key}\""), "{metrics}");
        session.assert_silent("the metrics", &metrics);
        for answer in &session.refused {
            session.assert_silent("an answer", &answer.head);
            session.assert_silent("an answer", &answer.body);
        }
        session.site.background.take().expect("it runs").stop().await;
        let lines = log_lines::kept();
        assert!(lines.contains("/api/validate/{key}") && lines.contains(" DEBUG "), "nothing was logged");
        session.assert_silent("the log", &lines);
        for part in secrets_of_the_program() {
            assert!(!lines.contains(&part), "the master key is told in the log");
        }
    }
}

/// The master key of the tests, as it might be printed.
fn secrets_of_the_program() -> [String; 2] {
    ["07".repeat(32), "7, 7, 7, 7, 7, 7".to_owned()]
}
