//! Devices without a network: asked for by a request, counted, renewed, given back by a receipt.

mod requests;
mod transfers;

use std::sync::Arc;

use keyward_core::claims::Claims;
use keyward_core::crypto::KeySet;
use keyward_core::recovery::RecoveryCode;
use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_core::seat::{Receipt, Request, Seat};
use keyward_core::time::Timestamp;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::keyring::SigningKey;
use keyward_engine::license::Named;
use keyward_engine::offline::OfflineActivation;
use keyward_engine::rules::Rules;
use keyward_engine::{Engine, EngineError, Material};
use keyward_store::{Job, Tx, licenses, policies, versions};

use crate::stored::Stored;
use crate::world::generator;

const DAY: i64 = 86_400;

/// A device without a network.
pub(crate) struct Device {
    id: String,
    key: SigningKey,
    number: u8,
}

impl Device {
    fn new(number: u8) -> Self {
        Self {
            id: format!("device {number}"),
            key: SigningKey::generate_ed25519(&mut generator(number.into())),
            number,
        }
    }

    /// The same device on which the program was installed anew.
    fn installed_anew(&self) -> Self {
        let key = SigningKey::generate_ed25519(&mut generator(1_000 + u64::from(self.number)));
        Self { id: self.id.clone(), key, number: self.number }
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).try_into().expect("64 bytes")
    }

    /// Its `nth` request.
    fn request(&self, key: &str, nth: u8) -> String {
        self.request_for("lk", key, nth)
    }

    fn request_for(&self, product: &str, key: &str, nth: u8) -> String {
        let request = Request {
            product: product.to_owned(),
            key: key.to_owned(),
            device_id: self.id.clone(),
            device_key: self.key.public().ed25519_bytes().expect("an Ed25519 key"),
            name: Some("Zoë's laptop".to_owned()),
            components: vec![(1, [self.number; 8])],
            nonce: [self.number.wrapping_mul(16).wrapping_add(nth); 16],
            made_at: crate::world::NOW,
        };
        request.to_text(self.sign(&request.covered()))
    }

    /// The receipt for a seat.
    fn receipt(&self, seat: &Seat) -> String {
        let receipt = Receipt {
            license_id: seat.license_id,
            product: seat.product.clone(),
            device_id: seat.device_id.clone(),
            nonce: seat.nonce,
            at: seat.issued_at,
        };
        receipt.to_text(self.sign(&receipt.covered()))
    }
}

fn pro_10() -> Lk3 {
    Lk3 { tier: "PRO-10".to_owned(), company: "Acme".to_owned(), ..Lk3::default() }
}

async fn issued(stored: &Stored, lk3: Lk3) -> String {
    let form = NewForm::Lk3 {
        order: Order::default(),
        request: Box::new(lk3),
        seal: Seal::Signature,
        encrypted: false,
    };
    stored.engine.issue_form(&stored.caller(), form).await.expect("it is issued").key
}

/// A licence that runs on a device without a network.
pub(crate) async fn seated(stored: &Stored) -> String {
    let key = issued(stored, pro_10()).await;
    given(stored, &Device::new(1).request(&key, 1)).await;
    key
}

async fn answer(stored: &Stored, request: &str) -> Result<OfflineActivation, EngineError> {
    stored.engine.activate_offline(&stored.caller(), request).await
}

async fn given(stored: &Stored, request: &str) -> OfflineActivation {
    answer(stored, request).await.expect("it is answered")
}

/// The code with which a request is refused.
async fn refused(stored: &Stored, request: &str) -> &'static str {
    answer(stored, request).await.expect_err("it is refused").code()
}

/// The public keys of a product.
fn keys(engine: &Engine, product: &str) -> KeySet {
    let catalog = engine.catalog();
    let product = catalog.product(product).expect("the product").id;
    let mut keys = KeySet::default();
    for key in catalog.keys().iter().filter(|key| key.row.product_id == Some(product)) {
        if let Material::Signing(key) = &key.material {
            keys.public.push(key.public().clone());
        }
    }
    keys
}

async fn devices(stored: &Stored, key: &str) -> i64 {
    let found = stored.engine.find(&Named::Key(key.to_owned())).await.expect("it is found");
    found.license.machines_count
}

