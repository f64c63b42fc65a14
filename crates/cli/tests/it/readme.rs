//! The README's first command gives exactly what the README shows, and those after it work.

use std::process::Command;

use crate::page::Session;
use crate::served::Served;
use crate::world::{World, block, root};

#[test]
fn the_servers_first_keys_work() {
    let world = World::new();
    let mut session = Session::new(&world);
    session.serve(&[]);
    let page = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let shown = session.run(&block(&page, "sh", 0).replace("cargo run -rq --", "command keyward"));
    for wanted in ["\"valid\":true", "\"success\":true", "\"tier\":\"pro\"", "sound        yes"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

#[test]
fn a_fresh_server_says_what_the_readme_shows_and_nothing_before_it() {
    let world = World::new();
    let served = Served::start(&world);
    let page = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let session = block(&page, "console", 0);
    let (_, shown) = session.split_once("\n\n").expect("a command and what it prints");
    // The link is shown to a person at a terminal alone.
    let (shown, _) = shown.split_once("\n\n").expect("what it is, and the link");
    let said = served.said.replace(&served.host, "127.0.0.1:8080");
    let data = world.path("keyward-data").display().to_string();
    let said = said.replace(&data, "./keyward-data");
    // The variables that tell tests where to find what they need are nothing that a newcomer has.
    let said = said.lines().skip_while(|line| line.contains("variable KEYWARD_TEST_")).collect::<Vec<_>>();
    let said = said.join("\n");
    assert!(said.trim_start().starts_with(shown), "{shown}\n{said}");
}

#[test]
fn the_first_command_gives_what_it_shows() {
    let page = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let session = block(&page, "console", 1);
    let (command, shown) = session.split_once("\n\n").expect("a command and what it prints");
    let command = command.strip_prefix("$ cargo run -rq -- ").expect("the command").replace("\\\n", " ");
    // Both streams in one, as a terminal shows them.
    let output = Command::new("sh")
        .args(["-c", &format!("\"$KEYWARD\" {command} 2>&1")])
        .env("KEYWARD", env!("CARGO_BIN_EXE_keyward"))
        .current_dir(root())
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), shown.trim_end());
}

#[test]
fn the_commands_after_it_work() {
    let world = World::new();
    let page = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let shown = Session::new(&world).run(&block(&page, "sh", 1).replace("cargo run -rq --", "keyward"));
    assert!(shown.contains("VALID"), "{shown}");
}
