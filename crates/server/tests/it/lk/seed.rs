//! System E's document, request by request.

use keyward_core::code::Code;
use keyward_engine::Caller;
use serde_json::json;

use super::tenant::{Tenant, assert_refused, instant};
use crate::site::Site;

/// The installation key that the document prints.
const PRINTED: &str = "LMBM3oz6azq8lXQKxulptpzEyyHnat6eyBGCeJJE54Oq1f37O/NgcZKNBBaqr2BN";

/// On the day of the document.
async fn sites() -> Vec<Site> {
    let sites = Site::all_with(|config| config.limits.failures = 1_000).await;
    for site in &sites {
        site.clock.set(instant("2025-12-27T12:00:00Z"));
    }
    sites
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_installation_key_is_refused_unless_it_is_accepted() {
    let site = Site::new().await;
    let set =
        async |accept| site.engine.set_installation_secret(&Caller::operator(), "own", PRINTED, accept).await;
    assert!(matches!(set(false).await, Err(keyward_engine::EngineError::PublicSecret)));
    set(true).await.expect("it is accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_expires_is_activated_shown_and_decoded() {
    for site in sites().await {
        let customer = Tenant::with_secret(&site, "theia", PRINTED).await;
        let key = customer.lk2("PRO-10", 10, Some("2026-12-31"));
        // Customer pastes the key in the admin page, and with it the white space around it.
        let answer = customer.activate(&format!("  {key}\r\n")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let body = answer.json();
        let id = body["addedLicense"]["id"].clone();
        assert_eq!(
            body,
            json!({
                "message": "License activated successfully",
                "addedLicense": {
                    "id": id, "tier": "PRO-10", "maxDevices": 10, "expiresAt": "2026-12-31T00:00:00Z",
                    "companyName": "Acme Corporation",
                },
                "totalStatus": {
                    "totalMaxDevices": 13, "currentDevices": 0, "activeLicenseCount": 1, "availableDevices": 13,
                },
            })
        );
        let status = customer.read("/license/status").await;
        assert_eq!(
            status,
            json!({
                "tier": "PRO-10", "maxDevices": 13, "currentDevices": 0, "isValid": true, "isInGracePeriod": false,
                "gracePeriodEndsAt": null, "reason": null, "activeLicenseCount": 1, "availableDevices": 13,
                "code": "VALID",
            })
        );
        // const response = await fetch('/api/license/decode')
        let payload = json!({
            "v": 2, "t": "PRO-10", "d": 10, "c": "Acme Corporation", "e": "2026-12-31", "i": "2025-12-27",
        });
        assert_eq!(customer.read("/api/license/decode").await, payload);
        assert_eq!(customer.read("/license/decode").await, payload);
        let decoded = customer.read("/license/decoded").await;
        assert_eq!(
            decoded["licenses"][0],
            json!({
                "id": id, "version": 2, "tier": "PRO-10", "maxDevices": 10, "currentDevices": 0,
                "companyName": "Acme Corporation", "expiresAt": "2026-12-31T00:00:00Z",
                "issuedAt": "2025-12-27T00:00:00Z", "isPerpetual": false, "isExpired": false, "isActive": true,
                "code": "VALID", "features": [], "pools": [], "limits": [],
            })
        );
        assert_eq!(
            (&decoded["hasLicense"], &decoded["totalMaxDevices"], &decoded["activeLicenseCount"]),
            (&json!(true), &json!(13), &json!(1))
        );
        let revealed = customer.read("/license/installation-key").await;
        assert_eq!(
            (&revealed["installationKey"], &revealed["generatedAt"]),
            (&json!(PRINTED), &json!("2025-12-27T12:00:00Z"),)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_perpetual_key_says_so() {
    for site in sites().await {
        let customer = Tenant::new(&site, "theia").await;
        let answer = customer.activate(&customer.lk2("PRO-10", 10, None)).await;
        assert_eq!((answer.status, &answer.json()["addedLicense"]["expiresAt"]), (200, &json!(null)));
        let license = &customer.read("/license/decoded").await["licenses"][0];
        assert_eq!(
            (&license["isPerpetual"], &license["expiresAt"], &license["isExpired"]),
            (&json!(true), &json!(null), &json!(false))
        );
        assert_eq!(customer.read("/api/license/decode").await["e"], json!(null));
        site.clock.advance(100 * 365 * super::DAY);
        assert_eq!(customer.read("/license/status").await["isValid"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_is_blocked_with_the_sentence_of_the_document() {
    for site in sites().await {
        let customer = Tenant::new(&site, "theia").await;
        // dotnet run -- --batch PRO-10 "Test Co" 2025-01-01 "Expired test" "installation-key"
        let key = customer.lk2_for("PRO-10", 10, Some("2025-01-01"), Some("Test Co"));
        let answer = customer.activate(&key).await;
        assert_refused(&answer, 400, Code::Expired, "it expired");
        assert_eq!(answer.json()["error"], "License expired on 2025-01-01");
        let status = customer.read("/license/status").await;
        assert_eq!((&status["tier"], &status["maxDevices"]), (&json!("free"), &json!(3)));
        let missing = customer.get("/license/decode").await;
        assert_refused(&missing, 404, Code::NotFound, "nothing to decode");
        assert_eq!(customer.read("/license/decoded").await["hasLicense"], false);
        for body in [
            json!({}),
            json!({ "licenseKey": null }),
            json!({ "licenseKey": "" }),
            json!({ "licenseKey": " " }),
        ] {
            let answer = customer.post("/license/activate", &body).await;
            assert_eq!(
                (answer.status, &answer.json()["error"]),
                (400, &json!("License key is required")),
                "{body}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_the_first_version_still_works() {
    for site in sites().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk1("PRO-10");
        let answer = customer.activate(&key).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let added = &answer.json()["addedLicense"];
        assert_eq!((&added["tier"], &added["maxDevices"]), (&json!("PRO-10"), &json!(10)));
        assert_eq!((&added["companyName"], &added["expiresAt"]), (&json!(null), &json!(null)));
        assert_eq!(customer.read("/license/status").await["maxDevices"], 13);
        let license = &customer.read("/license/decoded").await["licenses"][0];
        assert_eq!((&license["version"], &license["isPerpetual"]), (&json!(1), &json!(true)));
        let payload = json!({ "v": 1, "t": "PRO-10", "d": 10, "c": null, "e": null, "i": "2025-12-27" });
        assert_eq!(customer.read("/license/decode").await, payload);
        // The document's own key has a check that fits no secret anybody knows.
        let answer = customer.activate("LK-1-PRO-10-xY9mKp3rT4u-BC8F").await;
        assert_refused(&answer, 400, Code::BadSignature, "the printed key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_modification_invalidates_the_signature() {
    for site in sites().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, Some("2026-12-31"));
        for place in (5..key.len()).step_by(7).chain([key.len() - 1]) {
            let mut altered = key.clone().into_bytes();
            altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            let answer = customer.activate(&altered).await;
            let code = answer.json()["code"].clone();
            assert!(
                answer.status == 400 && (code == "BAD_SIGNATURE" || code == "MALFORMED"),
                "{place}: {answer:?}"
            );
        }
        // A key that says more devices, sealed under another secret.
        let forger = Tenant { secret: "guessed".to_owned(), ..customer.at(&site) };
        let answer = customer.activate(&forger.lk2("ENTERPRISE", 999, None)).await;
        assert_refused(&answer, 400, Code::BadSignature, "made with another secret");
        assert_eq!(customer.read("/licenses").await, json!([]));
        assert_eq!(customer.read("/license/status").await["maxDevices"], 3);
        assert_eq!(customer.activate(&key).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_licenses_add_up_and_their_tiers_are_joined() {
    for site in sites().await {
        let customer = Tenant::new(&site, "theia").await;
        customer.activated(&customer.lk2("PRO-10", 10, Some("2026-12-31"))).await;
        site.clock.advance(60);
        let most = customer.activated(&customer.lk2_for("PRO-20", 20, None, Some("Other"))).await;
        let status = customer.read("/license/status").await;
        assert_eq!((&status["tier"], &status["maxDevices"]), (&json!("PRO-10 + PRO-20"), &json!(33)));
        assert_eq!(status["activeLicenseCount"], 2);
        assert_eq!(customer.read("/license/decode").await["c"], "Other");
        // Support turns one off.
        let off = customer.ask("PATCH", &format!("/licenses/{most}"), r#"{"isActive": false}"#).await;
        assert_eq!((off.status, &off.json()["isActive"]), (200, &json!(false)));
        assert_eq!(customer.read("/license/decode").await["c"], "Acme Corporation");
        assert_eq!(customer.read("/license/status").await["maxDevices"], 13);
    }
}
