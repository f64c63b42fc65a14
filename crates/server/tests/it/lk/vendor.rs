//! What the vendor does at the same moment stands, whatever an installation decides on what it read before. A database with
//! one writer does one after the other, so this is asked of PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use keyward_core::time::Timestamp;
use keyward_store::{Job, StoreError, Tx, licenses};
use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use super::DAY;
use super::tenant::{Tenant, assert_refused, day};
use crate::site::Site;
use keyward_core::code::Code;

/// A revocation whose commit takes a while.
struct Revoking {
    license: Uuid,
    now: Timestamp,
    begun: Arc<Notify>,
}

impl Job for Revoking {
    const NAME: &'static str = "test.revoke";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        let revoked = licenses::suspend(tx, self.license, "revoked", self.now).await?;
        self.begun.notify_one();
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(revoked)
    }
}

/// What comes of a request that is made when the revocation is written and not yet seen.
async fn while_revoked<T>(customer: &Tenant<'_>, key: &str, request: impl Future<Output = T>) -> T {
    let engine = &customer.site.engine;
    let license = customer.shown(key).await.found.license.id;
    let begun = Arc::new(Notify::new());
    let job = Revoking { license, now: engine.now(), begun: Arc::clone(&begun) };
    let meanwhile = async {
        begun.notified().await;
        request.await
    };
    let (revoked, answer) = tokio::join!(engine.store().write(job), meanwhile);
    assert!(revoked.expect("the database answers"), "it was not revoked");
    answer
}

async fn assert_revoked(customer: &Tenant<'_>, key: &str, id: i64) {
    let row = customer.shown(key).await.found.license;
    assert_eq!(row.suspension_reason.as_deref(), Some("revoked"));
    assert_eq!(customer.read("/license/status").await["maxDevices"], 3);
    let answer = customer.ask("PATCH", &format!("/licenses/{id}"), r#"{"isActive":true}"#).await;
    assert_refused(&answer, 400, Code::Revoked, "what the vendor revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_that_is_being_revoked_is_not_switched_on() {
    let Some(site) = Site::postgres().await else { return };
    let customer = Tenant::new(&site, "theia").await;
    let key = customer.lk2("PRO-10", 10, None);
    let id = customer.activated(&key).await;
    let path = format!("/licenses/{id}");
    let off = customer.ask("PATCH", &path, r#"{"isActive":false}"#).await;
    assert_eq!(off.status, 200, "{}", off.body);
    let on = customer.ask("PATCH", &path, r#"{"isActive":true}"#);
    let answer = while_revoked(&customer, &key, on).await;
    assert_refused(&answer, 400, Code::Revoked, "switched on meanwhile");
    assert_revoked(&customer, &key, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_a_license_off_does_not_hide_that_it_is_being_revoked() {
    let Some(site) = Site::postgres().await else { return };
    let customer = Tenant::new(&site, "theia").await;
    let key = customer.lk2("PRO-10", 10, None);
    let id = customer.activated(&key).await;
    let body = json!({ "isActive": false, "notes": "of last year" }).to_string();
    let path = format!("/licenses/{id}");
    customer.read(&path).await;
    let answer = while_revoked(&customer, &key, customer.ask("PATCH", &path, &body)).await;
    assert_eq!((answer.status, &answer.json()["notes"]), (200, &json!("of last year")), "{}", answer.body);
    assert_revoked(&customer, &key, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_that_is_being_revoked_does_not_become_one_that_only_expired() {
    let Some(site) = Site::postgres().await else { return };
    let customer = Tenant::new(&site, "theia").await;
    let key = customer.lk2("PRO-10", 10, Some(&day(&site, 5)));
    customer.activated(&key).await;
    site.clock.advance(6 * DAY);
    let status = while_revoked(&customer, &key, customer.read("/license/status")).await;
    assert_eq!(status["maxDevices"], 3);
    let row = customer.shown(&key).await.found.license;
    assert_eq!(row.suspension_reason.as_deref(), Some("revoked"));
}
