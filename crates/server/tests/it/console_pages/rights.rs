//! Every page and action of the console, and who may open it.

use std::path::{Path, PathBuf};

use keyward_engine::token::Role;

use super::{FORM, Person};
use crate::console::browser::PAGES;
use crate::site::Site;

/// Where a part of a path is wanted: nobody's, so that whoever may do something is told that there is nothing.
const ID: &str = "019b0000-0000-7000-8000-000000000777";

/// `x` where a role may: admin, developer, sales-agent, support-agent, read-only.
pub(crate) const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/console/", "xxxxx"),
    ("GET", "/console/me", "xxxxx"),
    ("POST", "/console/me/password", "xxxxx"),
    ("GET", "/console/me/second-factor", "xxxxx"),
    ("POST", "/console/me/second-factor", "xxxxx"),
    ("POST", "/console/me/second-factor/drop", "xxxxx"),
    ("POST", "/console/me/sessions/{session}/end", "xxxxx"),
    ("POST", "/console/me/sessions/end-others", "xxxxx"),
    ("GET", "/console/licenses", "xxxxx"),
    ("POST", "/console/licenses", "xxxxx"),
    ("GET", "/console/licenses/{id}", "xxxxx"),
    ("GET", "/console/licenses/{id}/reveal", "xxxxx"),
    ("POST", "/console/licenses/{id}/reveal", "xxxx."),
    ("GET", "/console/licenses/{id}/{action}", "xxxxx"),
    ("POST", "/console/licenses/{id}/{action}", "xxxx."),
    ("POST", "/console/licenses/bulk", "xxxx."),
    ("GET", "/console/licenses/export", "xxxxx"),
    ("GET", "/console/devices", "xxxxx"),
    ("GET", "/console/generate", "xxx.."),
    ("GET", "/console/generate/{kind}", "xxx.."),
    ("POST", "/console/generate/{kind}", "xxx.."),
    ("POST", "/console/generate/download/{license}", "xxxx."),
    ("GET", "/console/generate/lots/{lot}", "xxx.."),
    ("POST", "/console/generate/lots/{lot}/csv", "xxxx."),
    ("GET", "/console/test", "xxxxx"),
    ("POST", "/console/test", "xxxxx"),
    ("GET", "/console/license-key", "xxxxx"),
    ("POST", "/console/license-key", "xxxx."),
    ("GET", "/console/people", "x...."),
    ("POST", "/console/people/invite", "x...."),
    ("POST", "/console/people/invitations/{id}/{action}", "x...."),
    ("GET", "/console/people/{id}", "x...."),
    ("POST", "/console/people/{id}/{action}", "x...."),
    ("GET", "/console/tokens", "xx..."),
    ("POST", "/console/tokens", "xx..."),
    ("POST", "/console/tokens/{id}/revoke", "xx..."),
    ("GET", "/console/audit", "xx..x"),
    ("POST", "/console/audit/verify", "xx..x"),
    ("GET", "/console/audit/export", "xx..x"),
    ("GET", "/console/keys", "xx..x"),
    ("GET", "/console/keys/{id}", "xx..x"),
    ("GET", "/console/keys/{id}/public.pem", "xx..x"),
    ("POST", "/console/keys/{id}/{action}", "x...."),
    ("GET", "/console/products", "xxxxx"),
    ("POST", "/console/products", "xxx.."),
    ("GET", "/console/products/{code}", "xxxxx"),
    ("POST", "/console/products/{code}", "xxx.."),
    ("GET", "/console/products/{code}/{policy}", "xxxxx"),
    ("POST", "/console/products/{code}/{policy}", "xxx.."),
    ("POST", "/console/products/{code}/{policy}/features", "xxx.."),
    ("GET", "/console/features", "xxxxx"),
    ("POST", "/console/features", "xxx.."),
    ("POST", "/console/features/{id}/{action}", "xxx.."),
    ("GET", "/console/customers", "xxxxx"),
    ("POST", "/console/customers/{id}/{action}", "xxxx."),
    ("GET", "/console/attempts", "xxxxx"),
    ("GET", "/console/installations", "xxxxx"),
    ("POST", "/console/installations/free", "xxx.."),
    ("GET", "/console/pools", "xxxxx"),
    ("GET", "/console/settings", "xx..x"),
];

/// Open to whoever comes, or leading elsewhere.
const OPEN: &[&str] = &[
    "/console",
    "/console/language",
    "/console/sign-in",
    "/console/sign-in/code",
    "/console/sign-out",
    "/console/set-up",
    "/console/{*rest}",
];

/// What is downloaded, or leads to the page that it was sent from, is no page.
const FILES: &[&str] = &[
    "/console/keys/{id}/public.pem",
    "/console/audit/export",
    "/console/licenses/export",
    "/console/licenses/{id}/reveal",
    "/console/licenses/{id}/{action}",
];

/// What stands in a path for `{action}` or `{kind}`, and the code that knows them.
const NAMES: &[(&str, &[&str], &str)] = &[
    (
        "/console/licenses/{id}/{action}",
        &["suspend", "revoke", "reinstate", "renew", "extend", "transfer", "release"],
        include_str!("../../../src/console/license/act.rs"),
    ),
    (
        "/console/people/invitations/{id}/{action}",
        &["withdraw", "again"],
        include_str!("../../../src/console/people/invitations.rs"),
    ),
    (
        "/console/people/{id}/{action}",
        &["role", "lock-out", "let-in", "reset"],
        include_str!("../../../src/console/people/person.rs"),
    ),
    ("/console/keys/{id}/{action}", &["rotate", "retire"], include_str!("../../../src/console/keys.rs")),
    (
        "/console/features/{id}/{action}",
        &["rename", "delete"],
        include_str!("../../../src/console/features.rs"),
    ),
    ("/console/customers/{id}/{action}", &["ban", "lift"], include_str!("../../../src/console/customers.rs")),
];

