//! What is not whole, not meant for here, or would lie over something else, is refused and leaves nothing.

use std::path::Path;

use keyward_store::tables;
use keyward_store::testing::Database;

use super::*;

#[tokio::test]
async fn no_byte_of_a_sealed_file_can_be_changed_and_none_is_missed() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let (file, _) = export(&stored, Some(PASSPHRASE)).await;
    let wrong = open(&file, "another sentence, also long").err().expect("the passphrase is wrong");
    assert_eq!(wrong.code(), "PASSPHRASE_WRONG");
    let bytes = file.bytes();
    assert!(bytes.len() > 3 * 65_536, "several pieces: {}", bytes.len());
    let outcome = |bytes: &[u8]| {
        let file = TestFile::of(bytes);
        open(&file, PASSPHRASE).and_then(|archive| archive.check(|_| {})).map_err(|error| error.code())
    };
    assert!(outcome(&bytes).is_ok());
    let head = bytes.iter().position(|byte| *byte == b'\n').expect("a first line");
    let pieces = head + find(&bytes[head..], b"-----END KEYWARD SEALED KEY-----\n");
    let known = [
        "ARCHIVE_DAMAGED",
        "ARCHIVE_TRUNCATED",
        "ARCHIVE_FOREIGN",
        "PASSPHRASE_WRONG",
        "SEALED_KEY_MALFORMED",
    ];
    for place in [3, head - 30, head + 60, pieces - 80, pieces + 100, pieces + 70_000, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let code = outcome(&changed).expect_err("a byte was changed");
        assert!(known.contains(&code), "{place}: {code}");
    }
    let piece = 65_536 + 16;
    let end = pieces + 33;
    for (length, code) in [
        (end + piece, "ARCHIVE_TRUNCATED"),
        (end + 2 * piece, "ARCHIVE_TRUNCATED"),
        (end + piece + 1_000, "ARCHIVE_DAMAGED"),
        (bytes.len() - 1, "ARCHIVE_DAMAGED"),
        (head + 40, "ARCHIVE_TRUNCATED"),
        (head - 5, "ARCHIVE_TRUNCATED"),
        (4, "ARCHIVE_FOREIGN"),
        (0, "ARCHIVE_FOREIGN"),
    ] {
        let code_found = outcome(&bytes[..length.min(bytes.len())]).expect_err("cut short");
        assert!(code_found == code || length == end, "{length}: {code_found}");
    }
    // Two pieces the other way round, and one twice.
    let swapped = [
        &bytes[..end],
        &bytes[end + piece..end + 2 * piece],
        &bytes[end..end + piece],
        &bytes[end + 2 * piece..],
    ];
    assert_eq!(outcome(&swapped.concat()), Err("ARCHIVE_DAMAGED"));
    let twice = [&bytes[..end + piece], &bytes[end..]];
    assert_eq!(outcome(&twice.concat()), Err("ARCHIVE_DAMAGED"));
    let more = [&bytes[..], b"x"];
    assert_eq!(outcome(&more.concat()), Err("ARCHIVE_DAMAGED"));
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|window| window == wanted).expect("it is there")
}

