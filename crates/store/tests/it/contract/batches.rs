//! Batches.

use keyward_store::batches::{self, Batch};
use keyward_store::licenses::{self, License};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, TEXTS, World, digest, id, license, worlds};

async fn begin(w: &World, number: u128, wanted: i64) -> Uuid {
    let batch =
        Batch { id: id(number), account_id: ACCOUNT, name: TEXTS[0].to_owned(), wanted, created_at: NOW };
    w.write(batch, |it, tx| Box::pin(batches::insert(tx, it))).await.unwrap();
    id(number)
}

async fn advance(w: &World, batch: Uuid, made: i64) -> bool {
    w.write((), move |(), tx| Box::pin(batches::advance(tx, batch, made))).await.unwrap()
}

async fn finish(w: &World, batch: Uuid) -> bool {
    w.write((), move |(), tx| Box::pin(batches::finish(tx, batch, NOW))).await.unwrap()
}

async fn unfinished(w: &World) -> Vec<(Uuid, i64)> {
    let all = batches::unfinished(&w.store).await.unwrap();
    all.into_iter().map(|batch| (batch.id, batch.made)).collect()
}

async fn add(w: &World, batch: Uuid, numbers: std::ops::Range<u32>) {
    let part: Vec<License> =
        numbers.map(|number| License { batch_id: Some(batch), ..license(number) }).collect();
    w.write(part, |part, tx| Box::pin(licenses::insert_all(tx, part))).await.unwrap();
}

#[tokio::test]
async fn licences_of_a_batch_are_seen_only_when_all_are_there() {
    for w in worlds().await {
        let batch = begin(&w, 50, 600).await;
        assert_eq!(unfinished(&w).await, [(batch, 0)]);
        let seen = async || licenses::by_digest(&w.store, ACCOUNT, &digest(7)).await.unwrap();
        for part in [0..512, 512..600] {
            assert!(!finish(&w, batch).await);
            assert!(seen().await.is_none());
            assert!(advance(&w, batch, part.len() as i64).await);
            add(&w, batch, part).await;
        }
        assert!(licenses::by_id(&w.store, license(7).id).await.unwrap().is_none());
        let progress = async |id| batches::progress(&w.store, ACCOUNT, id).await.unwrap();
        let part = progress(batch).await.unwrap();
        assert_eq!((part.name.as_str(), part.made, part.is_ready), (TEXTS[0], 600, false));
        assert!(finish(&w, batch).await);
        assert!(progress(batch).await.unwrap().is_ready);
        assert_eq!(progress(id(99)).await, None);
        let found = seen().await.unwrap();
        assert_eq!(found.batch_name.as_deref(), Some(TEXTS[0]));
        let mut pages = Vec::new();
        let mut after = Uuid::nil();
        loop {
            let page = licenses::of_batch(&w.store, batch, after, 256).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.iter().all(|found| found.license.id > after));
            after = last.license.id;
            pages.push(page.len());
        }
        assert_eq!(pages, [256, 256, 88]);
        assert_eq!(found.license, License { batch_id: Some(batch), ..license(7) });
        assert!(!finish(&w, batch).await && !advance(&w, batch, 1).await);
        assert!(unfinished(&w).await.is_empty());

        // Ready, it is never taken back.
        let removed = w.write((), move |(), tx| Box::pin(licenses::delete_of_batch(tx, batch, 9))).await;
        assert_eq!(removed.unwrap(), 0);
        assert!(!w.write((), move |(), tx| Box::pin(batches::delete(tx, batch))).await.unwrap());
    }
}

#[tokio::test]
async fn an_unfinished_batch_is_removed_part_by_part() {
    for w in worlds().await {
        let (batch, other) = (begin(&w, 50, 5).await, begin(&w, 51, 1).await);
        add(&w, batch, 0..5).await;
        add(&w, other, 5..6).await;
        let delete = async || w.write((), move |(), tx| Box::pin(batches::delete(tx, batch))).await;
        assert_eq!(delete().await.unwrap_err().code(), "DATABASE_ERROR");
        let part = async || {
            w.write((), move |(), tx| Box::pin(licenses::delete_of_batch(tx, batch, 3))).await.unwrap()
        };
        assert_eq!((part().await, part().await, part().await), (3, 2, 0));
        assert!(delete().await.unwrap());
        assert!(!delete().await.unwrap());
        assert!(!advance(&w, batch, 1).await);
        assert_eq!(unfinished(&w).await, [(other, 0)]);
        assert_eq!(w.count("select count(*) from licenses").await, 1);
    }
}

#[tokio::test]
async fn a_batch_that_was_given_up_takes_nothing_more_and_is_never_ready() {
    for w in worlds().await {
        let batch = begin(&w, 50, 2).await;
        assert!(advance(&w, batch, 2).await);
        let abandon =
            async || w.write((), move |(), tx| Box::pin(batches::abandon(tx, batch))).await.unwrap();
        assert!(abandon().await);
        assert!(!advance(&w, batch, 1).await && !finish(&w, batch).await);
        let ready = begin(&w, 51, 0).await;
        assert!(finish(&w, ready).await);
        assert!(!w.write((), move |(), tx| Box::pin(batches::abandon(tx, ready))).await.unwrap());
    }
}

#[tokio::test]
async fn a_taken_key_adds_nothing_of_its_part() {
    for w in worlds().await {
        w.license(3, |_| {}).await;
        let mut part: Vec<License> = (10..20).map(license).collect();
        part[6].key_digest = Some(digest(3).to_vec());
        let error = w.write(part, |part, tx| Box::pin(licenses::insert_all(tx, part))).await.unwrap_err();
        assert_eq!(error.code(), "CONFLICT");
        assert_eq!(w.count("select count(*) from licenses").await, 1);
    }
}
