//! While an import is under way, nothing of it is seen, and nothing is built on it.

use keyward_core::time::Timestamp;
use keyward_engine::Engine;
use keyward_store::batches::{self, Batch};
use keyward_store::licenses::License;
use keyward_store::machines::Machine;
use keyward_store::{Job, StoreError, Tx, licenses, machines};
use serde_json::json;
use uuid::Uuid;

use super::tenant::{Tenant, assert_no};
use crate::site::Site;

/// The first rows of an import: the free tier of an installation, with a device.
struct Begun {
    batch: Batch,
    license: License,
    machine: Machine,
}

impl Job for Begun {
    const NAME: &'static str = "test.begin";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        batches::insert(tx, &self.batch).await?;
        batches::advance(tx, self.batch.id, 1).await?;
        licenses::insert_all(tx, std::slice::from_ref(&self.license)).await?;
        machines::insert_all(tx, std::slice::from_ref(&self.machine)).await.map(drop)
    }
}

struct Finishing {
    batch: Uuid,
    now: Timestamp,
}

impl Job for Finishing {
    const NAME: &'static str = "test.finish";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        batches::finish(tx, self.batch, self.now).await
    }
}

/// Begins an import of `device-0` on the free tier, and says in which batch.
async fn begin(engine: &Engine, installation: Uuid, like: License) -> Uuid {
    let (now, account_id) = (engine.now(), like.account_id);
    let (batch, license) = (engine.new_id(), engine.new_id());
    let begun = Begun {
        batch: Batch { id: batch, account_id, name: "import E".to_owned(), wanted: 1, created_at: now },
        license: License {
            id: license,
            policy_id: engine.policy_named("lk", "free").expect("a policy").row.id,
            batch_id: Some(batch),
            subject: Some(format!("free tier of {installation}")),
            key_sealed: None,
            key_digest: None,
            key_hint: None,
            machines_count: 1,
            ..like
        },
        machine: Machine {
            id: engine.new_id(),
            account_id,
            license_id: license,
            user_id: None,
            fingerprint: "device-0".to_owned(),
            uniqueness_scope: license,
            pool: None,
            name: None,
            address: None,
            user_agent: None,
            created_at: now,
            last_seen_at: now,
        },
    };
    engine.store().write(begun).await.expect("it is begun");
    batch
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_of_an_unfinished_import_are_not_there_yet() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, None);
        let id = customer.activated(&key).await;
        let with_key = "/devices/device-1/activate-license";
        assert_eq!(customer.post(with_key, &json!({ "licenseKey": key })).await.status / 100, 2);
        let row = site.engine.installation_named("theia").await.expect("it is there");
        let batch = begin(&site.engine, row.id, customer.shown(&key).await.found.license).await;

        let ids = async || {
            let devices = customer.read("/devices").await;
            let devices = devices.as_array().expect("a list").iter();
            devices.map(|device| device["deviceId"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids().await, ["device-1"]);
        assert_no(&customer.get("/devices/device-0").await, 404, "NOT_FOUND", "not yet");
        assert_no(&customer.ask("DELETE", "/devices/device-0", "").await, 404, "NOT_FOUND", "not yet");
        // There is one free tier, and it is being made.
        for device in ["device-0", "device-2"] {
            let busy = customer.add(device).await;
            assert_no(&busy, 503, "DATABASE_BUSY", device);
            assert!(busy.header("retry-after").is_some());
        }
        assert_no(
            &customer.ask("DELETE", &format!("/licenses/{id}"), "").await,
            503,
            "DATABASE_BUSY",
            "a move",
        );
        assert_eq!(customer.read("/license/status").await["currentDevices"], 1);

        let finishing = Finishing { batch, now: site.engine.now() };
        assert!(site.engine.store().write(finishing).await.expect("the database answers"));
        assert_eq!(customer.read("/license/status").await["currentDevices"], 2);
        assert_eq!(customer.read("/devices/device-0").await["tier"], "free");
        assert_eq!(customer.add("device-0").await.status, 200);
        assert_eq!(customer.add("device-2").await.status, 201);
        assert_eq!(customer.ask("DELETE", &format!("/licenses/{id}"), "").await.status, 200);
        assert_eq!(customer.read("/license/status").await["currentDevices"], 3);
    }
}