#[tokio::test]
async fn no_line_in_clear_can_be_changed_and_none_is_missed() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let (file, _) = export(&stored, None).await;
    let text = String::from_utf8(file.bytes()).expect("text");
    let outcome = |text: &str| {
        let file = TestFile::of(text.as_bytes());
        let checked = Archive::in_clear(&file.0).and_then(|archive| archive.check(|_| {}));
        checked.map_err(|error| (error.code(), error.to_string()))
    };
    assert!(outcome(&text).is_ok());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let joined = |lines: Vec<&str>| lines.concat();
    let but = |place: usize| [&lines[..place], &lines[place + 1..]].concat();
    let last = lines.len() - 1;
    let head = |from: &str, to: &str| {
        assert!(lines[0].contains(from), "{}", lines[0]);
        [&[lines[0].replace(from, to).as_str()], &lines[1..]].concat().concat()
    };
    let schema = keyward_store::latest_schema();
    let mut swapped = lines.clone();
    swapped.swap(last - 2, last - 1);
    let mut moved = lines.clone();
    let account = moved.remove(1);
    moved.insert(last - 1, account);
    for (name, changed, code) in [
        ("a row is missing", joined(but(5)), "ARCHIVE_DAMAGED"),
        ("the last row is missing", joined(but(last - 1)), "ARCHIVE_DAMAGED"),
        ("two rows changed places", joined(swapped), "ARCHIVE_DAMAGED"),
        ("a table is not in its place", joined(moved), "ARCHIVE_DAMAGED"),
        ("a row twice", [&lines[..6], &lines[5..]].concat().concat(), "ARCHIVE_DAMAGED"),
        ("another name", text.replacen("Central pool", "central pool", 1), "ARCHIVE_DAMAGED"),
        ("a white space", text.replacen("\"code\":", "\"code\": ", 1), "ARCHIVE_DAMAGED"),
        ("the end is missing", joined(lines[..last].to_vec()), "ARCHIVE_TRUNCATED"),
        ("the end is cut", text[..text.len() - 1].to_owned(), "ARCHIVE_TRUNCATED"),
        ("half of it", text[..text.len() / 2].to_owned(), "ARCHIVE_TRUNCATED"),
        ("more follows", format!("{text}{{}}\n"), "ARCHIVE_DAMAGED"),
        (
            "an unknown table",
            [&lines[..2], &["{\"x\":{}}\n"], &lines[2..]].concat().concat(),
            "ARCHIVE_DAMAGED",
        ),
        ("no row", [&lines[..2], &["[]\n"], &lines[2..]].concat().concat(), "ARCHIVE_DAMAGED"),
        ("a newer format", head("\"version\":1", "\"version\":2"), "ARCHIVE_NEWER"),
        ("a newer schema", head(&schema.to_string(), &(schema + 1).to_string()), "ARCHIVE_NEWER"),
        ("another kind", head("\"export\"", "\"hearsay\""), "ARCHIVE_DAMAGED"),
        ("more in the head", head("{", "{\"x\":1,"), "ARCHIVE_FOREIGN"),
        ("something else", "{\"hello\": 1}\n".to_owned(), "ARCHIVE_FOREIGN"),
    ] {
        let (found, said) = outcome(&changed).expect_err(name);
        assert_eq!(found, code, "{name}: {said}");
    }
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_leaves_nothing_in_the_database() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let (file, written) = export(&stored, Some(PASSPHRASE)).await;
    let bytes = file.bytes();
    let cut = TestFile::of(&bytes[..bytes.len() - 20]);
    for database in Database::all(Path::new(env!("CARGO_TARGET_TMPDIR"))).await {
        let (store, master) = (database.open().await.expect("it opens"), another_master());
        let load = async |file: &TestFile| {
            let archive = open(file, PASSPHRASE).expect("its head is whole");
            load(&store, archive, &stored, &source(&master)).await
        };
        assert_eq!(load(&cut).await.expect_err("it is cut").code(), "ARCHIVE_DAMAGED");
        assert!(tables::is_empty(&store).await.expect("asked"), "{}", store.kind());
        let loaded = load(&file).await.expect("the whole one goes in");
        assert_eq!(loaded.database, written.counts);
        // And then nothing else does.
        assert_eq!(load(&file).await.expect_err("it is full").code(), "DATABASE_NOT_EMPTY");
    }
}

#[tokio::test]
async fn a_database_with_anything_in_it_is_left_alone() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let (file, _) = export(&stored, Some(PASSPHRASE)).await;
    let (bare, _) = export(&stored, None).await;
    for used in Stored::all().await {
        let own = source(&used.master());
        let archive = Archive::in_clear(&bare.0).expect("it opens");
        assert_eq!(archive.must_have_secrets().expect_err("it has none").code(), "ARCHIVE_WITHOUT_SECRETS");
        assert_eq!(archive.must_be(true).expect_err("it is no backup").code(), "ARCHIVE_FOREIGN");
        let refused = load(used.engine.store(), archive, &stored, &own).await.expect_err("no secrets");
        assert_eq!(refused.code(), "ARCHIVE_WITHOUT_SECRETS");
        let token =
            used.engine.create_token(&used.caller(), Role::Admin, "mine", None).await.expect("a token");
        used.engine.revoke_token(&used.caller(), token.row.id).await.expect("revoked");
        let archive = open(&file, PASSPHRASE).expect("it opens");
        let refused = load(used.engine.store(), archive, &stored, &own).await.expect_err("it is used");
        assert_eq!(refused.code(), "DATABASE_NOT_EMPTY");
        assert!(refused.to_string().contains("here"), "{refused}");
        assert_eq!(used.events().await, ["account.create", "token.create", "token.revoke"]);
    }
}

#[tokio::test]
async fn a_database_under_a_server_is_left_alone_until_that_stops() {
    let stored = Stored::all().await.remove(0);
    some(&stored).await;
    let (file, written) = export(&stored, Some(PASSPHRASE)).await;
    for fresh in Stored::all().await {
        let own = source(&fresh.master());
        let load = async || {
            let archive = open(&file, PASSPHRASE).expect("it opens");
            load(fresh.engine.store(), archive, &fresh, &own).await
        };
        // As every server does once in a second.
        fresh.engine.seal_audit().await.expect("sealed");
        let refused = load().await.expect_err("it is served");
        assert_eq!(refused.code(), "DATABASE_SERVED", "{refused}");
        assert_eq!(fresh.events().await, ["account.create"], "nothing went in");
        fresh.clock.advance(60);
        assert_eq!(load().await.expect("nobody holds it any more").database, written.counts);
    }
}
