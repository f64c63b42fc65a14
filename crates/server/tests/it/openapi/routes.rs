//! The routes are read from the source, so that one that nobody describes is found.

use std::collections::BTreeSet;
use std::path::Path;

use keyward_server::config::Config;
use keyward_server::openapi::document;
use keyward_server::serve::Serves;

use super::operations;

/// The server's source without the console, whose pages are for people, and without what only tests have.
const LEFT_OUT: [&str; 3] = ["console", "console.rs", "testkit.rs"];
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "any"];

#[test]
fn every_route_is_documented_and_nothing_else() {
    let mut routes = BTreeSet::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut routes);
    assert!(routes.len() > 35, "the source is not read: {routes:?}");
    let document = document(&Config::default(), Serves::All);
    let documented: BTreeSet<(String, String)> = operations(&document)
        .filter(|(_, _, operation)| operation.get("x-alias-of").is_none())
        .map(|(method, path, _)| (method.clone(), path.clone()))
        .collect();
    let missing: Vec<_> = routes.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&routes).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "not documented: {missing:?}; no routes: {invented:?}"
    );
}

/// Whatever is a route below `/api`, too, has a twin there.
#[test]
fn every_route_of_an_installation_is_there_twice() {
    let document = document(&Config::default(), Serves::All);
    let mut twins = 0;
    for (method, path, operation) in operations(&document) {
        if operation["tags"][0] == "Installations"
            && operation.get("x-alias-of").is_none()
            && path != "/license"
        {
            let twin = &document["paths"][format!("/api{path}")][method];
            assert_eq!(twin["x-alias-of"], **path);
            assert_eq!(twin["responses"], operation["responses"]);
            twins += 1;
        }
    }
    assert_eq!(twins, 16);
}

fn read(place: &Path, routes: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(place).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            read(&path, routes);
        } else if name.ends_with(".rs") {
            let source = std::fs::read_to_string(&path).expect("a text");
            let product = source.split("#[cfg(test)]").next().unwrap_or_default();
            product.split(".route(").skip(1).for_each(|call| found(call, routes));
        }
    }
}

/// `"/path", get(handler).post(another))…`
fn found(call: &str, routes: &mut BTreeSet<(String, String)>) {
    // The metrics have a function of this name, too: what begins without a path is no route of axum.
    let Some((path, rest)) = call.trim_start().strip_prefix('"').and_then(|call| call.split_once('"')) else {
        return;
    };
    let mut depth = 0_i32;
    let end = rest.char_indices().find(|(_, letter)| {
        depth += i32::from(*letter == '(') - i32::from(*letter == ')');
        depth < 0
    });
    let handlers = end.map_or(rest, |(end, _)| &rest[..end]);
    let mut any = false;
    for method in METHODS {
        let call = format!("{method}(");
        let is_method =
            |at: usize| !handlers[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if handlers.match_indices(&call).any(|(at, _)| is_method(at)) {
            routes.insert((method.to_owned(), path.to_owned()));
            any = true;
        }
    }
    assert!(any, "the methods of {path} cannot be read: {handlers}");
}
