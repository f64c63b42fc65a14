//! Configuration.

use crate::world::World;

#[test]
fn the_default_file_can_be_used() {
    let world = World::new();
    let default = world.out(&["config", "default"]);
    std::fs::write(world.path("keyward.toml"), &default).expect("written");
    assert!(world.out(&["config", "check"]).contains("can be used"));
    let print = world.out(&["config", "print", "--database", "postgres://me:hush@h/db", "--data", "there"]);
    assert!(print.contains("data = \"there\"") && print.contains("from --data"), "{print}");
    assert!(print.contains("me:***@h") && !print.contains("hush"), "{print}");
    assert!(!world.path("there").exists() && !world.path("keyward-data").exists(), "nothing is made");
}

#[test]
fn every_fault_is_named_with_the_nearest_key() {
    let world = World::new();
    let file = "[server]\nlisen = \"127.0.0.1:1\"\n\n[limits]\nfailures = \"many\"\n";
    std::fs::write(world.path("keyward.toml"), file).expect("written");
    let check = world.run(&["config", "check", "--json"]);
    let faults = check.json()["faults"].clone();
    assert_eq!((check.status, faults.as_array().map(Vec::len)), (1, Some(2)), "{faults}");
    assert_eq!(faults[0]["remedy"], "did you mean `server.listen`?");
    let people = world.run(&["config", "check"]);
    assert!(people.out.contains("keyward.toml, line 2") && people.out.contains("limits.failures"));
    let other = world.run(&["pool", "stats", "--json"]);
    assert_eq!(other.failure(), (2, "CONFIG".to_owned()));
    assert!(other.out.contains("server.listen"), "{}", other.out);
    assert!(!world.path("keyward-data").exists());
    let missing = world.run(&["pool", "stats", "--config", "gone.toml", "--json"]);
    assert_eq!(missing.failure(), (2, "CONFIG".to_owned()));
}
