//! The audit log, its chain and its checkpoints.

use keyward_core::audit::{Checkpoint, Entry, Head, Verifier};
use keyward_core::time::Timestamp;
use keyward_store::signing_keys::{self, SigningKey};
use keyward_store::{StoreError, Tx, audit, checkpoints};

use crate::world::{ACCOUNT, NOW, TEXTS, World, id, worlds};

fn entry(number: u128) -> Entry {
    let mut entry = Entry {
        id: id(number),
        account: number.is_multiple_of(2).then_some(ACCOUNT),
        at: Timestamp::from_micros(if number.is_multiple_of(3) { i64::MIN } else { i64::MAX }),
        event: "license.suspend".to_owned(),
        outcome: "done".to_owned(),
        actor_kind: "token".to_owned(),
        actor_id: number.is_multiple_of(2).then_some(id(7)),
        resource_type: "license".to_owned(),
        resource_id: number.is_multiple_of(2).then_some(id(8)),
        front: "console".to_owned(),
        request_id: number.is_multiple_of(3).then(|| TEXTS[2].to_owned()),
        detail: format!("{{\"n\":{:?}}}", TEXTS[0]),
        address: (!number.is_multiple_of(3)).then(|| "192.0.2.7".to_owned()),
        user_agent: (!number.is_multiple_of(3)).then(|| TEXTS[1].to_owned()),
        personal_salt: None,
        personal_digest: None,
    };
    entry.seal_personal([7; 16]);
    entry
}

async fn append(w: &World, numbers: std::ops::Range<u128>) {
    for number in numbers {
        w.write(entry(number), |it, tx| Box::pin(audit::append(tx, it))).await.unwrap();
    }
}

/// What a sealer does.
async fn seal(tx: &Tx<'_>, limit: i64) -> Result<Head, StoreError> {
    let until = NOW.plus_seconds(30);
    let mut head = audit::lease(tx, id(500), NOW, until).await?.expect("the lease");
    let links = audit::unsealed(tx, limit).await?;
    let links: Vec<_> = links
        .iter()
        .map(|(serial, entry)| {
            let (link, next) = head.seal(entry);
            head = next;
            (*serial, link)
        })
        .collect();
    audit::seal(tx, &links, &head, NOW).await?;
    Ok(head)
}

#[tokio::test]
async fn entries_are_sealed_into_a_chain_that_verifies_also_after_a_person_was_erased() {
    for w in worlds().await {
        assert_eq!(audit::read_head(&w.store).await.unwrap(), Head::genesis());
        assert_eq!(audit::sealed_at(&w.store).await.unwrap(), Some(Timestamp::from_micros(0)));
        append(&w, 600..607).await;
        assert_eq!(audit::count_unsealed(&w.store).await.unwrap(), 7);
        w.write((), |(), tx| Box::pin(seal(tx, 4))).await.unwrap();
        assert_eq!(audit::count_unsealed(&w.store).await.unwrap(), 3);
        let head = w.write((), |(), tx| Box::pin(seal(tx, 100))).await.unwrap();
        assert_eq!(audit::read_head(&w.store).await.unwrap(), head);
        assert_eq!((head.seq, head.count), (7, 7));
        assert_eq!(audit::sealed_at(&w.store).await.unwrap(), Some(NOW));
        assert!(audit::unsealed(&w.store, 9).await.unwrap().is_empty());

        let rows = audit::sealed_after(&w.store, 0, 100).await.unwrap();
        let entries: Vec<_> = rows.iter().map(|row| row.entry.clone()).collect();
        assert_eq!(entries, (600..607).map(entry).collect::<Vec<_>>());
        assert_eq!(audit::sealed_after(&w.store, 2, 3).await.unwrap(), rows[2..5]);
        let serial = rows[1].serial;
        let erase = async |serial| {
            w.write((), move |(), tx| Box::pin(audit::erase_personal(tx, serial))).await.unwrap()
        };
        assert!(erase(serial).await);
        assert!(!erase(i64::MAX).await);

        let rows = audit::sealed_after(&w.store, 0, 100).await.unwrap();
        let mut erased = entry(601);
        erased.erase_personal();
        assert_eq!(rows[1].entry, erased);
        let mut verifier = Verifier::new();
        rows.iter().for_each(|row| verifier.entry(row));
        let report = verifier.finish(&head);
        assert!(report.findings.is_empty(), "{report:?}");
    }
}

