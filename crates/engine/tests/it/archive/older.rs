//! Files that an older program wrote go in: what it did not know yet is empty.

use std::collections::{BTreeMap, BTreeSet};

use keyward_store::latest_schema;
use keyward_store::tables::{Kept, Table};
use keyward_store::testing::{Database, schemas};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::upgrade::columns;

type Columns = BTreeMap<String, BTreeSet<String>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_every_earlier_schema_goes_in() {
    for stored in Stored::all().await {
        let known = filled(&stored).await;
        stored.engine.sign_in(&stored.caller(), ADA, PASSWORD).await.expect("asked").expect("she is in");
        let file = TestFile::new();
        let made = stored.engine.backup(&stored.caller(), &file.0, |_, _| {}).await.expect("it is made");
        // Of SQLite it is the database itself, and the tests of upgrades open those.
        if made.archive.is_none() {
            continue;
        }
        assert!(made.rows["sessions"] > 0 && made.rows["offline_seats"] > 0, "{:?}", made.rows);
        let text = String::from_utf8(file.bytes()).expect("text");
        for version in schemas().into_iter().filter(|version| *version < latest_schema()) {
            goes_in(&stored, &known, &as_of(&text, version, &columns(version).await), version).await;
        }
    }
}

async fn goes_in(stored: &Stored, known: &Known, text: &str, version: i64) {
    let file = TestFile::of(text.as_bytes());
    let database = Database::sqlite(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let store = database.open().await.expect("it opens");
    let archive = Archive::in_clear(&file.0).expect("it opens");
    assert_eq!(archive.head().schema, version);
    let loaded = load(&store, archive, stored, &source(&stored.master())).await;
    let loaded = loaded.unwrap_or_else(|why| panic!("schema {version}: {why}"));
    assert!(loaded.log.report.is_sound(), "schema {version}: {:?}", loaded.log);
    drop(store);
    let there = Stored::on(database, Arc::clone(&stored.clock), &stored.master()).await;
    let (engine, caller) = (&there.engine, there.caller());
    for key in [&known.tier, &known.pool] {
        let asked = engine.validate(&caller, Question::Run, key, &Scope::default()).await.expect("asked");
        assert!(asked.verdict.valid, "schema {version}: {:?}", asked.verdict);
    }
    assert!(engine.authenticate(&known.token).await.expect("asked").is_some(), "schema {version}");
    let signed_in = engine.sign_in(&caller, ADA, PASSWORD).await.expect("asked");
    assert!(signed_in.is_some(), "schema {version}");
}

/// The archive as a program would have written it whose tables had these columns.
fn as_of(text: &str, version: i64, columns: &Columns) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let (head, end) = (lines.remove(0), lines.pop().expect("a last line"));
    let end: Value = serde_json::from_str(end).expect("JSON");
    let mut rows = end["end"]["rows"].as_object().expect("counts").clone();
    rows.retain(|table, _| columns.contains_key(table));
    let mut older = head.replace(&latest_schema().to_string(), &version.to_string()) + "\n";
    let (mut content, mut log) = (Sha256::new(), Sha256::new());
    for line in lines {
        let parsed: Map<String, Value> = serde_json::from_str(line).expect("JSON");
        let (table, row) = parsed.into_iter().next().expect("a row");
        let Some(columns) = columns.get(&table) else { continue };
        let Value::Object(mut row) = row else { panic!("{line}") };
        row.retain(|column, _| columns.contains(column));
        let line = json!({ &table: row }).to_string() + "\n";
        let (_, known) = Table::named(&table).expect("a table");
        if known.kept == Kept::Log { &mut log } else { &mut content }.update(&line);
        older += &line;
    }
    let end = json!({ "rows": rows, "content": hex::encode(content.finalize()), "log": hex::encode(log.finalize()) });
    older + &json!({ "end": end }).to_string() + "\n"
}
