//! The people of the console: links, resets, the list, and the link of the first start.

use std::os::unix::fs::PermissionsExt as _;

use crate::served::{Served, ask};
use crate::world::World;

const PASSWORD: &str = "a+sentence+that+nobody+guesses";

/// What a link carries.
fn secret(link: &str) -> &str {
    let (_, secret) = link.trim().split_once("/console/set-up?link=").expect("a link");
    assert!(secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "{link}");
    secret
}

/// Opens a link, at a server, as a browser does.
pub(super) fn accept(served: &Served, link: &str, email: &str, headers: &str) -> u16 {
    let body = format!("link={}&email={email}&password={PASSWORD}&again={PASSWORD}", secret(link));
    ask(&served.host, "POST", "/console/set-up", headers, &body).expect("an answer").0
}

#[test]
fn links_are_shown_once_and_kept_by_nobody() {
    for world in World::of_each_database() {
        let made = world.db(&["admin", "link"]);
        assert_eq!(made.status, 0, "{}", made.err);
        assert!(made.out.starts_with("http://127.0.0.1:8080/console/set-up?link="), "{}", made.out);
        assert!(made.err.contains("good for an hour, and once"), "{}", made.err);
        assert!(!made.err.contains(secret(&made.out)), "{}", made.err);
        let arguments =
            ["--role", "support-agent", "--email", "bob@example.com", "--url", "https://k.example/"];
        let other = world.db_json(&[&["admin", "link"][..], &arguments].concat());
        let other = other["link"].as_str().expect("a link").to_owned();
        assert!(other.starts_with("https://k.example/console/set-up?link="), "{other}");
        assert_ne!(secret(&made.out), secret(&other));

        let log = world.db_out(&["audit", "log", "--json"]);
        assert_eq!(log.matches("person.invite").count(), 2, "{log}");
        assert!(!log.contains(secret(&made.out)) && !log.contains(secret(&other)));
        let nobody = world.db(&["admin", "list"]);
        assert_eq!((nobody.status, nobody.out.as_str()), (0, ""));
        assert!(nobody.err.contains("keyward admin link"), "{}", nobody.err);
        assert_eq!(world.db_json(&["admin", "list"])["people"].as_array().map(Vec::len), Some(0));

        let wrong = world.db(&["admin", "link", "--role", "owner"]);
        assert!(wrong.status == 2 && wrong.err.contains("support-agent"), "{}", wrong.err);
        let wrong = world.db(&["admin", "link", "--email", "bob", "--json"]);
        assert_eq!(wrong.failure(), (2, "INVALID_ARGUMENT".to_owned()));
        let unknown = world.db(&["admin", "reset", "eve@example.com", "--json"]);
        assert_eq!(unknown.failure(), (2, "NOT_FOUND".to_owned()));
    }
}

#[test]
fn whoever_has_a_shell_lets_people_in_and_lets_them_begin_anew() {
    for world in World::of_each_database() {
        let url = world.url();
        let mut arguments = vec!["--data", "data"];
        arguments.extend(url.into_iter().flat_map(|url| ["--database", url]));
        let served = Served::with(&world, &arguments, &[]);
        let first = world.db_out(&["admin", "link", "--email", "Ada@example.com"]);
        assert_eq!(accept(&served, &first, "", ""), 303);
        assert_eq!(accept(&served, &first, "", ""), 404, "once");
        let second = world.db_out(&["admin", "link", "--role", "read-only"]);
        assert_eq!(
            accept(&served, &second, "ada%40example.com", ""),
            409,
            "somebody is here of this address"
        );
        assert_eq!(accept(&served, &second, "bob%40example.com", ""), 303);

        let people = world.db_json(&["admin", "list"])["people"].take();
        let of = |name: &str| {
            people.as_array().expect("people").iter().map(|it| it[name].clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("email"), ["ada@example.com", "bob@example.com"]);
        assert_eq!(of("role"), ["admin", "read-only"]);
        assert_eq!(of("secondFactor"), [false, false]);
        assert!(!people.to_string().contains("argon2"), "{people}");
        let table = world.db_out(&["admin", "list"]);
        assert!(table.contains("ada@example.com") && table.contains("read-only") && table.contains("active"));

        let older = world.db_out(&["admin", "link", "--email", "bob@example.com"]);
        let reset = world.db_out(&["admin", "reset", " BOB@example.com"]);
        assert_eq!(accept(&served, &older, "", ""), 404, "a reset takes older links away");
        assert_eq!(accept(&served, &reset, "", ""), 303);
        assert_eq!(world.db_json(&["admin", "list"])["people"][1]["role"], "read-only", "the role stays");
    }
}

#[test]
fn the_first_start_leaves_a_link_that_only_its_owner_reads() {
    let world = World::new();
    let file = world.path("keyward-data/setup-link");
    let mut served = Served::start(&world);
    // Its output is not a terminal: it may be a log.
    assert!(!served.said.contains("link="), "{}", served.said);
    assert!(served.said.contains("keyward-data/setup-link"), "{}", served.said);
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let link = world.read("keyward-data/setup-link");
    assert!(link.starts_with(&format!("http://{}/console/set-up?link=", served.host)), "{link}");
    assert_eq!(served.stop(), 0);

    // As long as nobody can sign in, each start makes another one, whatever was there before.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    let mut served = Served::start(&world);
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = world.read("keyward-data/setup-link");
    assert_ne!(secret(&link), secret(&second));
    assert_eq!(accept(&served, &second, "ada%40example.com", ""), 303);
    assert_eq!(served.stop(), 0);

    let served = Served::start(&world);
    assert!(!served.said.contains("setup-link"), "{}", served.said);
    assert!(served.said.contains(&format!("http://{}/console/", served.host)), "{}", served.said);
    assert!(!file.exists(), "a link that is used up is no use to anybody");
}
