//! PostgreSQL is killed under the server, and started again; or a synchronous standby takes its place.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use super::cluster::{Cluster, Place, until};
use super::ledger::Ledger;
use super::report::Row;
use super::shop::{Shop, Staff};
use super::traffic::Traffic;
use super::{is_left_out, now, outages, seed, start};
use crate::served::{Served, ask};
use crate::world::World;

/// How long clients are at work before the kill, at the most, and how long the database is away.
const MOST: u64 = 700;

#[test]
fn postgresql_killed_and_started_again() {
    const WHAT: &str = "PostgreSQL killed under the server";
    if is_left_out() {
        return;
    }
    let (rounds, seed) = (outages(), seed(WHAT));
    let mut chance = StdRng::seed_from_u64(seed);
    let place = Place::new();
    let mut cluster = Cluster::new(&place, "only");
    cluster.start();
    let world = World::with_keys().at(&cluster.url());
    let staff = Staff::of(&world);
    let (mut row, mut ledger) = (Row::new(WHAT, rounds), Ledger::default());
    let mut served = start(&world, &[]);
    for round in 0..rounds {
        let shop = Shop::open(&world, &served.host, &staff, &format!("round-{round}"));
        let traffic = Traffic::default();
        let mut moment = || Duration::from_millis(chance.random_range(0..MOST));
        let (before, away) = (moment(), moment());
        traffic.run(&world, &served.host, &shop, seed.wrapping_add(round.into()), || {
            until("a client was answered", || traffic.acknowledged() > 0);
            std::thread::sleep(before);
            cluster.kill();
            while_away(&served, &shop);
            std::thread::sleep(away);
            cluster.start();
            row.recovered(recovery(&served, &traffic));
        });
        held(&mut served, &traffic);
        ledger.check(&world, &served.host, traffic, &mut row);
    }
    row.finish();
}

#[test]
fn a_standby_promoted_in_its_place() {
    const WHAT: &str = "standby promoted";
    if is_left_out() {
        return;
    }
    let (rounds, seed) = (outages(), seed(WHAT));
    let mut chance = StdRng::seed_from_u64(seed);
    let place = Place::new();
    let mut primary = Cluster::new(&place, "first");
    primary.start();
    let mut standby = Cluster::standby_of(&primary, "second", super::cluster::free_port());
    let url = format!(
        "postgres://keyward@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port, standby.port
    );
    let world = World::with_keys().at(&url);
    let staff = Staff::of(&world);
    let (mut row, mut ledger) = (Row::new(WHAT, rounds), Ledger::default());
    let mut served = start(&world, &[]);
    for round in 0..rounds {
        let shop = Shop::open(&world, &served.host, &staff, &format!("round-{round}"));
        let traffic = Traffic::default();
        let mut moment = || Duration::from_millis(chance.random_range(0..MOST));
        let (before, away) = (moment(), moment());
        traffic.run(&world, &served.host, &shop, seed.wrapping_add(round.into()), || {
            until("a client was answered", || traffic.acknowledged() > 0);
            std::thread::sleep(before);
            primary.kill();
            // The standby is there and takes no changes.
            while_away(&served, &shop);
            std::thread::sleep(away);
            standby.promote();
            row.recovered(recovery(&served, &traffic));
        });
        held(&mut served, &traffic);
        ledger.check(&world, &served.host, traffic, &mut row);
        // The one that was killed never comes back with what it had: in its place another follows.
        let (name, port) = (primary.name().to_owned(), primary.port);
        primary = std::mem::replace(&mut standby, primary);
        standby = Cluster::standby_of(&primary, &name, port);
    }
    row.finish();
}

/// What everybody is told while the database is away.
fn while_away(served: &Served, shop: &Shop) {
    let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let activation = json!({ "license_key": "ABC123XYZ789", "domain_fingerprint": "d" }).to_string();
    let tier = json!({ "license": shop.staff.tier }).to_string();
    let (customer, staff) = (bearer(&shop.customer), bearer(&shop.staff.token));
    let device = json!({ "deviceId": "d" }).to_string();
    for (method, path, headers, body, status, says) in [
        ("GET", "/health/live", "", "", 200, "ok"),
        ("GET", "/health/ready", "", "", 503, "unavailable"),
        ("GET", "/api/health", "", "", 503, ""),
        ("GET", "/api/validate/ABC123XYZ789", "", "", 503, "DATABASE_UNREACHABLE"),
        ("GET", "/api/stats", "", "", 503, "DATABASE_UNREACHABLE"),
        ("POST", "/api/activate", "", &activation, 503, "DATABASE_UNREACHABLE"),
        // As system C's document says.
        ("POST", "/api/verify", "", &tier, 500, r#"{"error":"Internal server error","valid":false}"#),
        ("GET", "/license/status", &customer, "", 503, "DATABASE_UNREACHABLE"),
        ("POST", "/devices", &customer, &device, 503, "DATABASE_UNREACHABLE"),
        ("GET", "/records", &staff, "", 503, ""),
        ("POST", "/records", &format!("{form}{staff}"), "client_id=d&license_type=Pro&duration=1", 503, ""),
    ] {
        let answer = crate::served::exchange(&served.host, method, path, headers, body);
        let answer = answer.unwrap_or_else(|| panic!("{path} is not answered"));
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert!(answer.body.contains(says), "{method} {path}: {answer:?}");
    }
}

/// The time to the first good answer from now on; and that the clients are served again.
fn recovery(served: &Served, traffic: &Traffic) -> Duration {
    let begun = now();
    until("the server is ready again", || {
        ask(&served.host, "GET", "/health/ready", "", "").is_some_and(|(status, _)| status == 200)
    });
    let after = begun.elapsed();
    let before = traffic.acknowledged();
    until("changes are made again", || traffic.acknowledged() > before + 20);
    after
}

/// The server lived through it, and said so to whoever asked.
fn held(served: &mut Served, traffic: &Traffic) {
    assert_eq!(served.ended(), None, "the server ended: {}", served.log());
    assert_eq!(traffic.broken(), 0, "an answer did not come: {}", served.log());
    assert!(traffic.refused() > 0, "nobody noticed that the database was away");
}
