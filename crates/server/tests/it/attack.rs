//! What somebody sends who means harm, to a whole server. Nothing fails, nothing is given away, and whoever is honest is
//! answered meanwhile. What each front says of what no client should send is shown in `bad_input`, `lk` and `records`.

mod bodies;
mod disk;
mod forged;
mod fuzz;
mod injected;
mod slow;
mod targets;
mod work;

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::site::Site;

/// How long an honest request may take while others attack, on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(5);

/// The server goes on: an honest request is answered, and soon.
async fn assert_answers(site: &Site, what: &str) {
    let answer = timeout(SOON, site.get("/api/health")).await;
    let answer = answer.unwrap_or_else(|_| panic!("{what}: not answered within {SOON:?}"));
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
}

/// One number of the metrics; 0 where there is none yet.
pub(crate) async fn metric(site: &Site, name: &str) -> u64 {
    let page = site.get("/metrics").await;
    let number = page.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    number.map_or(0, |number| number.parse().expect("a number"))
}

/// Everything that comes until the end of the connection, also when that end is rude.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let (mut bytes, mut part) = (Vec::new(), [0; 16 * 1024]);
    while let Ok(count @ 1..) = stream.read(&mut part).await {
        bytes.extend_from_slice(&part[..count]);
    }
    bytes
}
