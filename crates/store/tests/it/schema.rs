//! The schema is the same on both databases, and every statement fits it.

use keyward_store::testing;

use crate::world::worlds;

mod compare;
mod digests;

#[tokio::test]
async fn every_statement_is_understood_by_both_databases() {
    for w in worlds().await {
        for sql in testing::statements() {
            let prepared = w.store.prepare(sql).await;
            assert!(prepared.is_ok(), "{} {}: {prepared:?}", w.store.kind(), sql.name);
        }
    }
}