/// Changes the rules of a policy.
async fn rules(stored: &Stored, product: &str, policy: &str, change: impl FnOnce(&mut Rules)) {
    struct Changing {
        policy: uuid::Uuid,
        rules: String,
        now: Timestamp,
    }

    impl Job for Changing {
        const NAME: &'static str = "test.rules";
        type Out = ();
        type Err = keyward_store::StoreError;

        async fn run(&self, tx: &Tx<'_>) -> Result<(), Self::Err> {
            policies::set_rules(tx, self.policy, &self.rules, self.now).await?;
            versions::raise(tx, versions::CATALOG).await
        }
    }

    let policy = stored.engine.policy_named(product, policy).expect("the policy");
    let mut rules = policy.rules.clone();
    change(&mut rules);
    let job = Changing { policy: policy.row.id, rules: rules.to_json(), now: stored.engine.now() };
    stored.engine.store().write(job).await.expect("it is changed");
    stored.engine.refresh().await.expect("it is read");
}

#[tokio::test]
async fn a_recovery_code_is_for_one_device_and_number_and_is_written_down() {
    for stored in Stored::all().await {
        let text =
            stored.engine.recovery_code(&stored.caller(), "lk", "device 1", 3).await.expect("it is made");
        assert!(text.len() <= 160);
        let keys = keys(&stored.engine, "lk");
        let code = RecoveryCode::verified(&text, "lk", "device 1", &keys).expect("it fits");
        assert_eq!(code, RecoveryCode { number: 3, at: stored.engine.now() });
        assert!(RecoveryCode::verified(&text, "lk", "device 2", &keys).is_err());
        assert!(RecoveryCode::verified(&text, "pool", "device 1", &keys).is_err());
        assert!(
            stored.events().await.ends_with(&["key.create".to_owned(), "device.recovery-code".to_owned()])
        );
        let unknown = stored.engine.recovery_code(&stored.caller(), "nothing", "device 1", 3).await;
        assert_eq!(unknown.expect_err("refused").code(), "NOT_FOUND");
    }
}

/// A key of the database is itself only claims; what it says about trials is kept beside it.
#[tokio::test]
async fn a_trial_key_counts_from_the_devices_first_request() {
    for stored in Stored::all().await {
        let key = issued(&stored, Lk3 { trial_days: Some(14), ..pro_10() }).await;
        let claims = Claims::verified(&key, &keys(&stored.engine, "lk")).expect("a key");
        assert_eq!((claims.trial, claims.trial_days), (true, Some(14)));
        let (one, two) = (Device::new(1), Device::new(2));
        let start = stored.engine.now();
        let seat = given(&stored, &one.request(&key, 1)).await.seat;
        assert_eq!((seat.trial, seat.expires), (true, Some(start.plus_days(14))));
        stored.clock.advance(5 * DAY);
        let later = given(&stored, &two.request(&key, 1)).await.seat;
        assert_eq!(later.expires, Some(start.plus_days(19)));
        // Given back and asked for anew, it goes on where it began.
        let receipt = one.receipt(&seat);
        stored.engine.release_offline(&stored.caller(), &receipt, false).await.expect("it is given back");
        let again = given(&stored, &one.installed_anew().request(&key, 2)).await.seat;
        assert_eq!(again.expires, Some(start.plus_days(14)));
    }
}

/// Two customers' threads, two devices, one seat.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_devices_that_want_the_last_seat_one_gets_it() {
    for stored in Stored::all().await {
        let second = stored.second_node().await;
        for round in 0..8_u8 {
            let key = issued(&stored, Lk3 { max_devices: Some(1), ..pro_10() }).await;
            second.refresh().await.expect("it is read");
            let asking =
                [(&stored.engine, round * 2 + 1), (&second, round * 2 + 2)].map(|(engine, number)| {
                    let (engine, caller) = (Arc::clone(engine), stored.caller());
                    let request = Device::new(number).request(&key, 1);
                    let runtime = tokio::runtime::Handle::current();
                    std::thread::spawn(move || runtime.block_on(engine.activate_offline(&caller, &request)))
                });
            let done = asking.map(|thread| thread.join().expect("no panic"));
            let won = done.iter().filter(|answer| answer.is_ok()).count();
            assert_eq!(won, 1, "{done:?}");
            let lost = done.into_iter().find_map(Result::err).expect("one is refused");
            assert_eq!(lost.code(), "TOO_MANY_MACHINES");
            assert_eq!(devices(&stored, &key).await, 1);
        }
    }
}

/// A licence in the store, as it is.
async fn row(stored: &Stored, seat: &Seat) -> licenses::License {
    let found = stored.engine.find(&Named::Id(seat.license_id)).await.expect("it is found");
    found.license
}
