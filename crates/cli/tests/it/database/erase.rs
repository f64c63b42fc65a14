//! Erasing a person: a customer of every system who also works with the console, beside another who stays.

use serde_json::{Value, json};

use super::admin::accept;
use crate::served::{Served, ask, command, until};
use crate::world::{World, root};

const DEVICE: &str = "0123456789abcdef0123456789abcdef";
const PROGRAM: &str = "User-Agent: AdaBrowser/7\r\n";
/// What names her, in whatever case.
const HERS: [&str; 6] =
    ["ada@example.com", "ada lovelace", "adabrowser", "customer-ada", "ada-laptop", "ada-and-sons"];

/// A server on the same database as the world's commands.
fn served(world: &World) -> Served {
    let mut arguments = vec!["--data", "data"];
    arguments.extend(world.url().iter().flat_map(|url| ["--database", url]));
    Served::with(world, &arguments, &[])
}

/// A world in which Ada is a customer of each system and works with the console, and so does Bob. Gives her tiered key.
fn inhabited(world: &World, served: &Served) -> String {
    for (email, role, program) in
        [("ada@example.com", "developer", PROGRAM), ("bob@example.com", "admin", "")]
    {
        let link = world.db_out(&["admin", "link", "--email", email, "--role", role]);
        assert_eq!(accept(served, &link, "", program), 303);
    }
    let hers = ["--user", "customer-ada", "--email", "ada-at-work@example.com"];
    let key = world.db_out(&[&["issue", "tier", "pro"][..], &hers].concat());
    let key = key.lines().last().expect("a key").to_owned();
    let asked = json!({ "license": key, "origin": "ada-laptop" }).to_string();
    let (status, _) = ask(&served.host, "POST", "/api/verify", PROGRAM, &asked).expect("an answer");
    assert_eq!(status, 200);
    let file = ["Ada Lovelace", DEVICE, "--product", "Editor", "--to", "-", "--email", "ada@example.com"];
    world.db_out(&[&["issue", "file"][..], &file].concat());
    world.db_out(&["issue", "record", "ada@example.com"]);
    let company = ["--tier", "PRO-10", "--company", "ada-and-sons", "--email", "ada@example.com"];
    world.db_out(&[&["issue", "lk3"][..], &company].concat());
    key
}

#[test]
fn nothing_names_her_afterwards_and_the_log_still_verifies() {
    for world in World::of_each_database() {
        let mut served = served(&world);
        let key = inhabited(&world, &served);
        assert!(HERS.iter().any(|text| !world.places(text).is_empty()), "there is something to erase");
        let before = world.db_json(&["admin", "list"]);

        let dry = world.db_json(&["user", "erase", "Ada@Example.com", "--dry-run"]);
        assert_eq!(dry["dryRun"], true, "{dry}");
        assert_eq!(world.db_json(&["admin", "list"]), before, "nothing is changed");
        let erased = world.db_json(&["user", "erase", "Ada@Example.com", "--yes"]);
        assert_eq!((&erased["erased"], &erased["licenses"]), (&dry["erased"], &dry["licenses"]), "{erased}");
        assert_eq!(erased["stillNamed"], json!([]), "{erased}");
        assert_eq!(erased["filesClean"], world.url().is_none());
        assert!(erased["erased"]["sessions"].as_u64() >= Some(1), "{erased}");
        assert_eq!(erased["erased"]["licenses"], 3, "{erased}");
        // What the vendor calls her by is another name, which is asked for by itself.
        let customer = world.db_json(&["user", "erase", "customer-ada", "--yes"]);
        assert_eq!(customer["erased"]["licenses"], 1, "{customer}");
        assert!(customer["erased"]["attempts"].as_u64() >= Some(1), "{customer}");

        for text in HERS {
            assert_eq!(world.places(text), [""; 0], "{text}");
        }
        let verified = world.db(&["audit", "verify", "--json"]);
        assert_eq!(verified.status, 0, "{}", verified.out);
        assert!(verified.json()["erased"].as_u64() >= Some(2), "{}", verified.out);
        let log = world.db_out(&["audit", "log", "--json"]);
        assert!(log.contains("user.erase") && log.contains("license.erase"), "{log}");
        let id = erased["users"][0].as_str().expect("an id");
        assert!(log.contains(id), "the entry names the id");

        // Her key works as before, and Bob is as he was.
        let (status, answer) = served.post("/api/verify", &json!({ "license": key }));
        assert_eq!((status, &answer["valid"]), (200, &json!(true)), "{answer}");
        let people = world.db_json(&["admin", "list"]);
        assert_eq!(people["people"].as_array().map(Vec::len), Some(1), "{people}");
        assert_eq!(people["people"][0]["email"], "bob@example.com");
        let again = world.db(&["user", "erase", "ada@example.com", "--yes", "--json"]);
        assert_eq!(again.failure(), (2, "NOT_FOUND".to_owned()));
        assert_eq!(served.stop(), 0);
    }
}

