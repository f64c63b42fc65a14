//! Issuing.

use std::sync::Arc;

use keyward_core::claims::Expires;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::Seal;
use keyward_core::scheme::record::SignedRecord;
use keyward_engine::license::{Named, Question};
use keyward_store::{device_pools, limits};

use super::{BOOKS, DEVICE, every_form, file, lk2, lk3, record, verified};
use crate::stored::Stored;

#[tokio::test]
async fn every_form_is_accepted_and_found_again() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        for (name, form) in every_form() {
            let issued = engine.issue_form(&caller, form).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            let claims = verified(&stored, &issued.key).await;
            match claims.expires {
                Expires::At(end) => assert_eq!(Some(end), issued.expiry, "{name}"),
                Expires::Never => assert_eq!(issued.expiry, None, "{name}"),
                Expires::NotInKey => assert_eq!(claims.scheme, Scheme::Lk1, "{name}"),
            }
            for node in [Arc::clone(engine), stored.second_node().await] {
                let shown = node.show(&Named::Key(issued.key.clone())).await.expect("it is shown");
                assert_eq!(shown.found.license.id, issued.id, "{name}");
                assert_eq!(shown.forms.len(), 1, "{name}");
                assert_eq!(shown.forms[0].superseded_at, None, "{name}");
                let (question, verdict) = &shown.verdicts[0];
                assert!(*question == Question::Run && verdict.valid, "{name}: {verdict:?}");
            }
            let told = engine.reveal(&caller, &Named::Id(issued.id)).await.expect("it is told");
            assert_eq!(told.as_str(), issued.key, "{name}");
        }
    }
}

#[tokio::test]
async fn rows_say_what_the_forms_say() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued = engine.issue_form(&caller, record("example.com")).await.expect("a record");
        let row = engine.find(&Named::Id(issued.id)).await.expect("it is found").license;
        assert_eq!((row.subject.as_deref(), row.key_digest), (Some("example.com"), None));

        let issued = engine.issue_form(&caller, file(DEVICE)).await.expect("a file");
        let shown = engine.show(&Named::Id(issued.id)).await.expect("it is shown");
        assert_eq!(shown.machines[0].fingerprint, DEVICE);
        assert_eq!(shown.forms[0].device.as_deref(), Some(DEVICE));
        assert_eq!(shown.found.license.machines_count, 1);
        assert_eq!(shown.found.policy.rules.grace_period, 15 * 86_400);
        assert_eq!(engine.catalog().product(BOOKS).map(|product| product.name.as_str()), Some(BOOKS));

        let issued = engine.issue_form(&caller, lk2()).await.expect("a key");
        let row = engine.find(&Named::Id(issued.id)).await.expect("it is found").license;
        assert_eq!((row.max_machines, row.metadata.as_str()), (Some(25), r#"{"company":"Acme"}"#));
        let own = engine.catalog().own_installation().map(|own| own.row.id);
        assert_eq!(row.installation_id, own);

        let issued = engine.issue_form(&caller, lk3(Seal::Signature, false)).await.expect("a key");
        let claims = verified(&stored, &issued.key).await;
        assert_eq!((claims.license_id, claims.max_devices), (Some(issued.id), Some(50)));
        assert_eq!(claims.product.as_deref(), Some("lk"));
        let found = engine.find(&Named::Id(issued.id)).await.expect("it is found");
        assert_eq!(found.entitlements, ["export"]);
        let limits = limits::of_license(engine.store(), issued.id).await.expect("its limits");
        assert_eq!((limits[0].name.as_str(), limits[0].maximum), ("api_calls", 1_000));
        let pools = device_pools::of_license(engine.store(), issued.id).await.expect("its pools");
        assert_eq!((pools[0].name.as_str(), pools[0].max_devices, pools[0].devices_count), ("floor", 5, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_one_record_also_under_races() {
    for stored in Stored::all().await {
        let nodes = [Arc::clone(&stored.engine), stored.second_node().await];
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let (engine, caller) = (Arc::clone(&nodes[n % 2]), stored.caller());
                tokio::spawn(async move { engine.issue_form(&caller, record("example.com")).await })
            })
            .collect();
        let mut won = Vec::new();
        for task in tasks {
            match task.await.expect("no panic") {
                Ok(issued) => won.push(issued),
                Err(error) => {
                    assert_eq!(error.code(), "TAKEN");
                    assert!(error.to_string().contains("example.com"), "{error}");
                }
            }
        }
        assert_eq!(won.len(), 1);
        let product = stored.engine.catalog().product("records").expect("seeded").id;
        let named = Named::Subject(product, "example.com".to_owned());
        assert_eq!(stored.engine.find(&named).await.expect("it is found").license.id, won[0].id);
        let signature = SignedRecord::parse(&won[0].key, None).expect("a record").signature;
        let issued = |signature: Vec<u8>| {
            let engine = Arc::clone(&stored.engine);
            let id = won[0].id;
            async move { engine.signature_was_issued(id, Scheme::Record, &signature).await.expect("asked") }
        };
        assert!(issued(signature.clone()).await);
        assert!(!issued(signature[1..].to_vec()).await);
    }
}

#[tokio::test]
async fn what_cannot_be_issued_is_refused_and_leaves_nothing() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        for (form, code) in [
            (record(""), "INVALID_ARGUMENT"),
            (record("a\0b"), "INVALID_ARGUMENT"),
            (file(""), "INVALID_ARGUMENT"),
        ] {
            assert_eq!(engine.issue_form(&caller, form).await.expect_err(code).code(), code);
        }
        let unknown = super::NewForm::Lk1 {
            order: super::Order::default(),
            tier: "GOLD".to_owned(),
            term: super::Term::Never,
        };
        assert_eq!(engine.issue_form(&caller, unknown).await.expect_err("no policy").code(), "NOT_FOUND");
        assert!(!stored.events().await.contains(&"license.issue".to_owned()));
    }
}

#[tokio::test]
async fn a_form_is_found_in_any_of_its_spellings() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        for form in [record("example.com"), file(DEVICE)] {
            let issued = engine.issue_form(&caller, form).await.expect("a form");
            let value: serde_json::Value = serde_json::from_str(&issued.key).expect("JSON");
            for spelling in [format!("  {}\n", issued.key), value.to_string()] {
                let found = engine.find(&Named::Key(spelling)).await.expect("it is found");
                assert_eq!(found.license.id, issued.id);
            }
        }
    }
}
