//! SQLite's write-ahead log.

use std::time::Duration;

use keyward_store::testing::Database;
use keyward_store::{Options, Store, settings};

use crate::world::{NOW, World, place, sqlite};

const LARGE: usize = 8 << 20;

/// As a command has it, and as a server, which always stays in the newest snapshot.
async fn both() -> [World; 2] {
    let database = Database::sqlite(&place());
    let exclusive = Options { exclusive: true, ..Options::default() };
    let store = Store::open(&database.address, exclusive).await.unwrap();
    [sqlite().await, World { store, database }]
}

fn size(w: &World) -> u64 {
    let mut name = w.file().as_os_str().to_owned();
    name.push("-wal");
    std::fs::metadata(name).map_or(0, |file| file.len())
}

/// Each time something else: SQLite writes no page that stays the same.
async fn write(w: &World, round: u8) {
    let value = vec![round; LARGE];
    w.write(value, |value, tx| Box::pin(settings::put(tx, "large", value, NOW))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_grows_while_somebody_reads_from_it_and_is_made_small_afterwards() {
    let w = sqlite().await;
    let reader = rusqlite::Connection::open(w.file()).unwrap();
    reader.execute_batch("begin").unwrap();
    reader.query_row("select count(*) from settings", [], |row| row.get::<_, i64>(0)).unwrap();
    for round in 0..12 {
        write(&w, round).await;
    }
    assert!(size(&w) > 80 << 20, "{} bytes", size(&w));
    reader.execute_batch("commit").unwrap();
    // Nobody writes any more. A minute is far more than it takes.
    for _ in 0..600 {
        if size(&w) < 64 << 20 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(size(&w) < 64 << 20, "{} bytes", size(&w));
    assert_eq!(settings::get(&w.store, "large").await.unwrap().unwrap().len(), LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_does_not_grow_with_what_is_written() {
    for w in both().await {
        let mut most = 0;
        for round in 0..50 {
            write(&w, round).await;
            most = most.max(size(&w));
        }
        assert!(most < 50 * LARGE as u64, "{most} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_sees_what_any_connection_committed_just_now() {
    let [_, w] = both().await;
    let command = w.database.open().await.unwrap();
    for round in 0..100_u8 {
        let writer = if round % 2 == 0 { &w.store } else { &command };
        let value = vec![round];
        World { store: writer.clone(), database: Database::at(w.database.address.clone()) }
            .write(value, |value, tx| Box::pin(settings::put(tx, "small", value, NOW)))
            .await
            .unwrap();
        assert_eq!(settings::get(&w.store, "small").await.unwrap().unwrap(), [round]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_is_one_file_without_its_log() {
    for w in both().await {
        write(&w, 1).await;
        settings::get(&w.store, "read").await.unwrap();
        assert!(size(&w) > 0);
        let World { store, database } = w;
        drop(store);
        let keyward_store::DatabaseAddress::Sqlite(path) = &database.address else { panic!("a file") };
        let mut files: Vec<_> = std::fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            // The server's, if there was one.
            .filter(|name| !["keyward.db-lock", "keyward.db-changes"].contains(&name.as_str()))
            .collect();
        files.sort();
        assert_eq!(files, ["keyward.db", "keyward.db-migrating"]);
    }
}