#[test]
fn the_last_administrator_stays_and_so_does_whoever_is_not_confirmed() {
    let world = World::with_keys();
    let served = served(&world);
    let link = world.db_out(&["admin", "link", "--email", "bob@example.com"]);
    assert_eq!(accept(&served, &link, "", ""), 303);
    world.db_out(&["issue", "record", "bob@example.com"]);
    let events = world.db_out(&["audit", "log", "--json"]);
    let last = world.db(&["user", "erase", "bob@example.com", "--yes", "--json"]);
    assert_eq!(last.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    assert!(last.out.contains("no other administrator"), "{}", last.out);
    assert_eq!(world.db_out(&["audit", "log", "--json"]), events, "his licence is as it was, too");

    let link = world.db_out(&["admin", "link", "--email", "eve@example.com"]);
    assert_eq!(accept(&served, &link, "", ""), 303);
    let asked = world.db_with(&["user", "erase", "bob@example.com"], "no\n");
    assert!(asked.status == 2 && asked.err.contains("NOT_CONFIRMED"), "{}", asked.err);
    assert!(asked.err.contains("1: their keys go on working"), "{}", asked.err);
    let asked = world.db_with(&["user", "erase", "bob@example.com"], "yes\n");
    assert!(asked.status == 0 && asked.err.contains("backups"), "{}", asked.err);
    assert_eq!(world.db_json(&["admin", "list"])["people"][0]["email"], "eve@example.com");
}

#[test]
fn somebody_whom_only_a_licence_names_is_erased_and_what_nobody_can_tell_is_listed() {
    for world in World::of_each_database() {
        let record = world.db_json(&["issue", "record", "ada@example.com"]);
        world.db_out(&["installation", "create", "The shop of ADA@example.com"]);
        let other = world.db_out(&["issue", "record", "bada@example.com"]);
        let erased = world.db(&["user", "erase", "ada@example.com", "--yes"]);
        assert_eq!(erased.status, 0, "{}", erased.err);
        assert!(erased.err.contains("installations.name, in 1 row"), "{}", erased.err);
        assert!(erased.err.contains("audit_log.detail"), "{}", erased.err);
        let id = record["kept"]["id"].as_str().expect("an id");
        let shown = world.db_json(&["license", "show", id]);
        assert_eq!(shown["subject"], Value::Null, "{shown}");
        let renewed = world.db(&["license", "renew", id, "--days", "3", "--json"]);
        assert_eq!(renewed.failure(), (2, "NOT_FOUND".to_owned()), "its text is gone");
        // The name of another contains hers, and his licence is as it was.
        assert!(other.contains("bada@example.com"));
        assert_eq!(world.db(&["license", "show", "--subject", "bada@example.com"]).status, 0);
    }
}

#[test]
fn whoever_is_named_with_other_letters_than_ascii_is_found_in_any_case() {
    for world in World::of_each_database() {
        let file = ["Élodie Martin", DEVICE, "--product", "Editor", "--to", "-"];
        world.db_out(&[&["issue", "file"][..], &file].concat());
        for name in ["Élodie Martin SARL", "ÉLODIE MARTIN", "chez élodie martin", "Elodie Martin"] {
            world.db_out(&["installation", "create", name]);
        }
        let erased = world.db_json(&["user", "erase", "élodie martin", "--yes"]);
        assert_eq!(erased["erased"]["licenses"], 1, "{erased}");
        let named = erased["stillNamed"].as_array().expect("places");
        let installations = named.iter().find(|place| place["place"] == "installations.name");
        assert_eq!(installations.map(|place| &place["rows"]), Some(&json!(3)), "{erased}");
    }
}

/// Killed when nobody can be found by her name any more, while the files still have it.
#[test]
fn an_erasure_that_was_interrupted_is_finished_by_the_same_command() {
    let world = World::with_keys();
    world.db_out(&["issue", "record", "ada@example.com"]);
    let path = world.path("data/keyward.db");
    let reader = rusqlite::Connection::open(&path).expect("the database");
    reader.execute_batch("begin; select count(*) from licenses").expect("an old state is held");
    let erase = ["user", "erase", "ada@example.com", "--yes", "--data", "data"];
    let mut erasing = command(&world).args(erase).spawn().expect("keyward runs");
    let done = "select count(*) from audit_log where event = 'user.erase'";
    let looks = rusqlite::Connection::open(&path).expect("the database");
    until("she is erased", || looks.query_row(done, [], |row| row.get(0)) == Ok(1));
    erasing.kill().and_then(|()| erasing.wait()).expect("it is killed");
    assert!(!world.places("ada@example.com").is_empty(), "the files still have her");
    drop((reader, looks));

    let dry = world.db_json(&["user", "erase", "Ada@example.com", "--dry-run"]);
    assert_eq!(dry["finishes"], true, "{dry}");
    world.db_out(&["issue", "record", "bob@example.com"]);
    let other = world.db_json(&["user", "erase", "bob@example.com", "--yes", "--no-vacuum"]);
    assert_eq!(other["finishes"], false, "hers alone finishes it: {other}");
    let typed = world.db(&["user", "erase", "adda@example.com", "--yes", "--json"]);
    assert_eq!(typed.failure(), (2, "NOT_FOUND".to_owned()));
    let again = world.db(&["user", "erase", "ada@example.com", "--yes"]);
    assert!(again.status == 0 && again.err.contains("was interrupted"), "{}", again.err);
    assert_eq!(world.places("ada@example.com"), [""; 0]);
    let again = world.db(&["user", "erase", "ada@example.com", "--yes", "--json"]);
    assert_eq!(again.failure(), (2, "NOT_FOUND".to_owned()));
    assert_eq!(world.db(&["audit", "verify"]).status, 0);
}

/// Every column that may hold a text of somebody's has its line in the page that says what erasing does to it.
#[test]
fn each_column_has_its_line_in_the_page() {
    let world = World::new();
    world.out(&["issue", "pool", "--duration", "1m", "--count", "1"]);
    let database = rusqlite::Connection::open(world.path("keyward-data/keyward.db")).expect("the database");
    let columns = "select m.name || '.' || c.name from sqlite_schema m, pragma_table_info(m.name) c
                   where m.type = 'table' and m.name not in ('schema_version', 'refinery_schema_history')
                     and lower(c.type) in ('text', 'blob') order by 1";
    let mut statement = database.prepare(columns).expect("a statement");
    let known: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("columns").collect::<Result<_, _>>().expect("names");
    let page = std::fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let (_, list) = page.split_once("### Erasing, column by column").expect("the list");
    let mut told = Vec::new();
    for line in list.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let table = cells.next().expect("a table").trim_matches('`');
        let columns = cells.next().expect("columns").split(", ").map(|name| name.trim_matches('`'));
        assert!(cells.next().is_some_and(|what| !what.is_empty()), "{line}");
        told.extend(columns.map(|column| format!("{table}.{column}")));
    }
    told.sort();
    assert!(known.len() > 100, "{known:?}");
    assert_eq!(told, known);
}
