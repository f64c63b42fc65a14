//! System C's own server, deployed as its document says, beside ours: the same machine, client, keys and questions.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use keyward_store::testing::Database;

use crate::Wanted;
use crate::asking::{Asked, ask};
use crate::filled::{Filled, SECRET, Verify, old_row, old_tables};
use crate::report::{Five, Report};
use crate::verdicts::settings;

const PAIRS: usize = 5;
const CLIENTS: usize = 64;
const TIME: Duration = Duration::from_secs(4);
const SERVER: &str = include_str!("old_server/server.py");
const REQUIREMENTS: &str = include_str!("old_server/requirements.txt");

pub(crate) fn run(wanted: &Wanted, place: &Path, report: &mut Report) {
    let half = wanted.licenses / 2;
    let filled = Filled::new(&place.join(format!("sqlite-{}", wanted.licenses)), half, half);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let database =
        runtime.block_on(Database::postgres()).expect("a server: cargo xtask bench server starts one");
    runtime.block_on(fill(&database, &filled.tier));
    let old = Old::start(&place.join("old-server"), &database.url().expect("its address"));
    let requests = Arc::new(Verify(Arc::clone(&filled.tier), filled.tier.len()));
    // What its document asks for: every attempt in full.
    let ours = filled.program.serve(&settings("full"));
    let asked = |host: &str| ask(host, CLIENTS, TIME, &requests);
    asked(&old.host);
    asked(&ours.host);
    let (theirs, ours): (Vec<_>, Vec<_>) = (0..PAIRS).map(|_| (asked(&old.host), asked(&ours.host))).unzip();
    report.section(
        "System C's own server",
        "`POST /api/verify` about the same keys from 64 clients: that server as its document deploys it (`gunicorn -w 4`, PostgreSQL, \
         its limiter off), which writes nothing down, and ours with `full`, its own limiter and a row for each attempt.",
    );
    report.header(&["server", "answers/s", "median", "p99"]);
    row("gunicorn, Flask, PostgreSQL", &theirs, report);
    row("`keyward serve`, SQLite", &ours, report);
    let ratio = |(ours, theirs): (&Asked, &Asked)| ours.rate() / theirs.rate();
    let ratios = Five::new(ours.iter().zip(&theirs).map(ratio).collect());
    report.line(&format!("\nThat is {:.0} times as many.", ratios.median()));
}

fn row(name: &str, asked: &[Asked], report: &mut Report) {
    let of = |value: fn(&Asked) -> f64| Five::new(asked.iter().map(value).collect()).median();
    report.row([
        name.to_owned(),
        format!("{:.0}", of(Asked::rate)),
        format!("{:.2} ms", of(|asked| asked.latency(0.5).as_secs_f64() * 1e3)),
        format!("{:.2} ms", of(|asked| asked.latency(0.99).as_secs_f64() * 1e3)),
    ]);
}

async fn fill(database: &Database, keys: &[String]) {
    database.run_script(old_tables()).await;
    for (part, keys) in keys.chunks(1_000).enumerate() {
        let rows = keys.iter().enumerate().map(|(number, key)| old_row(part * 1_000 + number, key));
        let rows = rows.collect::<Vec<_>>().join(", ");
        let insert = format!("insert into licenses (license_key, user_id, tier, expires_at) values {rows}");
        database.run_script(&insert).await;
    }
    database.run_script("vacuum analyze").await;
}

/// The old server. Ended when it is dropped.
struct Old {
    child: Child,
    host: String,
}

impl Old {
    fn start(directory: &Path, url: &str) -> Self {
        let python = environment(directory);
        std::fs::write(directory.join("server.py"), SERVER).expect("it is written");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let host = format!("127.0.0.1:{port}");
        let log = std::fs::File::create(directory.join("log")).expect("a log");
        let mut gunicorn = Command::new(python);
        gunicorn.args(["-m", "gunicorn", "-w", "4", "-b", &host, "server:app"]).current_dir(directory);
        gunicorn.env("MASTER_KEY", SECRET).env("DATABASE_URL", url).stdin(Stdio::null());
        let child = gunicorn.stdout(Stdio::null()).stderr(log).spawn().expect("gunicorn starts");
        let mut old = Self { child, host };
        while std::net::TcpStream::connect(&old.host).is_err() {
            assert!(
                old.child.try_wait().expect("it is asked").is_none(),
                "gunicorn ended: see {}",
                directory.join("log").display()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        old
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Python with the packages of the document, made once.
fn environment(directory: &Path) -> PathBuf {
    let python = directory.join("bin/python");
    if directory.join("ready").exists() {
        return python;
    }
    let run =
        |command: &mut Command| assert!(command.status().expect("python3 starts").success(), "{command:?}");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(directory));
    let requirements = directory.join("requirements.txt");
    std::fs::File::create(&requirements)
        .and_then(|mut file| file.write_all(REQUIREMENTS.as_bytes()))
        .expect("it is written");
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"];
    run(Command::new(&python).args(install).arg(&requirements));
    std::fs::write(directory.join("ready"), "").expect("a note");
    python
}
