//! PostgreSQL is killed or frozen under the server, and goes on; or a synchronous standby takes its place.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use super::cluster::{Cluster, Place};
use super::ledger::Ledger;
use super::report::Row;
use super::shop::{Shop, Staff};
use super::traffic::Traffic;
use super::{is_left_out, now, outages, seed, start};
use crate::served::{Served, ask, until};
use crate::world::World;

/// How long clients are at work before it leaves, at the most, and how long the database is away.
const MOST: u64 = 700;

#[test]
fn postgresql_killed_and_started_again() {
    if !is_left_out() {
        returned(
            &Place::new(),
            "PostgreSQL killed under the server",
            outages(),
            Cluster::kill,
            Cluster::start,
        );
    }
}

#[test]
fn postgresql_frozen_and_let_go() {
    if !is_left_out() {
        returned(
            &Place::new(),
            "PostgreSQL frozen under the server",
            freezes(),
            Cluster::freeze,
            Cluster::thaw,
        );
    }
}

/// The one that leaves comes back itself.
fn returned<'p>(
    place: &'p Place,
    what: &'static str,
    rounds: u32,
    leave: fn(&mut Cluster<'p>),
    back: fn(&mut Cluster<'p>),
) {
    let mut cluster = Cluster::new(place, "only");
    cluster.start();
    let url = cluster.url();
    Outage { leave, back, again: |_| () }.happens(what, rounds, &url, &mut cluster);
}

#[test]
fn a_standby_promoted_in_its_place() {
    promoted("standby promoted", outages(), |(primary, _)| primary.kill());
}

#[test]
fn a_standby_promoted_in_place_of_a_frozen_one() {
    promoted("promoted for a frozen one", freezes(), |(primary, _)| primary.freeze());
}

/// Fewer than kills: it takes ten seconds and more until the silence is called one.
fn freezes() -> u32 {
    (outages() / 2).max(1)
}

/// The one that leaves never comes back: from then on the standby is asked.
fn promoted(what: &'static str, rounds: u32, leave: fn(&mut (Cluster, Cluster))) {
    if is_left_out() {
        return;
    }
    let place = Place::new();
    let mut primary = Cluster::new(&place, "first");
    primary.start();
    let standby = Cluster::standby_of(&primary, "second", super::cluster::free_port());
    let url = format!(
        "postgres://keyward@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port, standby.port
    );
    let outage = Outage {
        // The standby is there and takes no changes.
        leave,
        back: |(_, standby)| standby.promote(),
        // In the place of the one that left another follows, with nothing of what that had.
        again: |(primary, standby)| {
            let (name, port) = (primary.name().to_owned(), primary.port);
            primary.end();
            std::mem::swap(primary, standby);
            *standby = Cluster::standby_of(primary, &name, port);
        },
    };
    outage.happens(what, rounds, &url, &mut (primary, standby));
}

/// How a database goes away and comes back, and what is done before it may go again.
struct Outage<D> {
    leave: fn(&mut D),
    back: fn(&mut D),
    again: fn(&mut D),
}

impl<D> Outage<D> {
    /// Again and again, with clients at work.
    fn happens(&self, what: &'static str, rounds: u32, url: &str, database: &mut D) {
        let seed = seed(what);
        let mut chance = StdRng::seed_from_u64(seed);
        let world = World::with_keys().at(url);
        let staff = Staff::of(&world);
        let (mut row, mut ledger) = (Row::new(what, rounds), Ledger::default());
        let mut served = start(&world, &[]);
        for round in 0..rounds {
            let shop = Shop::open(&world, &served.host, &staff, &format!("round-{round}"));
            let traffic = Traffic::default();
            let mut moment = || Duration::from_millis(chance.random_range(0..MOST));
            let (before, away) = (moment(), moment());
            traffic.run(&world, &served.host, &shop, seed.wrapping_add(round.into()), || {
                until("a client was answered", || traffic.acknowledged() > 0);
                std::thread::sleep(before);
                (self.leave)(database);
                while_away(&served, &shop);
                std::thread::sleep(away);
                (self.back)(database);
                row.recovered(recovery(&served, &traffic));
            });
            held(&mut served, &traffic);
            (self.again)(database);
            ledger.check(&world, &served.host, traffic, &mut row);
        }
        row.finish();
    }
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
