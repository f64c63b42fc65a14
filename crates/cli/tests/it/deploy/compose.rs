//! The server and its PostgreSQL as a pair of containers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::image::{instructions, last, variables};
use super::{configuration_is_good, longest_end, root, seconds, settings, texts, yaml};
use crate::world::World;

const FILE: &str = "docker/compose.yaml";

fn names(map: &Value) -> BTreeSet<&str> {
    map.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

/// The name of a secret, and where it is in the container.
fn secret(used: &Value) -> (&str, String) {
    let name = used.as_str().or(used["source"].as_str()).expect("a name");
    let target = used["target"].as_str().map_or_else(|| format!("/run/secrets/{name}"), str::to_owned);
    (name, target)
}

#[test]
fn everything_that_it_names_is_declared() {
    let compose = yaml(FILE);
    let (mut secrets, mut volumes, mut networks) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (name, service) in compose["services"].as_object().expect("services") {
        let used: Vec<_> = service["secrets"].as_array().into_iter().flatten().map(secret).collect();
        // A variable shows in `docker inspect`: it names the file of a secret, and one that it is given.
        for (variable, value) in service["environment"].as_object().expect("variables") {
            let value = value.as_str().expect("a text");
            assert!(!value.is_empty() && !value.contains("://"), "{name}: {variable}");
            let is_secret = ["PASSWORD", "SECRET", "KEY_FILE"].iter().any(|word| variable.contains(word));
            assert!(!is_secret || used.iter().any(|(_, target)| target == value), "{name}: {variable}");
        }
        secrets.extend(used.into_iter().map(|(name, _)| name));
        volumes.extend(texts(&service["volumes"]).iter().filter_map(|volume| volume.split(':').next()));
        networks.extend(texts(&service["networks"]));
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        let image = service["image"].as_str().expect("an image");
        assert!(
            service["build"].is_object() || image.contains(':') && !image.ends_with(":latest"),
            "{image}"
        );
        assert!(texts(&service["security_opt"]).contains(&"no-new-privileges:true"), "{name}");
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        for (other, condition) in service["depends_on"].as_object().into_iter().flatten() {
            assert_eq!(condition["condition"], "service_healthy");
            assert!(compose["services"][other]["healthcheck"]["test"].is_array(), "{other}");
        }
    }
    assert_eq!(secrets, names(&compose["secrets"]));
    assert_eq!(volumes, names(&compose["volumes"]));
    assert_eq!(networks, names(&compose["networks"]));
    let ignored = std::fs::read_to_string(root().join(".gitignore")).expect("the file");
    for (_, secret) in compose["secrets"].as_object().expect("secrets") {
        let path = secret["file"].as_str().expect("a file");
        assert!(path.starts_with("secrets/") && ignored.contains("\n/deploy/docker/secrets\n"), "{path}");
    }
}

#[test]
fn the_server_finds_what_it_is_given() {
    let world = World::new();
    let compose = yaml(FILE);
    let server = &compose["services"]["keyward"];
    let build = root().join("deploy/docker").join(server["build"]["context"].as_str().expect("a context"));
    let dockerfile = build.join(server["build"]["dockerfile"].as_str().expect("a file"));
    assert_eq!(
        dockerfile.canonicalize().expect("it is there"),
        root().join("deploy/docker/Dockerfile").canonicalize().expect("it is there")
    );

    let set = server["environment"].as_object().expect("variables");
    let set = set.iter().map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()));
    let all: Vec<(String, String)> = variables().into_iter().chain(set).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    configuration_is_good(&world, None, &all);
    let settings = settings(&world, None, &all);
    let secrets: Vec<_> = server["secrets"].as_array().into_iter().flatten().map(secret).collect();
    assert!(secrets.iter().any(|(_, target)| *target == settings["keys.master_key_file"]), "{secrets:?}");
    let expected = format!("{}/keyward.toml", last("WORKDIR"));
    assert!(secrets.iter().any(|(_, target)| *target == expected), "{secrets:?}");
    assert_eq!(texts(&server["volumes"]), [format!("data:{}", last("VOLUME"))]);
    let port = settings["server.listen"].rsplit(':').next().expect("a port").to_owned();
    assert!(texts(&server["ports"]).iter().all(|published| published.ends_with(&format!(":{port}"))));
    assert!(seconds(server["stop_grace_period"].as_str().expect("a time")) > longest_end(&settings));
    assert!(server["read_only"] == true && texts(&server["cap_drop"]) == ["ALL"]);
    assert!(instructions().iter().any(|(name, _)| name == "HEALTHCHECK"), "the image says how it is asked");
    let gateway = &compose["networks"]["inside"]["ipam"]["config"][0]["gateway"];
    assert!(settings["server.trusted_proxies"].contains(gateway.as_str().expect("an address")));
}
