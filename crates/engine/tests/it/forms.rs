//! Forms issued with the database's keys: every one is accepted by the core's verifier, and found again whatever
//! becomes of its licence.

mod issue;
mod register;
mod renew;

use keyward_core::claims::Claims;
use keyward_core::crypto::KeySet;
use keyward_core::scheme::lk3::{DevicePool, Lk3, Seal};
use keyward_core::time::Timestamp;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::{FileRequest, Lk2Request, RecordRequest};
use keyward_engine::keyring::read_public;
use keyward_engine::keys::prepare;
use keyward_engine::license::Term;

use crate::stored::Stored;

/// The product of the files.
const BOOKS: &str = "Versoll Books";
const DEVICE: &str = "A1B2C3D4E5F60718";
const DAY: i64 = 86_400;

fn record(client: &str) -> NewForm {
    let request = RecordRequest {
        client_id: client.to_owned(),
        license_type: "Pro".to_owned(),
        days: Some(30),
        profile: None,
    };
    NewForm::Record { order: Order::default(), request }
}

fn file(device: &str) -> NewForm {
    let request = FileRequest {
        product: BOOKS.to_owned(),
        license_type: "YEARLY".to_owned(),
        issued_to: "ABC Traders".to_owned(),
        device_id: device.to_owned(),
        months: 12,
        grace_period_days: 15,
    };
    NewForm::File { order: Order::default(), request }
}

fn lk1() -> NewForm {
    NewForm::Lk1 { order: Order::default(), tier: "PRO-10".to_owned(), term: Term::Days(30) }
}

fn lk2() -> NewForm {
    let request = Lk2Request {
        tier: "PRO-20".to_owned(),
        max_devices: 25,
        company: Some("Acme".to_owned()),
        expires: Some("2026-12-31".to_owned()),
        unique_id: None,
    };
    NewForm::Lk2 { order: Order::default(), request }
}

fn lk3(seal: Seal, encrypted: bool) -> NewForm {
    let request = Lk3 {
        tier: "PRO-50".to_owned(),
        company: "Acme".to_owned(),
        expires: Some(1_798_675_200),
        features: vec!["export".to_owned()],
        limits: [("api_calls".to_owned(), 1_000)].into(),
        pools: vec![DevicePool { name: "floor".to_owned(), max_devices: 5, expires: None }],
        ..Lk3::default()
    };
    NewForm::Lk3 { order: Order::default(), request: Box::new(request), seal, encrypted }
}

/// One of every form, by name.
pub(crate) fn every_form() -> Vec<(&'static str, NewForm)> {
    vec![
        ("record", record("example.com")),
        ("file", file(DEVICE)),
        ("lk1", lk1()),
        ("lk2", lk2()),
        ("lk3 signed", lk3(Seal::Signature, false)),
        ("lk3 signed and encrypted", lk3(Seal::Signature, true)),
        ("lk3 under a MAC", lk3(Seal::Mac, false)),
        ("lk3 under a MAC and encrypted", lk3(Seal::Mac, true)),
    ]
}

/// What a customer's application has: the public keys as they are exported, and the installation's secret.
async fn exported(stored: &Stored) -> KeySet {
    let (engine, caller) = (&stored.engine, stored.caller());
    let (secret, _) = engine.reveal_installation_secret(&caller, "own").await.expect("a secret");
    let mut set = KeySet::of_secret(prepare(&secret));
    for key in engine.list_keys().await.expect("a list").iter().filter(|key| key.key_id.is_some()) {
        let pem = engine.public_key(key.id).await.expect("a public key");
        set.public.push(read_public(&pem).expect("a key"));
    }
    set
}

/// What a form says, checked as a customer's application does.
async fn verified(stored: &Stored, text: &str) -> Claims {
    Claims::verified(text, &exported(stored).await).expect("it is accepted")
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_human(text).expect("a time")
}
