//! How a server sees that others wrote.

use keyward_store::settings;

use crate::world::{NOW, postgres, sqlite};

#[tokio::test]
async fn the_version_changes_with_every_commit_of_this_store_and_of_others() {
    let w = sqlite().await;
    let version = || w.store.data_version().unwrap().unwrap();
    let first = version();
    assert_eq!(version(), first);
    w.write((), |(), tx| Box::pin(settings::put(tx, "own", b"", NOW))).await.unwrap();
    let second = version();
    assert_ne!(second, first);
    let other = rusqlite::Connection::open(w.file()).unwrap();
    other.execute("update versions set version = version + 1", []).unwrap();
    assert_ne!(version(), second);
    let third = version();
    assert_eq!(version(), third);
}

#[tokio::test]
async fn postgresql_has_no_such_number() {
    let Some(w) = postgres().await else { return };
    assert_eq!(w.store.data_version().unwrap(), None);
}
