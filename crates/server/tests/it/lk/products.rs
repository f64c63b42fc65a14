//! One installation with licences of two products: each has its own devices.

use keyward_core::time::Timestamp;
use keyward_store::policies::Policy;
use keyward_store::products::Product;
use keyward_store::{Job, StoreError, Tx, policies, products, versions};
use serde_json::json;

use super::tenant::{Tenant, assert_no};
use crate::site::Site;

/// The code of the other product.
const OTHER: &str = "player";

/// A product with its policies.
struct Making {
    product: Product,
    policies: Vec<Policy>,
}

impl Job for Making {
    const NAME: &'static str = "test.product";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        products::insert(tx, &self.product).await?;
        for policy in &self.policies {
            policies::insert(tx, policy).await?;
        }
        versions::raise(tx, versions::CATALOG).await
    }
}

/// Makes another product with some of the policies of the usual one, and a node whose door is that product's.
async fn with_other_product(site: &Site, codes: &[&str]) -> Site {
    let engine = &site.engine;
    let now: Timestamp = engine.now();
    let product = Product {
        id: engine.new_id(),
        account_id: engine.account().id,
        code: OTHER.to_owned(),
        name: "Player".to_owned(),
        key_prefix: None,
        metadata: "{}".to_owned(),
        created_at: now,
    };
    let like = |code: &&str| Policy {
        id: engine.new_id(),
        product_id: product.id,
        ..engine.policy_named("lk", code).expect("there is such a policy").row.clone()
    };
    let policies = codes.iter().map(like).collect();
    engine.store().write(Making { product, policies }).await.expect("they are stored");
    site.node_with(|config| config.dialects.lk.product = OTHER.to_owned()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_product_has_devices_of_its_own() {
    for site in Site::all().await {
        let node = with_other_product(&site, &["free", "pro-10"]).await;
        let here = Tenant::new(&site, "theia").await;
        let there = here.at(&node);
        here.fill(0..3).await;
        assert_no(&here.add("device-3").await, 409, "TOO_MANY_MACHINES", "the free tier is full");
        // One computer runs both programs, and counts for each.
        assert_eq!(there.read("/devices").await, json!([]));
        assert_no(&there.get("/devices/device-0").await, 404, "NOT_FOUND", "of the other product");
        let added = there.add("device-0").await;
        assert_eq!(added.status, 201, "{}", added.body);
        there.fill(3..5).await;
        assert_no(&there.add("device-5").await, 409, "TOO_MANY_MACHINES", "and so is this one");
        for tenant in [&here, &there] {
            assert_eq!(tenant.read("/license/status").await["currentDevices"], 3);
            assert_eq!(tenant.read("/devices").await.as_array().map(Vec::len), Some(3));
            assert_eq!(tenant.allowed().await.len(), 3);
        }
        // And is released for each.
        assert_no(&there.ask("DELETE", "/devices/device-1", "").await, 404, "NOT_FOUND", "not here");
        assert_eq!(there.ask("DELETE", "/devices/device-0", "").await.status, 200);
        assert_eq!(there.read("/license/status").await["currentDevices"], 2);
        assert_eq!(here.read("/license/status").await["currentDevices"], 3);
        assert_eq!(here.read("/devices/device-0").await["isAllowed"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_is_removed_where_there_is_no_free_tier() {
    for site in Site::all().await {
        let node = with_other_product(&site, &["pro-10"]).await;
        for name in ["theia", "other"] {
            let customer = Tenant::new(&node, name).await;
            let key = customer.lk2("PRO-10", 10, None);
            let id = customer.activated(&key).await;
            customer.fill(0..2).await;
            let removed = customer.ask("DELETE", &format!("/licenses/{id}"), "").await;
            assert_eq!(removed.status, 200, "{}", removed.body);
            assert_eq!(customer.read("/licenses").await, json!([]));
            // As where the operator switched the free tier off: seven days, and nothing new.
            assert_no(&customer.get("/license/status").await, 404, "NOT_FOUND", "there is nothing");
            assert_eq!(customer.allowed().await, ["device-0", "device-1"]);
            assert_no(&customer.add("device-2").await, 409, "TOO_MANY_MACHINES", "no place");
            node.clock.advance(8 * super::DAY);
            assert_eq!(customer.allowed().await.len(), 0);
            customer.activated(&key).await;
            assert_eq!(customer.allowed().await, ["device-0", "device-1"]);
        }
    }
}
