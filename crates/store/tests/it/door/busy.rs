//! Another program that holds the lock for writing.

use keyward_store::settings;

use crate::world::{NOW, sqlite};

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_writes_the_door_is_patient_then_says_so_and_goes_on_afterwards() {
    let w = sqlite().await;
    let other = rusqlite::Connection::open(w.file()).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let write = async || w.write((), |(), tx| Box::pin(settings::put(tx, "name", b"", NOW))).await;
    let error = write().await.unwrap_err();
    assert_eq!(error.code(), "DATABASE_BUSY", "{error}");
    assert!(error.is_temporary());
    let (written, ()) = tokio::join!(write(), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        other.execute_batch("rollback").unwrap();
    });
    written.unwrap();
}