/// The kinds of licences.
const KINDS: [&str; 7] = ["record", "pool", "tier", "file", "lk1", "lk2", "lk3"];

/// Every path of a pattern: one for each action, and for one that is not there.
pub(crate) fn paths(pattern: &str) -> Vec<String> {
    let of = |part: &str, names: &[&str]| {
        names.iter().chain(&["nothing"]).map(|name| path(&pattern.replace(part, name))).collect()
    };
    if pattern.contains("{action}") {
        let named = NAMES.iter().find(|(it, ..)| *it == pattern);
        return of("{action}", named.unwrap_or_else(|| panic!("no names for {pattern}")).1);
    }
    if pattern.contains("{kind}") { of("{kind}", &KINDS) } else { vec![path(pattern)] }
}

fn path(pattern: &str) -> String {
    pattern
        .replace("{id}", ID)
        .replace("{session}", ID)
        .replace("{license}", ID)
        .replace("{lot}", ID)
        .replace("{code}", "none")
}

#[test]
fn the_table_knows_every_route() {
    let routes = include_str!("../../../src/console.rs");
    for line in routes.lines().filter(|line| line.contains(".route(")) {
        let route = line.split('"').nth(1).expect("a path");
        if OPEN.contains(&route) {
            continue;
        }
        for (method, call) in [("GET", "get("), ("POST", "post(")] {
            let is_served = line.contains(&format!(" {call}")) || line.contains(&format!(".{call}"));
            let is_known = TABLE.iter().any(|(it, path, _)| *it == method && *path == route);
            assert_eq!(is_served, is_known, "{method} {route}");
        }
    }
}

#[test]
fn every_action_is_named() {
    for (pattern, names, source) in NAMES {
        let arms = super::between(source, "match action.as_str() {", "_ => return visitor.none()");
        let arms = arms.lines().filter_map(|line| line.trim_start().strip_prefix('"')?.split_once('"'));
        let mut known: Vec<&str> =
            arms.filter(|(_, rest)| rest.contains("=>")).map(|(name, _)| name).collect();
        known.dedup();
        assert_eq!(known, *names, "{pattern}");
    }
}

/// The text of all tests of a directory.
fn tests(directory: &Path) -> String {
    let entries =
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    let text = |path: PathBuf| match path.is_dir() {
        true => tests(&path),
        false => std::fs::read_to_string(&path).expect("a text"),
    };
    entries.map(text).collect()
}

#[test]
fn every_page_has_a_picture_that_a_test_takes() {
    let pages = TABLE.iter().filter(|(method, path, _)| *method == "GET" && !FILES.contains(path));
    let pages: Vec<&str> = pages.map(|(_, path, _)| *path).collect();
    let tests = tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/console"));
    let pictured: Vec<&str> = PAGES.iter().map(|(path, _)| *path).collect();
    for page in &pages {
        assert!(pictured.contains(page), "no picture of {page}");
    }
    for (page, picture) in PAGES {
        assert!(pages.contains(page), "a picture of {page}, which is not there");
        assert!(tests.contains(&format!(".shot(\"{picture}\")")), "no test takes the picture {picture}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_every_page_asks_to_sign_in() {
    let site = Site::new().await;
    for (method, pattern, _) in TABLE {
        for path in paths(pattern) {
            let (head, body) = match *method {
                "GET" => (String::new(), ""),
                _ => (format!("\r\n{FORM}"), "csrf=no"),
            };
            let answer = site.ask(&format!("{method} {path} HTTP/1.1{head}"), body).await;
            assert_eq!(answer.status, 401, "{method} {path}");
            assert!(answer.body.contains("name=\"password\""), "{method} {path}: {}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_action_refuses_what_a_role_may_not_do() {
    let site = Site::new().await;
    for (place, role) in Role::ALL.into_iter().enumerate() {
        let person = Person::of(&site, role).await;
        for (method, pattern, may) in TABLE {
            let may = may.as_bytes()[place] == b'x';
            for path in paths(pattern) {
                is_refused_or_not(&person, role, (method, &path), may).await;
            }
        }
    }
}

async fn is_refused_or_not(person: &Person<'_>, role: Role, (method, path): (&str, &str), may: bool) {
    let answer = match method {
        "GET" => person.get(path).await,
        _ => person.post(path, &[]).await,
    };
    let status = answer.status;
    assert_eq!(status != 403, may, "{role}: {method} {path}: {status}");
    assert!(status < 500 && status != 401, "{role}: {method} {path}: {status}");
    if method == "POST" {
        let foreign = person.post_with(path, &[], "another session's").await;
        assert_eq!(foreign.status, 403, "{role}: {path}");
        assert!(foreign.body.contains("nothing was done"), "{role}: {path}: {}", foreign.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_offers_what_a_role_may_see() {
    let site = Site::new().await;
    for (place, role) in Role::ALL.into_iter().enumerate() {
        let person = Person::of(&site, role).await;
        let home = person.page("/console/").await;
        let menu = super::between(&home, "<nav class=\"menu\"", "</nav>");
        let links: Vec<&str> =
            menu.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for link in &links {
            assert_eq!(person.get(link).await.status, 200, "{role}: {link}");
        }
        for (_, path, may) in TABLE.iter().filter(|(method, path, _)| {
            *method == "GET" && path.matches('/').count() == 2 && !path.ends_with("/me")
        }) {
            assert_eq!(links.contains(path), may.as_bytes()[place] == b'x', "{role}: {path}");
        }
    }
}
