//! The guides for those who move in: their commands work in their order on a sample of the old system, print what the guide
//! shows, and everything that a guide names is there.

use std::collections::BTreeSet;

use crate::page::{Session, follow};
use crate::world::{World, root, testdata};

const GUIDES: [&str; 9] = [
    "client.md",
    "from-a.md",
    "from-b.md",
    "from-c.md",
    "from-d.md",
    "from-e.md",
    "operations.md",
    "recipes.md",
    "security.md",
];

/// A directory with what the operator of an old system has.
fn world(letter: &str, files: &[(&str, &str)]) -> World {
    let world = World::new();
    for (from, to) in files {
        let from = testdata("guides").join(from);
        std::fs::copy(from, world.path(to)).expect("a file of the old system");
    }
    let tables = testdata("guides").join(format!("{letter}.sql"));
    if tables.exists() {
        let tables = std::fs::read_to_string(tables).expect("the old tables");
        let old = rusqlite::Connection::open(world.path("old.db")).expect("a database");
        old.execute_batch(&tables).expect("the old tables are made");
    }
    world
}

#[test]
fn system_a_moves_in() {
    let world = world("a", &[("a-key.pem", "old-key.pem"), ("a-record.json", "old-record.json")]);
    follow("from-a.md", &mut Session::new(&world));
}

#[test]
fn system_b_moves_in() {
    let world = world("b", &[]);
    let mut session = Session::new(&world).variable("OLD_DATABASE", "old.db");
    follow("from-b.md", &mut session);
}

#[test]
fn system_c_moves_in() {
    let world = world("c", &[("c-secret.txt", "old-secret.txt"), ("c-key.txt", "old-license.txt")]);
    let mut session = Session::new(&world).variable("OLD_DATABASE", "old.db");
    follow("from-c.md", &mut session);
}

#[test]
fn system_d_moves_in() {
    let world = world("d", &[("d-key.pem", "old-key.pem")]);
    std::fs::create_dir(world.path("sent")).expect("a directory");
    for name in ["ABC_Traders.key", "XYZ_Corp.key"] {
        std::fs::copy(testdata("guides/d-sent").join(name), world.path("sent").join(name)).expect("a file");
    }
    follow("from-d.md", &mut Session::new(&world));
}

#[test]
fn system_e_moves_in() {
    let files = [
        ("e-secret.txt", "installation-key.txt"),
        ("e-key.txt", "old-license.txt"),
        ("e-new-key.txt", "new-license.txt"),
    ];
    let world = world("e", &files);
    follow("from-e.md", &mut Session::new(&world));
}

#[test]
fn the_recipes_work() {
    let world = World::new();
    follow("recipes.md", &mut Session::new(&world));
}

#[test]
fn an_application_is_licensed_in_ten_minutes() {
    let world = World::outside();
    let clone = root().canonicalize().expect("the repository");
    let clone = clone.to_str().expect("its path is text");
    // What was built stays for the next run.
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/books");
    let mut session = Session::new(&world).variable("KEYWARD", clone).variable("CARGO_TARGET_DIR", target);
    follow("client.md", &mut session);
}

/// What stands between single back quotes, outside blocks.
fn quoted(page: &str) -> Vec<String> {
    let mut quoted = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            quoted.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    quoted
}

/// Sections of the reference by their command.
fn reference() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).expect("the reference");
    let sections = page.split("\n## `").skip(1).filter_map(|section| section.split_once('`'));
    sections.map(|(command, text)| (command.to_owned(), text.to_owned())).collect()
}

/// The command is there, with its flags.
fn exists(reference: &[(String, String)], guide: &str, text: &str) {
    let known = reference.iter().filter(|(name, _)| text == *name || text.starts_with(&format!("{name} ")));
    let (name, section) = known.max_by_key(|(name, _)| name.len()).expect("a command");
    let has_commands = section.contains("\nCommands:\n");
    let rest = text[name.len()..].trim();
    assert!(!has_commands || rest.is_empty() || rest.starts_with('…'), "{guide}: `{text}`");
    for flag in rest.split_whitespace().filter(|word| word.starts_with("--")) {
        let is_known = section.split_whitespace().any(|word| word.trim_end_matches(',') == flag);
        assert!(is_known, "{guide}: `{text}`: `{name}` has no {flag}");
    }
}

#[test]
fn every_command_in_a_sentence_exists_with_its_flags() {
    let reference = reference();
    for guide in GUIDES {
        let page = std::fs::read_to_string(root().join("docs").join(guide)).expect("the guide");
        for text in quoted(&page).iter().filter(|text| text.starts_with("keyward ")) {
            exists(&reference, guide, text);
        }
    }
}

#[test]
fn every_command_for_the_operator_exists_with_its_flags() {
    let reference = reference();
    let page = std::fs::read_to_string(root().join("docs/operations.md")).expect("the page");
    let mut seen = 0;
    for block in page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        for line in block.lines().map(|line| line.trim_start_matches(['$', '#', ' '])) {
            let command =
                line.find("keyward keyward ").map_or(line, |place| &line[place + "keyward ".len()..]);
            if command.starts_with("keyward ") {
                exists(&reference, "operations.md", command.split(" > ").next().unwrap_or_default());
                seen += 1;
            }
        }
    }
    assert!(seen > 3, "{seen} commands");
}

#[test]
fn every_setting_and_metric_in_a_sentence_exists() {
    let world = World::new();
    let mut section = String::new();
    let mut settings = BTreeSet::new();
    for line in world.out(&["config", "default"]).lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((name, _)) = line.strip_prefix('#').and_then(|line| line.split_once(" = ")) {
            settings.insert(format!("{section}.{name}"));
        }
    }
    let server = std::fs::read_to_string(root().join("docs/server.md")).expect("the page");
    let sections: BTreeSet<&str> = settings.iter().filter_map(|name| name.split('.').next()).collect();
    for guide in GUIDES {
        let page = std::fs::read_to_string(root().join("docs").join(guide)).expect("the guide");
        for text in quoted(&page) {
            let plain = |b: u8| b.is_ascii_lowercase() || b"._".contains(&b);
            let name = text.split(" = ").next().unwrap_or_default();
            let is_setting = name.split_once('.').is_some_and(|(first, _)| sections.contains(first));
            if is_setting && name.bytes().all(plain) && !name.ends_with(".key") {
                assert!(settings.contains(name), "{guide}: no setting is called `{name}`");
            }
            if text.starts_with("keyward_") {
                assert!(server.contains(&format!("`{text}`")), "{guide}: no metric is called `{text}`");
            }
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let pages =
        GUIDES.map(|guide| root().join("docs").join(guide)).into_iter().chain([root().join("README.md")]);
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("the page");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.starts_with("http") {
                let found = page.parent().expect("a directory").join(file);
                assert!(found.exists(), "{}: {target}", page.display());
            }
        }
    }
}
