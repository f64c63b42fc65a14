//! System E: self-contained keys of one installation, with their devices.

use std::collections::HashMap;

use keyward_engine::Caller;
use keyward_engine::import::{Reason, System};
use keyward_engine::keys::OWN;
use keyward_engine::license::Named;
use serde_json::{Value, json};

use super::{BAD, LICENSES, Old, SECRET};
use crate::site::Site;
use crate::world::Answer;

/// What an installation asks, with its token.
struct Asks<'a> {
    site: &'a Site,
    token: String,
}

impl Asks<'_> {
    async fn get(&self, path: &str) -> Answer {
        let head = format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {}", self.token);
        self.site.ask(&head, "").await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer {}",
            self.token
        );
        self.site.ask(&head, &body.to_string()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_and_device_is_there_as_before() {
    for site in Site::all().await {
        let caller = Caller::operator();
        site.engine.set_installation_secret(&caller, OWN, SECRET, false).await.expect("a secret");
        let old = Old::like(&site, System::E, LICENSES).await;
        // One more licence stands for the free tier, on which devices of no licence count.
        let report = old.move_in_with_rest(&site).await;
        assert_eq!((report.seals_fit, report.seals_wrong), (Some(LICENSES), 0));
        let token = site.engine.create_installation_token(&caller, OWN, false, "old", None).await;
        let asks = Asks { site: &site, token: token.expect("a token").token.expose().to_owned() };

        // The first request deactivates what had ended, as the old system's would.
        let licenses = asks.get("/licenses").await.json();
        let licenses = licenses.as_array().expect("a list");
        assert_eq!(licenses.len() as u64, LICENSES);
        let by_key: HashMap<&str, &Value> =
            licenses.iter().map(|license| (license["key"].as_str().expect("a key"), license)).collect();
        for wanted in &old.answers {
            let license = by_key[wanted["key"].as_str().expect("a key")];
            for name in ["tier", "maxDevices", "currentDeviceCount", "companyName", "notes", "isActive"] {
                assert_eq!(license[name], wanted[name], "{name} of {wanted}: {license}");
            }
            let begins = |name: &str, wanted: &Value| match (license[name].as_str(), wanted.as_str()) {
                (None, None) => true,
                (Some(text), Some(wanted)) => text.replace('T', " ").starts_with(wanted),
                _ => false,
            };
            assert!(begins("expiresAt", &wanted["expires"]), "{wanted}: {license}");
            assert!(begins("activatedAt", &wanted["activated"]), "{wanted}: {license}");
        }

        let sum = |name: &str, of: &dyn Fn(&Value) -> bool| -> i64 {
            old.answers.iter().filter(|a| of(a)).filter_map(|answer| answer[name].as_i64()).sum()
        };
        let active = |answer: &Value| answer["isActive"] == true;
        let status = asks.get("/license/status").await.json();
        assert_eq!(status["maxDevices"], json!(3 + sum("maxDevices", &active)));
        assert_eq!(status["currentDevices"], json!(2 + sum("currentDeviceCount", &|_| true)));
        assert_eq!(status["activeLicenseCount"], old.answers.iter().filter(|a| active(a)).count());
        assert_eq!((&status["isValid"], &status["isInGracePeriod"]), (&json!(true), &json!(false)));
        let decoded = asks.get("/license/decoded").await.json();
        assert_eq!(decoded["licenses"].as_array().map(Vec::len), Some(licenses.len()));
        let devices = asks.get("/devices").await.json();
        let devices = devices.as_array().or_else(|| devices["devices"].as_array()).expect("a list").len();
        assert_eq!(devices as i64, 2 + sum("currentDeviceCount", &|_| true));
        assert_eq!(asks.get("/devices/free-1").await.status, 200);

        // Activating a key anew says what the old system said.
        for wanted in old.answers.iter().step_by(400) {
            let answer = asks.post("/license/activate", &json!({ "licenseKey": wanted["key"] })).await;
            assert_eq!(answer.status == 200, active(wanted), "{wanted}: {answer:?}");
        }
        let ended = |a: &&Value| !active(a) && a["expires"].as_str().is_some_and(|day| day < "2027-01-15");
        let ended = old.answers.iter().find(ended).expect("one that ended");
        let answer = asks.post("/license/activate", &json!({ "licenseKey": ended["key"] })).await;
        let wanted = format!("License expired on {}", ended["expires"].as_str().expect("a day"));
        assert!(answer.json()["error"].as_str().is_some_and(|error| error.contains(&wanted)), "{answer:?}");

        let key = old.answers[0]["key"].as_str().expect("a key").to_owned();
        let shown = site.engine.show(&Named::Key(key)).await.expect("it is there");
        assert!(shown.found.batch_name.is_some_and(|batch| batch.contains('E')), "when it was imported");
    }
}

impl Old {
    /// As [`Old::move_in`]: besides the rows, one licence for what no row stands for.
    async fn move_in_with_rest(&self, site: &Site) -> keyward_engine::import::Report {
        let refused = self.run(site, false, false).await;
        assert!(refused.refused && refused.imported == 0 && refused.malformed() == BAD, "{refused:?}");
        let rehearsed = self.run(site, true, true).await;
        let done = self.run(site, false, true).await;
        assert_eq!((rehearsed.imported, done.imported), (LICENSES + 1, LICENSES + 1));
        assert_eq!(done.read, LICENSES + BAD);
        let again = self.run(site, false, true).await;
        let here = again.skipped.iter().find(|skipped| skipped.reason == Reason::AlreadyHere);
        assert_eq!((again.imported, here.map(|here| here.count)), (0, Some(LICENSES)), "{again:?}");
        assert_eq!(again.batch, None);
        done
    }
}
