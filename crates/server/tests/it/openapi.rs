//! `/openapi.json` and `/docs`: every route is in them, and the server answers as they say.

mod answers;
mod page;
mod routes;
mod schema;
mod schemathesis;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use keyward_server::config::{Config, MetricsAccess, StatsAccess};
use keyward_server::openapi::document;
use keyward_server::serve::Serves;
use serde_json::Value;

use crate::site::{Site, ask};

const DOORS: [Serves; 5] = [Serves::All, Serves::Records, Serves::Pool, Serves::Tier, Serves::Lk];

/// Every operation: its method, its path, and what is said of it.
fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().expect("there are paths");
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("there are methods");
        methods.iter().map(move |(method, operation)| (method, path, operation))
    })
}

#[test]
fn the_committed_copy_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let wanted = format!("{:#}\n", document(&Config::default(), Serves::All));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("the document is written");
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == wanted,
        "docs/openapi.json is not what the code says: run `UPDATE_DOCS=1 cargo test -p keyward-server --test it -- openapi`"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_part_of_a_path_is_declared() {
    for serves in DOORS {
        let document = document(&Config::default(), serves);
        for place in references(&document) {
            let pointer = place.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{serves:?}: {place}");
        }
        let mut ids = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let declared: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            let named =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(declared, named, "{method} {path}");
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id), "{id} is there twice");
            assert!(operation["responses"].as_object().is_some_and(|answers| answers.len() > 1), "{id}");
            for way in operation["security"].as_array().into_iter().flatten() {
                for scheme in way.as_object().expect("an object").keys() {
                    assert!(document["components"]["securitySchemes"][scheme].is_object(), "{id}: {scheme}");
                }
            }
        }
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().flat_map(references).collect(),
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_of_what_is_switched_on_at_this_listener() {
    let site = Site::with(|config| {
        config.dialects.pool.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.dialects.pool.stats = StatsAccess::Token;
        config.dialects.tier.enabled = false;
        config.server.metrics = MetricsAccess::Off;
    })
    .await;
    let [main, pool] = &site.urls[..] else { panic!("two doors, not {:?}", site.urls) };
    let mut paths = Vec::new();
    for url in [main, pool] {
        let answer = ask(url, "GET /openapi.json HTTP/1.1", "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let document = answer.json();
        assert!(document["paths"]["/api/stats"]["get"]["responses"]["401"].is_object());
        let found = document["paths"].as_object().expect("there are paths").keys().cloned();
        paths.push(found.collect::<BTreeSet<String>>());
    }
    let [main, pool] = &paths[..] else { panic!("two documents") };
    assert!(main.contains("/license/status") && main.contains("/api/activate"));
    assert!(!main.contains("/api/verify") && !main.contains("/metrics"));
    assert!(
        pool.contains("/api/activate") && pool.contains("/health/ready") && !pool.contains("/license/status")
    );
    assert!(main.iter().all(|path| !path.starts_with("/console")));
}
