//! Devices without a network: request, answer, receipt, recovery code, as vendor and customer hand them over.

use keyward_core::crypto::{KeySet, PublicKey, pure::Pure};
use keyward_core::recovery::RecoveryCode;
use keyward_core::seat::{Receipt, Request, Seat, SignedSeat};
use keyward_core::time::Timestamp;
use keyward_engine::keyring::SigningKey;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::world::{Run, World};

const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

struct Device {
    id: String,
    key: SigningKey,
    number: u8,
}

impl Device {
    fn new(number: u8) -> Self {
        let key = SigningKey::generate_ed25519(&mut StdRng::seed_from_u64(number.into()));
        Self { id: format!("device-{number}"), key, number }
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).try_into().expect("64 bytes")
    }

    fn request(&self, key: &str, nth: u8) -> String {
        let request = Request {
            product: "lk".to_owned(),
            key: key.to_owned(),
            device_id: self.id.clone(),
            device_key: self.key.public().ed25519_bytes().expect("an Ed25519 key"),
            name: Some("Zoë's laptop".to_owned()),
            components: vec![(1, [self.number; 8])],
            nonce: [self.number * 16 + nth; 16],
            made_at: NOW,
        };
        request.to_text(self.sign(&request.covered()))
    }

    fn receipt(&self, seat: &Seat) -> String {
        let receipt = Receipt {
            license_id: seat.license_id,
            product: seat.product.clone(),
            device_id: seat.device_id.clone(),
            nonce: seat.nonce,
            at: NOW,
        };
        receipt.to_text(self.sign(&receipt.covered()))
    }
}

fn issued(world: &World, more: &[&str]) -> String {
    world.db_out(&[&["issue", "lk3", "--tier", "PRO-10", "--company", "Acme"], more].concat())
}

/// The public key of the product, as its application has it.
fn public(world: &World) -> KeySet {
    let keys = world.db_json(&["keys", "list"]);
    let keys = keys.as_array().or(keys["keys"].as_array()).expect("a list");
    let key = keys.iter().find(|key| key["algorithm"] == "ed25519").expect("a key that signs");
    let pem = world.db_out(&["keys", "public", key["id"].as_str().expect("an id")]);
    std::fs::write(world.path("lk.pub"), &pem).expect("written");
    KeySet::of_public(PublicKey::from_pem(&pem, &Pure).expect("a public key"))
}

/// The object of a command that asks no database.
fn json(world: &World, arguments: &[&str]) -> serde_json::Value {
    world.run(&[arguments, &["--json"]].concat()).json()
}

const END: &[&str] = &["--expires", "2090-01-01T00:00:00Z"];

#[test]
fn an_answer_is_verified_like_a_licence() {
    let world = &World::of_each_database()[0];
    let key = issued(world, &[END, &["--grace", "5"]].concat());
    let answer = world.db_out(&["activate-offline", &Device::new(1).request(&key, 1)]);
    public(world);
    let verify = |more: &[&str]| world.run(&[&["verify", &answer, "--json"], more].concat());
    let code = |more: &[&str]| verify(&[&["--key", "lk.pub"], more].concat()).json()["code"].clone();
    assert_eq!(code(&["--device", "device-1"]), "VALID");
    assert_eq!(code(&["--device", "device-2"]), "WRONG_DEVICE");
    assert_eq!(code(&["--feature", "export"]), "ENTITLEMENTS_MISSING");
    assert_eq!(code(&["--now", "2090-01-05T00:00:00Z"]), "GRACE_PERIOD");
    assert_eq!(code(&["--now", "2090-01-07T00:00:00Z"]), "EXPIRED");
    assert_eq!(world.db(&["verify", &answer]).status, 0, "with the database's keys");
    let (status, error) = verify(&[]).failure();
    assert!(status == 2 && error.contains("NO_KEY"), "{error}");
    let other = if &answer[60..61] == "A" { "B" } else { "A" };
    let altered = format!("{}{other}{}", &answer[..60], &answer[61..]);
    assert_eq!(world.run(&["verify", &altered, "--key", "lk.pub"]).status, 1);
}

#[test]
fn an_answer_is_good_as_long_as_its_lease() {
    let world = &World::of_each_database()[0];
    let vendor = Device::new(9);
    let public = vendor.key.public();
    std::fs::write(world.path("own.pub"), public.to_pem()).expect("written");
    let key = issued(world, END);
    let answer = world.db_out(&["activate-offline", &Device::new(1).request(&key, 1)]);
    let seat = SignedSeat::parse(answer.trim()).expect("an answer").unverified().clone();
    let seat = Seat { lease_until: Some(NOW.plus_days(90)), ..seat };
    let text = seat.to_text(public.id(), vendor.sign(&seat.covered(public.id())));
    let code = |now: Timestamp| {
        world.run(&["verify", &text, "--key", "own.pub", "--json", "--now", &now.to_string()]).json()["code"]
            .clone()
    };
    assert_eq!(code(NOW.plus_days(90)), "VALID");
    assert_eq!(code(NOW.plus_days(90).plus_micros(1)), "LEASE_ENDED");
}

