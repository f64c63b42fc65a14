//! Many who hold a connection, and those who take no answer: they cost little, and hold up nobody.

use std::process::Command;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::site::{Site, connect};

const HEALTH: &[u8] = b"GET /api/health HTTP/1.1\r\nHost: test\r\n\r\n";

/// Asks for the same page so often that the answers fill what the system keeps for the two ends, and reads none.
async fn greedy(site: &Site) -> TcpStream {
    let mut stream = connect(&site.url).await;
    let requests = b"GET /console/sign-in HTTP/1.1\r\nHost: test\r\n\r\n".repeat(10_000);
    // Once the answers are stuck the server takes no more requests, either.
    let sent = timeout(Duration::from_millis(300), stream.write_all(&requests)).await;
    assert!(sent.is_err() || sent.is_ok_and(|sent| sent.is_ok()));
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_answer_holds_nobody_up_and_is_let_go() {
    let site = Site::with(|config| config.server.header_timeout = Duration::from_secs(2)).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(greedy(&site).await);
        super::assert_answers(&site, "somebody takes no answer").await;
    }
    // Nothing more is answered, and that for longer than a connection may idle: what was may be read, and no more comes.
    let answered = || {
        super::metric(
            &site,
            r#"keyward_http_requests_total{code="200",method="GET",route="/console/sign-in"}"#,
        )
    };
    let mut before = 0;
    while answered().await != before {
        before = answered().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(before > 0);
    tokio::time::sleep(Duration::from_secs(3)).await;
    for mut stream in streams {
        let rest = timeout(Duration::from_secs(5), super::rest(&mut stream)).await.expect("it was let go");
        let answers = rest.windows(9).filter(|bytes| *bytes == b"HTTP/1.1 ").count();
        assert!((1..10_000).contains(&answers), "{answers} answers");
    }
    super::assert_answers(&site, "they are gone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_byte_now_and_then_is_let_go_in_time() {
    let site = Site::with(|config| {
        config.server.header_timeout = Duration::from_millis(600);
        config.server.read_timeout = Duration::from_millis(600);
    })
    .await;
    let head = b"POST /api/verify HTTP/1.1\r\nHost: test\r\nContent-Length: 10000\r\n\r\n{\"license\": \"";
    let drip = async |start: &[u8]| {
        let mut stream = connect(&site.url).await;
        stream.write_all(start).await.expect("it is sent");
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Neither a head nor a body may take its time a byte at a time.
    let all = async { tokio::join!(drip(b"GET /api/health HTTP/1.1\r\nX-Slow: "), drip(head), drip(b"")) };
    timeout(Duration::from_secs(5), all).await.expect("all were let go");
    super::assert_answers(&site, "they are gone").await;
}

/// In a process of its own, whose memory no other test uses: the test runs itself again.
#[test]
fn a_thousand_idle_connections_cost_little() {
    const ALONE: &str = "KEYWARD_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Runtime::new().expect("a runtime").block_on(a_thousand());
    }
    let name = "attack::slow::a_thousand_idle_connections_cost_little";
    let program = std::env::current_exe().expect("this program has a name");
    // Two handles each: more than some systems give a program that does not ask.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 4096; exec \"$0\" --exact \"$1\" --nocapture"]).arg(program).arg(name);
    let output = command.env(ALONE, "1").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{failed}");
}

async fn a_thousand() {
    let site = Site::new().await;
    let one = async || {
        let mut stream = connect(&site.url).await;
        stream.write_all(HEALTH).await.expect("it is sent");
        let count = stream.read(&mut [0; 4_096]).await.expect("it is answered");
        assert!(count > 0, "it is answered");
        stream
    };
    // What is made once is made before.
    drop(one().await);
    let before = resident();
    let mut streams = Vec::new();
    for number in 0..1_000 {
        streams.push(one().await);
        // Half of them stop in the middle of the next request.
        if number % 2 == 0 {
            streams[number].write_all(&HEALTH[..HEALTH.len() - 4]).await.expect("it is sent");
        }
    }
    let each = resident().saturating_sub(before) / streams.len();
    assert!(each < 32 * 1_024, "{each} bytes for an idle connection");
    super::assert_answers(&site, "a thousand are idle").await;
    // And each is still served.
    let last = streams.last_mut().expect("a thousand");
    last.write_all(HEALTH).await.expect("it is sent");
    assert!(last.read(&mut [0; 4_096]).await.expect("it is answered") > 0);
    eprintln!("{each} bytes for an idle connection");
}

/// The memory of this process that is in use, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1_024
}
