//! The server did what it was asked for, and its answer is lost.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyward_client::Code;
use keyward_client::online::Server;
use serde_json::json;

use super::Device;
use crate::lk::tenant::Tenant;
use crate::site::Site;

/// A way to the server that loses answers while it is told to.
pub(super) struct Way {
    pub(super) url: String,
    loses: Arc<AtomicBool>,
}

impl Way {
    pub(super) fn to(site: &Site) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = site.url.strip_prefix("http://").expect("an address").trim_end_matches('/').to_owned();
        let loses = Arc::new(AtomicBool::new(true));
        let lose = Arc::clone(&loses);
        std::thread::spawn(move || {
            for mut near in listener.incoming().flatten() {
                let mut far = TcpStream::connect(&server).expect("the server listens");
                far.write_all(&request(&mut near)).expect("it is sent");
                let mut answer = Vec::new();
                far.read_to_end(&mut answer).expect("it is answered");
                if !lose.load(Ordering::Relaxed) {
                    near.write_all(&answer).expect("it is told");
                }
            }
        });
        Self { url, loses }
    }

    pub(super) fn is_good(&self) {
        self.loses.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_bad(&self) {
        self.loses.store(true, Ordering::Relaxed);
    }
}

/// Head and body, by its length.
fn request(stream: &mut TcpStream) -> Vec<u8> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut part).expect("a request");
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let wanted = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if body.len() >= wanted.map_or(0, |length| length.parse().expect("a number")) {
            return bytes;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_twice_for_an_activation() {
    let site = Site::new().await;
    let way = Way::to(&site);
    let (device, key) = (Device::new(&site, "pool", Server::pool(&way.url)), site.pool_key("30").await.key);
    assert_eq!(device.activate(&key).expect_err("it is lost").code(), "SERVER_UNREACHABLE");
    assert_eq!(device.license.status().code(), Code::NotFound);
    site.clock.advance(60);
    way.is_good();
    let status = device.activate(&key).expect("it was activated");
    let end = status.verdict().expiry.expect("it ends").seconds();
    assert_eq!(
        (status.code(), end),
        (Code::Valid, crate::site::START + 30 * super::DAY),
        "since the first time"
    );
    assert_eq!(site.get("/api/stats").await.json()["used_licenses"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_given_back_once_and_usage_counts_once() {
    let site = Site::new().await;
    let customer = Tenant::new(&site, "theia").await;
    let way = Way::to(&site);
    let device = Device::new(&site, "lk", Server::installation(&way.url, &customer.token));
    let key = customer.lk3(|key| {
        key.limits.insert("api-calls".to_owned(), 100);
    });
    assert!(device.activate(&key).is_err());
    way.is_good();
    assert_eq!(device.activate(&key).expect("it is activated").code(), Code::Valid);
    assert_eq!(customer.read("/license/status").await["currentDevices"], 1);

    device.license.consent(true).expect("it is remembered");
    for _ in 0..5 {
        device.license.record_use("api-calls").expect("it is counted");
    }
    let send = || tokio::task::block_in_place(|| device.license.send_usage());
    way.is_bad();
    for _ in 0..3 {
        assert_eq!(send().expect_err("it is lost").code(), "SERVER_UNREACHABLE");
        device.license.record_use("api-calls").expect("it is counted");
    }
    assert_eq!(device.license.usage().totals()["api-calls"], 8);
    way.is_good();
    assert_eq!(send().expect("it is told").totals()["api-calls"], 3);
    send().expect("it is told");
    let used = json!([{ "name": "api-calls", "used": 8, "limit": 100, "remaining": 92 }]);
    assert_eq!(customer.read("/license/usage").await, used);

    let give_back = || tokio::task::block_in_place(|| device.license.deactivate());
    way.is_bad();
    assert_eq!(give_back().expect_err("it is lost").code(), "SERVER_UNREACHABLE");
    assert_eq!(device.license.status().code(), Code::Valid, "it is not known that it was given back");
    way.is_good();
    assert_eq!(give_back().expect("it was given back").code(), Code::NotFound);
    assert_eq!(customer.read("/license/status").await["currentDevices"], 0);
}
