//! What no client should send: each front refuses it in its own words, nothing fails, and nothing is written.

mod bodies;
mod heads;

use std::time::Duration;

use keyward_engine::license::{Named, Shown};
use serde_json::Value;

use crate::site::Site;
use crate::world::Answer;

/// A server with one key of each system, and what is known of them before.
struct Target {
    site: Site,
    pool: String,
    tier: String,
    before: [Shown; 2],
}

/// Whose words an answer must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// System B's.
    Pool,
    /// System C's.
    Tier,
    /// The server's own: no dialect has such an address.
    Server,
}

impl Target {
    /// On both databases. No limit is met: that is another test's.
    async fn all() -> Vec<Self> {
        Self::all_patient(Duration::from_secs(60)).await
    }

    /// Those that wait so long for a body.
    async fn all_patient(read_timeout: Duration) -> Vec<Self> {
        let mut all = Vec::new();
        let sites = Site::all_with(|config| {
            config.dialects.tier.requests_per_minute = 100_000;
            config.limits.failures = 100_000;
            config.server.read_timeout = read_timeout;
        });
        for site in sites.await {
            let (pool, tier) = (site.pool_key("30").await, site.tier_key("pro", "u").await);
            let shown = async |id| site.engine.show(&Named::Id(id)).await.expect("it is there");
            let before = [shown(pool.id).await, shown(tier.id).await];
            all.push(Self { pool: pool.key, tier: tier.key, before, site });
        }
        all
    }

    /// Both licences are as they were, and nothing was written about them.
    async fn assert_untouched(&self, what: &str) {
        for before in &self.before {
            let id = before.found.license.id;
            let now = self.site.engine.show(&Named::Id(id)).await.expect("it is there");
            assert_eq!(now.found.license, before.found.license, "{what}");
            assert_eq!((now.machines.len(), now.events.len()), (0, before.events.len()), "{what}");
        }
        let health = self.site.get("/api/health").await;
        assert_eq!(health.status, 200, "{what}: the server goes on");
    }

    /// What each front would say yes to.
    fn good(&self, words: Words) -> Value {
        match words {
            Words::Pool => serde_json::json!({ "license_key": self.pool, "domain_fingerprint": "domain" }),
            _ => serde_json::json!({ "license": self.tier }),
        }
    }
}

impl Words {
    /// Where it takes bodies.
    const fn path(self) -> &'static str {
        match self {
            Self::Pool => "/api/activate",
            Self::Tier | Self::Server => "/api/verify",
        }
    }

    /// Refused with this status, in these words.
    fn assert_refused(self, answer: &Answer, status: u16, what: &str) {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
        assert!(answer.header("x-request-id").is_some(), "{what}");
        let body = answer.json();
        match self {
            Self::Pool => {
                let no = body.get("success").or_else(|| body.get("valid"));
                assert_eq!(no, Some(&Value::Bool(false)), "{what}: {body}");
                assert!(body["error"].is_string() && body["error_code"].is_string(), "{what}: {body}");
            }
            Self::Tier => {
                assert_eq!(body["valid"], false, "{what}: {body}");
                assert!(body["error"].is_string(), "{what}: {body}");
            }
            Self::Server => assert!(body["error"]["code"].is_string(), "{what}: {body}"),
        }
    }
}
