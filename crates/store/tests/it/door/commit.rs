//! A COMMIT that the database refuses.

use futures_util::future::join_all;
use keyward_store::settings;

use super::{hold, waiting};
use crate::world::{NOW, job, raw, sqlite, worlds};

const PARENT: &str = "create table parent (id bigint primary key)";
const CHILD: &str = "create table child (id bigint references parent (id) deferrable initially deferred)";

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_commit_fails_every_job_of_it_and_the_next_one_works() {
    for w in worlds().await {
        for table in [PARENT, CHILD] {
            w.write((), move |(), tx| Box::pin(raw(tx, table))).await.unwrap();
        }
        let orphan = w.write((), |(), tx| Box::pin(raw(tx, "insert into child (id) values (7)"))).await;
        assert_eq!(orphan.unwrap_err().code(), "DATABASE_ERROR");
        assert_eq!(w.count("select count(*) from child").await, 0);
        w.write((), |(), tx| Box::pin(settings::put(tx, "after", b"", NOW))).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_neighbours_of_a_refused_commit_are_told_that_nothing_of_theirs_stays() {
    let w = sqlite().await;
    for table in [PARENT, CHILD] {
        w.write((), move |(), tx| Box::pin(raw(tx, table))).await.unwrap();
    }
    // All wait behind one, and so are in one batch.
    let (go, held) = hold(&w.store).await;
    let jobs = (0..20_u32).map(|number| {
        w.store.write(job(number, |number, tx| {
            Box::pin(async move {
                if *number == 11 {
                    raw(tx, "insert into child (id) values (7)").await?;
                }
                settings::put(tx, &number.to_string(), b"", NOW).await
            })
        }))
    });
    let all = async {
        let (results, ()) = tokio::join!(join_all(jobs), async {
            waiting(&w.store, 20).await;
            go.send(()).unwrap();
        });
        results
    };
    for result in all.await {
        assert_eq!(result.unwrap_err().code(), "DATABASE_ERROR");
    }
    held.await.unwrap().unwrap();
    assert_eq!(w.count("select count(*) from settings").await, 0);
    w.write((), |(), tx| Box::pin(settings::put(tx, "after", b"", NOW))).await.unwrap();
}
