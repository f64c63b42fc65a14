//! Files that cannot be a database, and directories that are in use.

use std::fs;
use std::path::{Path, PathBuf};

use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, Options, Store, StoreError};

use crate::world::place;

/// A directory of a test's own, and its database.
fn directory() -> (Database, PathBuf) {
    let database = Database::sqlite(&place());
    let DatabaseAddress::Sqlite(path) = &database.address else { panic!("a file") };
    let directory = path.parent().unwrap().to_owned();
    (database, directory)
}

async fn refusal(path: &Path) -> StoreError {
    let address = DatabaseAddress::Sqlite(path.to_owned());
    let error = Store::open(&address, Options::default()).await.err().expect("a refusal");
    assert!(error.to_string().contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
    error
}

#[tokio::test]
async fn what_is_no_database_is_named_and_left_as_it_is() {
    let (_database, directory) = directory();
    let text = directory.join("notes.txt");
    fs::write(&text, "Not a database, but long enough to be looked at for one.\n".repeat(40)).unwrap();
    let below_a_file = text.join("data").join("notes.txt");
    let loop_ = directory.join("loop.db");
    std::os::unix::fs::symlink(&loop_, &loop_).unwrap();
    for path in [&text, &below_a_file, &loop_] {
        let error = refusal(path).await;
        assert_eq!(error.code(), "DATABASE_FILE", "{error}");
        assert!(error.remedy().contains("path"));
    }
    let error = refusal(&directory).await;
    assert_eq!(error.code(), "DATABASE_FILE");
    assert!(error.to_string().contains("is a directory"), "{error}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
}

#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let (database, directory) = directory();
    fs::write(directory.join("keyward.db"), "").unwrap();
    database.open().await.map(drop).unwrap();
}

#[tokio::test]
async fn names_with_odd_characters_are_names_like_others() {
    let (_database, directory) = directory();
    for name in ["a?b#c%41 ž.db", "?immutable=1", "file:x"] {
        let address = DatabaseAddress::Sqlite(directory.join("ž").join(name));
        for _ in 0..2 {
            Store::open(&address, Options::default()).await.map(drop).unwrap();
        }
        assert!(directory.join("ž").join(name).is_file());
    }
}

#[tokio::test]
async fn a_second_server_on_a_directory_is_refused_and_commands_are_not() {
    let (database, directory) = directory();
    let exclusive = Options { exclusive: true, ..Options::default() };
    let server = Store::open(&database.address, exclusive).await.unwrap();
    let error = Store::open(&database.address, exclusive).await.err().unwrap();
    assert_eq!(error.code(), "DATABASE_IN_USE");
    let DatabaseAddress::Sqlite(file) = &database.address else { panic!("a file") };
    let link = directory.join("elsewhere.db");
    std::os::unix::fs::symlink(file, &link).unwrap();
    let error = Store::open(&DatabaseAddress::Sqlite(link), exclusive).await.err().unwrap();
    assert_eq!(error.code(), "DATABASE_IN_USE", "another name of it");
    let later = directory.join("later.db");
    std::os::unix::fs::symlink(directory.join("target.db"), &later).unwrap();
    let later = DatabaseAddress::Sqlite(later);
    let _server = Store::open(&later, exclusive).await.unwrap();
    let error = Store::open(&later, exclusive).await.err().unwrap();
    assert_eq!(error.code(), "DATABASE_IN_USE", "a name of what was not there");
    assert!(error.to_string().contains(directory.to_str().unwrap()), "{error}");
    assert!(error.remedy().contains("--data"));
    let command = database.open().await.unwrap();
    assert!(!command.nobody_waits() && !server.nobody_waits());
    drop(server);
    assert!(command.nobody_waits());
    Store::open(&database.address, exclusive).await.map(drop).unwrap();
}

#[tokio::test]
async fn files_of_a_database_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (database, directory) = directory();
    let _store =
        Store::open(&database.address, Options { exclusive: true, ..Options::default() }).await.unwrap();
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.path());
    }
}

/// Root may read and write everything, so these cases are for other people; their machines and CI run them.
#[tokio::test]
async fn what_may_not_be_read_or_written_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_database, directory) = directory();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let file = directory.join("secret.db");
    rusqlite::Connection::open(&file).unwrap().execute_batch("create table theirs (a)").unwrap();
    set(&file, 0o000);
    if fs::File::open(&file).is_ok() {
        eprintln!("permissions are not tested: this user may read everything");
        return;
    }
    let error = refusal(&file).await;
    assert_eq!(error.code(), "DATABASE_FILE");
    assert!(error.to_string().contains("Permission denied"), "{error}");
    set(&directory, 0o500);
    assert_eq!(refusal(&directory.join("new.db")).await.code(), "DATABASE_FILE");
    set(&directory, 0o700);
}
