//! Keys that come in, and that go out under a passphrase.

use keyward_core::crypto::Algorithm;
use keyward_engine::keyring::read_key;
use keyward_engine::vault::passphrase;
use uuid::Uuid;

use crate::stored::Stored;
use crate::world::{KEY_A, KEY_D};

const PASSPHRASE: &str = "drei Bäume im Wind";

#[tokio::test]
async fn an_old_private_key_signs_from_now_on() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let product = engine.catalog().product("records").expect("seeded").id;
        let algorithm = Algorithm::RsaPkcs1Sha256;
        let (first, _) = engine.signing_key(&caller, Some(product), algorithm).await.expect("a key");
        let taken_in =
            engine.import_key(&caller, &KEY_A.private_pem, Some("records")).await.expect("taken in");
        assert!(taken_in.imported && taken_in.private && taken_in.state == "active");
        let (id, key) = engine.signing_key(&caller, Some(product), algorithm).await.expect("a key");
        assert_eq!(id, taken_in.id);
        assert_eq!(key.public().id(), KEY_A.signing.public().id());
        let keys = engine.list_keys().await.expect("a list");
        assert_eq!((keys[0].id, keys[0].state.as_str()), (first, "verify_only"));
        let again = engine.import_key(&caller, &KEY_A.private_pem, Some("records")).await;
        assert_eq!(again.expect_err("known").code(), "TAKEN");
        let public = engine.public_key(id).await.expect("its public half");
        assert_eq!(keyward_engine::keyring::read_public(&public).expect("a key").id(), key.public().id());
    }
}

#[tokio::test]
async fn a_public_or_small_key_only_verifies() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let public = engine.import_key(&caller, &KEY_D.public_pem, Some("records")).await.expect("taken in");
        assert_eq!((public.state.as_str(), public.private), ("verify_only", false));
        let small = small_key();
        let small = engine.import_key(&caller, &small, Some("records")).await.expect("taken in");
        assert_eq!((small.state.as_str(), small.bits), ("verify_only", Some(512)));
        let product = engine.catalog().product("records").expect("seeded").id;
        let listed = engine.list_keys().await.expect("a list");
        assert_eq!(listed[1].warnings.len(), 1, "its size is pointed out");
        let (id, _) =
            engine.signing_key(&caller, Some(product), Algorithm::RsaPkcs1Sha256).await.expect("a key");
        assert!(id != public.id && id != small.id);
        // The private half comes later: it takes the place of the public one.
        let private =
            engine.import_key(&caller, &KEY_D.private_pem, Some("records")).await.expect("it comes");
        assert_eq!(private.state, "active");
        let states: Vec<_> =
            engine.list_keys().await.expect("a list").into_iter().map(|key| key.state).collect();
        assert_eq!(states, ["retired", "verify_only", "verify_only", "active"]);
        for (pem, product, code) in
            [("no key", None, "KEY_FILE"), (KEY_A.private_pem.as_str(), Some("nowhere"), "NOT_FOUND")]
        {
            assert_eq!(engine.import_key(&caller, pem, product).await.expect_err(code).code(), code);
        }
    }
}

/// A private key of the vectors that is too small to sign.
fn small_key() -> String {
    let path = crate::world::root().join("testdata/vectors/format_a.json");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    vectors["keys"]["a_small512"]["private_pkcs1"].as_str().expect("a small key").to_owned()
}

#[tokio::test]
async fn a_key_goes_out_under_a_passphrase_and_comes_back() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let (id, key) = engine.signing_key(&caller, None, Algorithm::Ed25519).await.expect("a key");
        let text = engine.export_key(&caller, id, PASSPHRASE).await.expect("it goes out");
        let opened = passphrase::open(PASSPHRASE, &text).expect("it opens");
        assert_eq!(opened.kind, "signing-key");
        let pem = String::from_utf8(opened.bytes.to_vec()).expect("PEM");
        assert_eq!(read_key(&pem).expect("a key").public().id(), key.public().id());
        let short = engine.export_key(&caller, id, "short").await.expect_err("too short");
        assert_eq!(short.code(), "PASSPHRASE_TOO_SHORT");
        let nobodys = engine.export_key(&caller, Uuid::nil(), PASSPHRASE).await.expect_err("unknown");
        assert_eq!(nobodys.code(), "NOT_FOUND");
        assert_eq!(stored.events().await.last().map(String::as_str), Some("key.export"));

        let text = engine.export_master(&caller, &stored.master(), PASSPHRASE).await.expect("it goes out");
        let opened = passphrase::open(PASSPHRASE, &text).expect("it opens");
        assert_eq!((opened.kind.as_str(), opened.bytes.as_slice()), ("master", &stored.master().bytes()[..]));
    }
}