#[test]
fn the_grace_of_a_key_is_that_of_its_seat_and_of_the_database() {
    for world in World::of_each_database() {
        let key = issued(&world, &[END, &["--grace", "12"]].concat());
        let answer = world.db_out(&["activate-offline", &Device::new(1).request(&key, 1)]);
        let seat = Seat::verified(answer.trim(), &public(&world)).expect("the application accepts it");
        assert_eq!(seat.grace_seconds, 12 * 86_400);
        let said = world.db_json(&["verify", &key, "--now", "2090-01-10T00:00:00Z"]);
        for side in ["online", "offline"] {
            assert_eq!(said[side]["code"], "GRACE_PERIOD", "{side}: {said}");
        }

        let plain = issued(&world, END);
        let answer = world.db_out(&["activate-offline", &Device::new(2).request(&plain, 1)]);
        let seat = Seat::verified(answer.trim(), &public(&world)).expect("the application accepts it");
        assert_eq!(seat.grace_seconds, 0, "the policy's");
    }
}

fn refused(run: &Run, code: &str) {
    assert_eq!(run.status, 1, "{}{}", run.out, run.err);
    assert!(run.err.contains(code), "{}", run.err);
}

#[test]
fn a_device_without_a_network_gets_a_seat_and_gives_it_back() {
    for world in World::of_each_database() {
        let key = issued(&world, &["--devices", "1", "--feature", "export"]);
        let (one, two) = (Device::new(1), Device::new(2));
        // As a mail has it: folded, and read from standard input.
        let request = one.request(&key, 1);
        let mailed = format!("{}\r\n  {}\r\n", &request[..70], &request[70..]);
        let run = world.db_with(&["activate-offline", "-"], &mailed);
        assert_eq!(run.status, 0, "{}", run.err);
        let answer = run.out.trim_end().to_owned();
        let seat = Seat::verified(&answer, &public(&world)).expect("the application accepts it");
        assert_eq!((seat.device_id.as_str(), seat.holder.as_deref()), ("device-1", Some("Acme")));
        assert!(run.err.contains("the device counts from now on"), "{}", run.err);

        // The same request: the same answer, now as a file and to be scanned.
        let again = world.db(&["activate-offline", &request, "--out", "answer.kwa", "--qr"]);
        assert_eq!((again.status, again.out.as_str()), (0, ""), "{}", again.err);
        assert_eq!(world.read("answer.kwa").trim_end(), answer);
        assert!(again.err.contains("the same answer again") && again.err.contains('█'), "{}", again.err);
        let in_the_way = world.db(&["activate-offline", &request, "--out", "answer.kwa"]);
        assert!(in_the_way.status == 2 && in_the_way.err.contains("FILE_EXISTS"), "{}", in_the_way.err);

        refused(&world.db(&["activate-offline", &two.request(&key, 1)]), "TOO_MANY_MACHINES");
        let shown = world.db_out(&["license", "show", &key]);
        assert!(shown.contains("OFFLINE SEAT") && shown.contains("device-1"), "{shown}");

        let renewed = world.db_json(&["activate-offline", &one.request(&key, 2)]);
        assert_eq!((&renewed["answered"], &renewed["license"]["devices"]), (&"renewed".into(), &1.into()));
        let text = renewed["answer"].as_str().expect("a text");
        let seat = Seat::verified(text, &public(&world)).expect("the application accepts it");
        assert_eq!(renewed["seat"]["licenseId"], seat.license_id.to_string());
        let shown = world.db_json(&["license", "show", &key]);
        assert_eq!(shown["machines"][0]["offlineSeat"]["request"], renewed["seat"]["request"]);

        let receipt = one.receipt(&seat);
        let back = world.db_out(&["release-offline", &receipt]);
        assert!(back.contains("gave its seat back (transfer 1)"), "{back}");
        let back = world.db_json(&["release-offline", &receipt]);
        assert_eq!((&back["already"], &back["license"]["transfers"]), (&true.into(), &1.into()));
        world.db_out(&["activate-offline", &two.request(&key, 1)]);
        refused(&world.db(&["activate-offline", &one.request(&key, 2)]), "ALREADY_USED");
        refused(&world.db(&["activate-offline", &one.request(&key, 3)]), "TOO_MANY_MACHINES");
    }
}

