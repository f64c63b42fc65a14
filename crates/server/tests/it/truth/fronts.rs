//! The fronts, each with the words in which it gives its question's verdict.

use keyward_engine::license::{Named, Shown};
use serde_json::json;

use super::Kind;
use crate::site::Site;

/// A key, asked about at a server.
pub(super) struct Key<'s> {
    pub(super) site: &'s Site,
    pub(super) text: String,
}

impl Key<'_> {
    /// What `license show` says; `None` when there is no such licence.
    pub(super) async fn shown(&self) -> Option<Shown> {
        self.site.engine.show(&Named::Key(self.text.clone())).await.ok()
    }

    /// System B: may it be activated? Changes nothing.
    pub(super) async fn validate_says(&self, code: &str, what: &str) {
        let answer = self.site.get(&format!("/api/validate/{}", self.text)).await;
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["valid"]),
            (status(code), &json!(code == "VALID")),
            "{what}: {body}"
        );
        if code != "VALID" {
            assert_eq!(body["error_code"], code, "{what}");
        }
    }

    /// System B: uses the key, if it may be activated.
    pub(super) async fn activate_says(&self, code: &str, what: &str) {
        let request = json!({ "license_key": self.text, "domain_fingerprint": "another domain" });
        let answer = self.site.post("/api/activate", &request).await;
        let body = answer.json();
        let success = json!(code == "VALID");
        assert_eq!((answer.status, &body["success"]), (status(code), &success), "{what}: {body}");
        if code != "VALID" {
            assert_eq!(body["error_code"], code, "{what}");
        }
    }

    /// System C: may it run?
    pub(super) async fn verify_says(&self, code: &str, what: &str) {
        let wanted = match code {
            "VALID" | "GRACE_PERIOD" => (200, json!(true), json!(null)),
            "EXPIRED" => (401, json!(false), json!("License expired")),
            _ => (401, json!(false), json!("License not found")),
        };
        for path in ["/api/verify", "/api/validate"] {
            let answer = self.site.post(path, &json!({ "license": self.text })).await;
            let body = answer.json();
            assert_eq!(
                (answer.status, body["valid"].clone(), body["error"].clone()),
                wanted,
                "{what}: {path}"
            );
        }
    }

    /// A key of one system is none of the other's, however good it is.
    pub(super) async fn other_fronts_do_not_know(&self, kind: Kind, what: &str) {
        match kind {
            Kind::Pool => {
                let answer = self.site.post("/api/verify", &json!({ "license": self.text })).await;
                assert_eq!(answer.json()["error"], "Invalid license signature", "{what}");
            }
            Kind::Tier => self.validate_says("NOT_FOUND", what).await,
        }
    }
}

fn status(code: &str) -> u16 {
    match code {
        "VALID" => 200,
        "NOT_FOUND" => 404,
        _ => 400,
    }
}
