//! Keys made elsewhere.

use keyward_core::scheme::lk3::Lk3;
use keyward_engine::issue::{self, Lk2Request, Lk3Sealer};
use keyward_engine::keys::prepare;
use keyward_engine::license::{Named, NewLicense, Register, Renewal};
use uuid::Uuid;

use super::{DAY, lk2, verified};
use crate::stored::{Stored, generator};
use crate::world::NOW;

const SECRET: &str = "the installation's own";

fn register(key: &str) -> Register {
    Register {
        key: key.to_owned(),
        product: "lk".to_owned(),
        policy: None,
        license: NewLicense::default(),
        used_at: None,
    }
}

/// A key of each version, made under the secret.
fn keys(secret: &str) -> [String; 3] {
    let (secret, mut rng) = (prepare(secret), generator());
    let request = Lk2Request {
        tier: "PRO-10".to_owned(),
        max_devices: 12,
        company: Some("Acme".to_owned()),
        expires: Some("2026-06-30".to_owned()),
        unique_id: Some("x".to_owned()),
    };
    let lk3 = Lk3 {
        product: "lk".to_owned(),
        tier: "PRO-10".to_owned(),
        expires: Some(1_782_777_600),
        limits: [("storage".to_owned(), 7)].into(),
        issued_day: 20_454,
        ..Lk3::default()
    };
    [
        issue::lk1("PRO-10", &secret, &mut rng, 1).expect("a key"),
        request.issue(&secret, NOW).expect("a key").0,
        Lk3Sealer::Mac(&secret, true).issue(&lk3, &mut rng).expect("a key"),
    ]
}

#[tokio::test]
async fn keys_of_the_installations_secret_are_taken_in_once() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let none = engine.register(&caller, register(&keys(SECRET)[0])).await.expect_err("no secret yet");
        assert_eq!(none.code(), "BAD_SIGNATURE");
        engine.set_installation_secret(&caller, "own", SECRET, false).await.expect("set");
        for key in keys("another") {
            let error = engine.register(&caller, register(&key)).await.expect_err("another's");
            assert_eq!(error.code(), "BAD_SIGNATURE", "{key}");
        }
        for key in keys(SECRET) {
            let taken_in = engine.register(&caller, register(&key)).await.expect("taken in");
            let found = engine.find(&Named::Key(key.clone())).await.expect("it is found");
            assert_eq!(found.license.id, taken_in.id);
            assert_eq!(found.policy.row.code, "pro-10");
            assert_eq!(
                found.license.installation_id,
                engine.catalog().own_installation().map(|own| own.row.id)
            );
            let again = engine.register(&caller, register(&key)).await.expect_err("known");
            assert_eq!(again.code(), "TAKEN");
            assert!(!again.to_string().contains(&key), "{again}");
            if key.starts_with("LK-1") {
                assert_eq!(taken_in.expiry, None);
                continue;
            }
            assert_eq!(taken_in.expiry.map(|end| end.to_string()).as_deref(), Some("2026-06-30T00:00:00Z"));
            stored.clock.advance(DAY);
            let renewed = engine.renew(&caller, Named::Key(key), Renewal::Days(1)).await.expect("renewed");
            let form = renewed.form.expect("a new form");
            verified(&stored, &form).await;
            let again = engine.register(&caller, register(&form)).await.expect_err("a form of it");
            assert_eq!(again.code(), "TAKEN");
        }
        // What was registered keeps the secret.
        let replaced = engine.set_installation_secret(&caller, "own", "new", false).await;
        assert_eq!(replaced.expect_err("in use").code(), "SECRET_IN_USE");
    }
}

#[tokio::test]
async fn a_signed_key_is_taken_in_under_its_own_id() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let product = engine.catalog().product("lk").expect("seeded").id;
        let algorithm = keyward_core::crypto::Algorithm::Ed25519;
        let (_, signer) = engine.signing_key(&caller, Some(product), algorithm).await.expect("a key");
        let key = |product: &str| {
            let lk3 = Lk3 {
                license_id: Some(Uuid::from_u128(7)),
                product: product.to_owned(),
                tier: "PRO-10".to_owned(),
                issued_day: 20_454,
                ..Lk3::default()
            };
            Lk3Sealer::Signature(&signer, None).issue(&lk3, &mut generator()).expect("a key")
        };
        let taken_in = engine.register(&caller, register(&key("lk"))).await.expect("taken in");
        assert_eq!(taken_in.id, Uuid::from_u128(7));
        let other = engine.register(&caller, register(&key("other"))).await.expect_err("another product's");
        assert_eq!(other.code(), "INVALID_ARGUMENT");
        // Taken in without a secret, it does not stand in the way of the first one.
        engine.set_installation_secret(&caller, "own", "first", false).await.expect("a first secret");
        engine.issue_form(&caller, super::lk1()).await.expect("a key under it");
    }
}

#[tokio::test]
async fn a_key_that_was_issued_here_is_known() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued = engine.issue_form(&caller, lk2()).await.expect("a key");
        let again = engine.register(&caller, register(&issued.key)).await.expect_err("known");
        assert_eq!(again.code(), "TAKEN");
    }
}