#[tokio::test]
async fn one_node_holds_the_lease_until_it_ends_or_is_given_back() {
    for w in worlds().await {
        let lease = async |node, second| {
            let (now, until) = (NOW.plus_seconds(second), NOW.plus_seconds(second + 30));
            let held = w.write((), move |(), tx| Box::pin(audit::lease(tx, id(node), now, until))).await;
            held.unwrap().is_some()
        };
        let release =
            async |node| w.write((), move |(), tx| Box::pin(audit::release(tx, id(node)))).await.unwrap();
        assert!(lease(500, 0).await && lease(500, 10).await);
        assert!(!lease(501, 40).await);
        assert!(lease(501, 41).await);
        release(500).await;
        assert!(!lease(500, 42).await);
        release(501).await;
        assert!(lease(500, 42).await);
        // Taken by a clock that ran an hour ahead.
        assert!(lease(500, 3_600).await);
        assert!(lease(501, 43).await);
    }
}

#[tokio::test]
async fn entries_are_found_by_what_they_are_about_and_by_age() {
    for w in worlds().await {
        append(&w, 600..606).await;
        let of_resource = audit::of_resource(&w.store, id(8), 2).await.unwrap();
        assert_eq!(of_resource, [entry(600), entry(602)]);
        assert!(audit::of_resource(&w.store, id(9), 2).await.unwrap().is_empty());
        let newest = audit::newest_of_resource(&w.store, id(8), 2).await.unwrap();
        assert_eq!(newest, [entry(604), entry(602)]);
        assert_eq!(audit::latest(&w.store, 2).await.unwrap(), [entry(605), entry(604)]);
        let first = async |event, since| audit::first_since(&w.store, id(8), event, since).await.unwrap();
        assert_eq!(first("license.suspend", NOW).await, Some(entry(602).at), "the one before is too old");
        assert_eq!(first("license.suspend", entry(602).at).await, None);
        assert_eq!(first("license.revoke", NOW).await, None);
    }
}

#[tokio::test]
async fn checkpoints_have_one_place_each() {
    for w in worlds().await {
        let key = SigningKey {
            id: id(30),
            account_id: ACCOUNT,
            product_id: None,
            algorithm: "ed25519".to_owned(),
            state: "active".to_owned(),
            public_key: None,
            private_sealed: None,
            imported: false,
            created_at: NOW,
            retired_at: None,
        };
        w.write(key, |it, tx| Box::pin(signing_keys::insert(tx, it))).await.unwrap();
        assert_eq!(checkpoints::last(&w.store).await.unwrap(), None);
        let checkpoint = |seq| Checkpoint {
            seq,
            digest: [9; 32],
            count: seq,
            at: NOW,
            key_id: id(30),
            signature: vec![1; 64],
        };
        let insert = async |seq| {
            w.write(checkpoint(seq), |it, tx| Box::pin(checkpoints::insert(tx, it))).await.unwrap()
        };
        assert!(insert(i64::MAX).await && insert(1_000).await && insert(2_000).await);
        assert!(!insert(1_000).await);
        assert_eq!(checkpoints::last(&w.store).await.unwrap(), Some(checkpoint(i64::MAX)));
        assert_eq!(checkpoints::after(&w.store, 1_000, 1).await.unwrap(), [checkpoint(2_000)]);
        assert_eq!(checkpoints::after(&w.store, 0, 9).await.unwrap().len(), 3);
    }
}
