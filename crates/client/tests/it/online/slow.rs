//! Servers that are away, or that let one wait.

use std::time::{Duration, UNIX_EPOCH};

use keyward_client::Code;
use keyward_client::online::Server;

use super::fake::{Act, Fake, dead, deaf, reply, text};
use super::{Device, KEY, START, activated};

/// Activates, and asks again at another server.
fn then(url: &str, timeout: Duration) -> (&'static str, Duration) {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(30))]);
    device.manager(Server::pool(&fake.url)).activate(KEY).expect("it is activated");
    let license = device.manager(Server::pool(url).timeout(timeout));
    let now = || UNIX_EPOCH.elapsed().expect("the year is after 1970");
    let before = now();
    let error = license.refresh().expect_err("nobody answers");
    let took = now().saturating_sub(before);
    assert_eq!(license.status().code(), Code::Valid, "{error}");
    assert_eq!(license.status().notes().len(), 1);
    (error.code(), took)
}

#[test]
fn a_server_that_is_away_costs_no_time() {
    let (code, took) = then(&dead(), Duration::from_secs(60));
    assert_eq!(code, "SERVER_UNREACHABLE");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_name_that_is_none_is_said_so() {
    let (code, _) = then("http://nobody.invalid", Duration::from_secs(60));
    assert_eq!(code, "SERVER_UNREACHABLE");
}

#[test]
fn patience_ends() {
    let patience = Duration::from_millis(300);
    let silent = Fake::new(vec![Act::Silent]);
    let drips = Fake::new(vec![Act::Drip(b"HTTP/1.1 200 OK\r\nX: y\r\n".to_vec())]);
    let (_listener, deaf) = deaf();
    for url in [&silent.url, &drips.url, &deaf, &deaf.replace("http:", "https:")] {
        let (code, took) = then(url, patience);
        assert_eq!(code, "SERVER_TIMEOUT", "{url}");
        assert!(took >= patience && took < Duration::from_secs(20), "{took:?}");
    }
}

#[test]
fn a_busy_server_is_left_alone_for_as_long_as_it_asks() {
    let device = Device::new();
    let fake = Fake::new(vec![
        reply(200, START, &activated(30)),
        text(429, START, "Retry-After: 40\r\n", r#"{"valid":false,"success":false}"#),
        reply(200, START, &activated(30)),
    ]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    let error = license.refresh().expect_err("it is busy");
    assert_eq!((error.code(), error.retry_after()), ("SERVER_BUSY", Some(Duration::from_secs(40))));
    device.clock.set(START + 39);
    let error = license.refresh().expect_err("it is not asked");
    assert_eq!((error.code(), error.retry_after()), ("SERVER_BUSY", Some(Duration::from_secs(1))));
    assert_eq!(fake.asked().len(), 2);
    assert_eq!(license.status().code(), Code::Valid);
    device.clock.set(START + 40);
    assert_eq!(license.refresh().expect("it answers again").notes(), []);
    assert_eq!(fake.asked().len(), 3);
    // A server that asks to wait for ever is asked again within the hour.
    fake.acts(vec![text(503, START, "Retry-After: 18446744073709551615\r\n", "")]);
    assert_eq!(license.refresh().expect_err("it is broken").code(), "SERVER_FAILED");
    device.clock.set(START + 3_640);
    fake.acts(vec![reply(200, START, &activated(30))]);
    license.refresh().expect("it answers again");
    // A date is as good as a number.
    fake.acts(vec![text(503, START, "Retry-After: Fri, 15 Jan 2027 08:00:05 GMT\r\n", "")]);
    assert_eq!(license.refresh().expect_err("it is broken").retry_after(), Some(Duration::from_secs(5)));
}
