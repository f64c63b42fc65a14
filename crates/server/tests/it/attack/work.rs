//! Where nobody has shown a token, a no takes the same work whatever it is for: unknown, wrong and revoked run as many
//! statements and compute as many HMACs. Both are counted, and not time.
//!
//! HMACs are counted by thread: the server and who asks it run on the test's own.

use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};
use serde_json::{Value, json};

use crate::site::Site;

/// A server where nothing runs but what is asked.
async fn quiet() -> Vec<Site> {
    let mut sites = Site::all_with(|config| {
        config.limits.failures = 1_000;
        config.dialects.tier.requests_per_minute = 1_000;
    })
    .await;
    for site in &mut sites {
        crate::records::give_key(site).await;
        site.background.take().expect("it runs").stop().await;
    }
    sites
}

/// What an answer takes: statements, and HMACs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Work {
    statements: u64,
    hmacs: u64,
}

/// The answer to a question, and what it took.
async fn asked(site: &Site, path: &str, body: &Value) -> (u16, String, Work) {
    let counted = || (site.engine.store().metrics().statements(), keyward_engine::crypto::hmacs());
    let before = counted();
    let answer = if body.is_null() { site.get(path).await } else { site.post(path, body).await };
    let after = counted();
    (answer.status, answer.body, Work { statements: after.0 - before.0, hmacs: after.1 - before.1 })
}

async fn revoke(site: &Site, key: &str) {
    let named = Named::Key(key.to_owned());
    let done = site.engine.suspend(&Caller::operator(), named, Suspension::Revoke, None).await;
    done.expect("it is revoked");
}

/// A question, with what its answer takes.
struct Question<'a> {
    about: &'a str,
    path: String,
    body: Value,
    takes: Work,
}

/// Asked twice, so that what is made ready once is ready; each must take as much each time.
async fn assert_takes(site: &Site, questions: &[Question<'_>]) {
    for _ in 0..2 {
        for Question { about, path, body, takes } in questions {
            let (status, answer, took) = asked(site, path, body).await;
            assert!((200..500).contains(&status), "{about}: {status} {answer}");
            assert_eq!(took, *takes, "{about} {path}: {status} {answer}");
        }
    }
}

#[tokio::test]
async fn a_key_of_the_pool_takes_as_much_whether_it_is_unknown_used_or_revoked() {
    let elsewhere = Site::new().await;
    for site in quiet().await {
        let [good, used, revoked] = [(); 3].map(|()| site.pool_key("30"));
        let [good, used, revoked] = [good.await.key, used.await.key, revoked.await.key];
        revoke(&site, &revoked).await;
        let body = |key: &str| json!({ "license_key": key, "domain_fingerprint": "d" });
        assert_eq!(site.post("/api/activate", &body(&used)).await.status, 200);
        let unknown = elsewhere.pool_key("30").await.key;
        let mistyped = "NWRNGKEY2345".to_owned();
        let validate = |about, key: &String, statements| {
            let takes = Work { statements, hmacs: 1 };
            let path = format!("/api/validate/{key}");
            Question { about, path, body: Value::Null, takes }
        };
        assert_takes(
            &site,
            &[
                validate("good", &good, 1),
                validate("used", &used, 2),
                validate("revoked", &revoked, 2),
                validate("unknown", &unknown, 2),
                validate("mistyped", &mistyped, 2),
            ],
        )
        .await;
        // What is nobody's costs no transaction, whether or not its characters fit each other.
        let activate = |about, key: &String| {
            let path = "/api/activate".to_owned();
            Question { about, path, body: body(key), takes: Work { statements: 2, hmacs: 1 } }
        };
        assert_takes(&site, &[activate("unknown", &unknown), activate("mistyped", &mistyped)]).await;
    }
}

#[tokio::test]
async fn a_tiered_key_takes_as_much_whether_it_is_unknown_or_revoked() {
    const SECRET: &str = "a secret that two servers have";
    let elsewhere = Site::new().await;
    elsewhere.engine.set_secret(&Caller::operator(), "tier", SECRET, false).await.expect("it is set");
    // Keys of one tier differ by the instant they were made at.
    elsewhere.clock.advance(60);
    let unknown = elsewhere.tier_key("pro", "w").await.key;
    for site in quiet().await {
        site.engine.set_secret(&Caller::operator(), "tier", SECRET, false).await.expect("it is set");
        let (good, revoked) = (site.tier_key("pro", "u").await.key, site.tier_key("pro", "v").await.key);
        revoke(&site, &revoked).await;
        let forged = good.replace("PRO", "LIFETIME");
        assert_ne!(forged, good);
        for path in ["/api/verify", "/api/validate"] {
            let verify = |about, key: &String, statements, hmacs| Question {
                about,
                path: path.to_owned(),
                body: json!({ "license": key }),
                takes: Work { statements, hmacs },
            };
            assert_takes(
                &site,
                &[
                    verify("good", &good, 1, 2),
                    verify("revoked", &revoked, 2, 2),
                    verify("unknown", &unknown, 2, 2),
                    // Told apart in words, too: it is asked whether another process changed the secret, and for no key.
                    verify("forged", &forged, 1, 1),
                ],
            )
            .await;
        }
        let ask = async |key: &str| asked(&site, "/api/verify", &json!({ "license": key })).await;
        let (told, unknown) = (ask(&revoked).await, ask(&unknown).await);
        assert_eq!(told, unknown, "nobody learns that there was such a key");
    }
}

#[tokio::test]
async fn a_record_takes_as_much_whether_its_client_is_unknown_wrong_revoked_or_good() {
    for site in quiet().await {
        let person = crate::records::Person::at(&site).await;
        let mut signatures = Vec::new();
        for client in ["good.example", "revoked.example"] {
            let page = person.issued(client, "Pro", "30").await;
            signatures.push(person.signature(&page).await);
            if client.starts_with("revoked") {
                person.post(&format!("{page}/revoke"), &[]).await;
            }
        }
        let wrong = "ab".repeat(128);
        let questions = [
            ("good", "good.example", &signatures[0]),
            ("revoked", "revoked.example", &signatures[1]),
            ("wrong", "good.example", &wrong),
            ("another's", "good.example", &signatures[1]),
            ("unknown", "nobody.example", &wrong),
            ("unknown, with a signature of ours", "nobody.example", &signatures[0]),
        ];
        let questions = questions.map(|(about, client, signature)| {
            let body = json!({ "client_id": client, "signature": signature });
            Question {
                about,
                path: "/validate_license".to_owned(),
                body,
                takes: Work { statements: 2, hmacs: 1 },
            }
        });
        assert_takes(&site, &questions).await;
    }
}
