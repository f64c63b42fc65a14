//! The audit log, its chain and its checkpoints.

use keyward_core::audit::{Checkpoint, Entry, Head, Verifier};
use keyward_core::time::Timestamp;
use keyward_store::audit::Filter;
use keyward_store::signing_keys::{self, SigningKey};
use keyward_store::{StoreError, Tx, audit, checkpoints};

use super::license_list::plan;
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
        assert!(audit::of_resource(&w.store, id(9), 2).await.unwrap().is_empty());
        let newest = audit::of_resource(&w.store, id(8), 2).await.unwrap();
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

#[tokio::test]
async fn entries_are_found_page_by_page_and_by_each_of_their_marks() {
    for w in worlds().await {
        for number in 0..20_u32 {
            let mut it = entry(u128::from(number));
            it.at = NOW.plus_days(i64::from(number));
            it.event = if number < 10 { "license.issue".to_owned() } else { "token.create".to_owned() };
            it.actor_kind = if number % 5 == 0 { "user".to_owned() } else { "token".to_owned() };
            w.write(it, |it, tx| Box::pin(audit::append(tx, it))).await.unwrap();
        }
        let everything = || Filter {
            event: None,
            or_event: None,
            actor_kind: None,
            resource: None,
            from: Timestamp::from_micros(i64::MIN),
            to: Timestamp::from_micros(i64::MAX),
        };
        let all = audit::page(&w.store, &everything(), i64::MAX, i64::MIN, 50).await.unwrap();
        assert_eq!(all.len(), 20);
        assert!(all.windows(2).all(|two| two[0].0 > two[1].0));
        let count = async |filter: Filter<'_>| {
            audit::page(&w.store, &filter, i64::MAX, i64::MIN, 50).await.unwrap().len()
        };
        assert_eq!(count(Filter { event: Some("license."), ..everything() }).await, 10);
        let both = Filter { event: Some("license."), or_event: Some("token"), ..everything() };
        assert_eq!(count(both).await, count(everything()).await);
        assert_eq!(
            count(Filter { event: Some("nothing"), or_event: Some("license."), ..everything() }).await,
            10
        );
        assert_eq!(count(Filter { event: Some("lic%"), ..everything() }).await, 0);
        assert_eq!(count(Filter { actor_kind: Some("user"), ..everything() }).await, 4);
        assert_eq!(count(Filter { resource: Some(id(8)), ..everything() }).await, 10);
        let (from, to) = (NOW.plus_days(3), NOW.plus_days(5));
        assert_eq!(count(Filter { from, to, ..everything() }).await, 2);
        assert_eq!(count(Filter { event: Some("token"), resource: Some(id(8)), ..everything() }).await, 5);

        // Between two places; the floor belongs to the page, what is before belongs to the one before.
        let floor = audit::floor(&w.store, None, all[4].0, 10).await.unwrap();
        assert_eq!(floor, Some(all[14].0));
        let page = audit::page(&w.store, &everything(), all[4].0, all[14].0, 50).await.unwrap();
        assert_eq!(page.len(), 10);
        assert_eq!(audit::floor(&w.store, None, i64::MAX, 21).await.unwrap(), None);
        assert_eq!(audit::floor(&w.store, Some(id(8)), i64::MAX, 10).await.unwrap(), Some(all[19].0));
        assert_eq!(audit::floor(&w.store, Some(id(8)), i64::MAX, 11).await.unwrap(), None);
        let last = audit::at_or_before(&w.store, i64::MAX).await.unwrap().unwrap();
        assert_eq!(last, (all[0].0, all[0].1.at));
        assert_eq!(audit::at_or_before(&w.store, all[19].0 - 1).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_page_of_the_log_looks_at_its_own_entries_only() {
    let w = crate::world::sqlite().await;
    for (name, wanted) in [
        ("PAGE", "INTEGER PRIMARY KEY"),
        ("FLOOR", "INTEGER PRIMARY KEY"),
        ("AT_OR_BEFORE", "INTEGER PRIMARY KEY"),
        ("PAGE_OF_RESOURCE", "audit_log_by_resource"),
        ("FLOOR_OF_RESOURCE", "audit_log_by_resource"),
    ] {
        let steps = plan(&w, name).await;
        assert!(steps.contains(wanted) && !steps.contains("TEMP B-TREE"), "{name}: {steps}");
    }
}

#[tokio::test]
async fn delays_are_counted_through_an_index_of_their_own() {
    for w in worlds().await {
        for (number, event, seconds) in [
            (1, "session.delay", -1),
            (2, "session.delay", 0),
            (3, "session.open", 1),
            (4, "session.delay", 2),
            (5, "session.delay", 1),
        ] {
            let entry = Entry { event: event.to_owned(), at: NOW.plus_seconds(seconds), ..entry(number) };
            w.write(entry, |it, tx| Box::pin(audit::append(tx, it))).await.unwrap();
        }
        assert_eq!(audit::count_delays(&w.store, NOW, 10).await.unwrap(), 3);
        assert_eq!(audit::count_delays(&w.store, NOW, 2).await.unwrap(), 2);
        if w.store.kind() == "sqlite" {
            let steps = plan(&w, "COUNT_DELAYS").await;
            assert!(steps.contains("COVERING INDEX audit_log_delays"), "{steps}");
        }
    }
}