#[test]
fn of_two_requests_for_the_last_seat_one_is_answered() {
    for world in World::of_each_database() {
        for round in 0..3 {
            let key = issued(&world, &["--devices", "1"]);
            let done = std::thread::scope(|scope| {
                let asking = [1, 2].map(|number| {
                    let request = Device::new(round * 2 + number).request(&key, 1);
                    let world = &world;
                    scope.spawn(move || world.db(&["activate-offline", &request]))
                });
                asking.map(|thread| thread.join().expect("no panic"))
            });
            let (won, lost): (Vec<_>, Vec<_>) = done.iter().partition(|run| run.status == 0);
            assert_eq!((won.len(), lost.len()), (1, 1));
            refused(lost[0], "TOO_MANY_MACHINES");
            assert_eq!(world.db_json(&["license", "show", &key])["devices"], 1);
        }
    }
}

#[test]
fn what_is_handed_over_can_be_looked_at() {
    let world = World::with_keys();
    let key = issued(&world, &[]);
    let device = Device::new(1);
    let request = device.request(&key, 1);
    let shown = world.out(&["inspect", &request]);
    assert!(shown.contains("Zoë's laptop") && shown.contains(&key), "{shown}");
    let answer = world.db_out(&["activate-offline", &request]);
    let seat = Seat::verified(&answer, &public(&world)).expect("a seat");
    let shown = world.out(&["inspect", &answer]);
    assert!(shown.contains("device-1") && shown.contains("checked     no"), "{shown}");
    let checked = json(&world, &["inspect", &answer, "--key", "lk.pub"]);
    assert_eq!((&checked["checked"], &checked["answer"]["device"]), (&true.into(), &"device-1".into()));
    let other = world.run(&["inspect", &answer, "--key", "ed.pem"]);
    assert!(other.status == 2 && other.err.contains("BAD_SIGNATURE"), "{}", other.err);
    let receipt = json(&world, &["inspect", &device.receipt(&seat)]);
    assert_eq!(receipt["receipt"]["licenseId"], seat.license_id.to_string());
    let mut spoiled = request;
    spoiled.replace_range(80..81, if &spoiled[80..81] == "A" { "B" } else { "A" });
    assert_ne!(world.run(&["inspect", &spoiled]).status, 0);
}

#[test]
fn a_recovery_code_is_made_with_a_key_file_or_the_databases_key() {
    for world in World::of_each_database() {
        let arguments = ["issue", "recovery-code", "lk", "device-1", "7"];
        let offline =
            world.out(&[&arguments[..], &["--key", "ed.pem", "--now", "2026-01-01T00:00:00Z"]].concat());
        let pem = world.out(&["keys", "public", "ed.pem"]);
        let keys = KeySet::of_public(PublicKey::from_pem(&pem, &Pure).expect("a public key"));
        let code = RecoveryCode { number: 7, at: NOW };
        assert_eq!(RecoveryCode::verified(&offline, "lk", "device-1", &keys), Ok(code));
        assert!(offline.len() <= 160);
        let shown = json(&world, &["inspect", &offline]);
        assert_eq!(shown["recoveryCode"]["number"], 7);

        let stored = world.db_json(&arguments);
        let text = stored["recoveryCode"].as_str().expect("a text");
        let code = RecoveryCode::verified(text, "lk", "device-1", &public(&world)).expect("it fits");
        assert_eq!(code.number, 7);
        let log = world.db_out(&["audit", "log"]);
        assert!(log.contains("device.recovery-code"), "{log}");
        let unknown = world.db(&["issue", "recovery-code", "lck", "device-1", "7"]);
        assert!(unknown.status == 2 && unknown.err.contains("the products are"), "{}", unknown.err);
        let rsa = world.run(&[&arguments[..], &["--key", "rsa.pem"]].concat());
        assert!(rsa.status == 2 && rsa.err.contains("WRONG_KEY"), "{}", rsa.err);
    }
}

#[test]
fn a_trial_key_counts_from_its_first_start() {
    let world = World::with_keys();
    let trial = ["issue", "lk3", "--product", "acme", "--key", "ed.pem", "--trial", "--trial-days", "14"];
    let key = world.out(&trial);
    let verdict = json(&world, &["verify", &key, "--key", "ed.pem"]);
    assert_eq!((&verdict["code"], &verdict["license"]["trialDays"]), (&"TRIAL".into(), &14.into()));
    let shown = world.out(&["inspect", &key]);
    assert!(shown.contains("14 days after its first start on a device"), "{shown}");
    let alone = world.run(&["issue", "lk3", "--product", "acme", "--key", "ed.pem", "--trial-days", "14"]);
    assert_eq!(alone.status, 2);
}
