//! A connection to PostgreSQL that breaks while a COMMIT is under way.

use keyward_store::testing::{Lost, Proxy};
use keyward_store::{Options, Store, settings};

use crate::world::{NOW, postgres};

async fn lose(lost: Lost, is_there: bool) {
    let Some(w) = postgres().await else { return };
    let proxy = Proxy::start(&w.database.address, lost).await;
    let store = Store::open(&proxy.address, Options::default()).await.unwrap();
    let write = async |name| {
        let put = crate::world::job((), move |(), tx| Box::pin(settings::put(tx, name, b"", NOW)));
        store.write(put).await
    };
    write("before").await.unwrap();
    proxy.arm(true);
    let error = write("lost").await.unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN", "{error}");
    assert!(!error.is_temporary());
    proxy.arm(false);
    // The broken connection is not used again.
    write("after").await.unwrap();
    let mut there = false;
    for _ in 0..100 {
        there = settings::get(&w.store, "lost").await.unwrap().is_some();
        if there == is_there {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(there, is_there);
    assert_eq!(store.metrics().repeated(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_may_have_happened_and_is_not_repeated() {
    lose(Lost::Answer, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_lost_itself_has_the_same_answer() {
    lose(Lost::Question, false).await;
}
