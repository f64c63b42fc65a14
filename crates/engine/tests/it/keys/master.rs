//! The master key of a database: which one opens it, and what is left of it after a rotation.

use keyward_engine::license::{Named, NewLicense};
use keyward_engine::vault::MasterKey;
use keyward_engine::{Engine, MasterKeySource};

use crate::stored::{Stored, generator, given};

#[tokio::test]
async fn after_a_rotation_only_the_new_key_opens_and_everything_is_still_there() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let wanted = NewLicense::default();
        let pool = engine.issue_pool_key(&caller, "pool", "30", wanted.clone()).await.expect("a key");
        let tier = engine.issue_tier(&caller, "tier", "pro", wanted).await.expect("a key");
        let new = MasterKey::generate(&mut generator());
        engine.rotate_master(&caller, &new).await.expect("it is rotated");
        assert_eq!(engine.master_id(), new.id());

        let old = stored.start(given(&stored.master().to_text())).await;
        assert_eq!(old.err().map(|error| error.code()), Some("MASTER_KEY_WRONG"));
        let again = stored.start(given(&new.to_text())).await.expect("the new one opens");
        for issued in [&pool, &tier] {
            let found = again.find(&Named::Key(issued.key.clone())).await.expect("it is found by its key");
            assert_eq!(found.license.id, issued.id);
            let key = again.reveal(&caller, &Named::Id(issued.id)).await.expect("it opens");
            assert_eq!(key.as_str(), issued.key);
        }
        assert_eq!(
            again.rotate_master(&caller, &new).await.expect_err("the same").code(),
            "INVALID_ARGUMENT"
        );
        assert!(stored.events().await.contains(&"master.rotate".to_owned()));
        // The engine that rotated may do it again, and go back.
        engine.rotate_master(&caller, &stored.master()).await.expect("back");
        stored.second_node().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_rotations_at_once_one_is_refused() {
    for stored in Stored::all().await {
        let (first, second) = (&stored.engine, stored.second_node().await);
        let keys = [MasterKey::generate(&mut generator()), MasterKey::generate(&mut generator())];
        let caller = stored.caller();
        let rotate = |engine: std::sync::Arc<Engine>, key: MasterKey| {
            let caller = caller.clone();
            tokio::spawn(async move { engine.rotate_master(&caller, &key).await })
        };
        let texts = [keys[0].to_text(), keys[1].to_text()];
        let [one, two] = keys;
        let tasks = [rotate(first.clone(), one), rotate(second, two)];
        let mut refused = Vec::new();
        for (task, text) in tasks.into_iter().zip(texts) {
            match task.await.expect("no panic") {
                Ok(()) => drop(stored.start(given(&text)).await.expect("its key opens")),
                Err(error) => refused.push(error.code()),
            }
        }
        assert_eq!(refused, ["MASTER_KEY_ROTATED"]);
    }
}

#[tokio::test]
async fn a_node_with_another_master_key_is_refused() {
    for stored in Stored::all().await {
        let other = MasterKey::generate(&mut generator()).to_text();
        let error = stored.start(given(&other)).await.err().expect("refused");
        assert_eq!(error.code(), "MASTER_KEY_WRONG");
        let sentence = error.to_string();
        assert!(sentence.contains(&stored.master().id()) && !sentence.contains(other.as_str()), "{sentence}");
    }
}

#[tokio::test]
async fn a_missing_key_file_is_never_replaced() {
    for stored in Stored::all().await {
        let place = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = place.join(format!("missing-{}-{}.key", std::process::id(), stored.engine.account().id));
        let error = stored.start(MasterKeySource::File(path.clone())).await.err().expect("refused");
        assert_eq!(error.code(), "MASTER_KEY_MISSING");
        assert!(error.to_string().contains(&stored.master().id()), "{error}");
        assert!(!path.exists());
    }
}
