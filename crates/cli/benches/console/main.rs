//! How quick each page of the console is with a million licences, beside a bare handler of a few bytes.
//!
//! `cargo bench -p keyward --bench console [-- --licenses N] [--database URL] [--keep]`. A fresh database (with `--database` an
//! empty one on PostgreSQL), the program as a server, and one open connection. Each page is asked in turns with the bare
//! handler; medians, and the mean of what the server computed for it. `--keep` leaves the database there, and measures the one
//! that it left before. Nothing here passes or fails by its time.

mod fill;
mod pages;
#[path = "../shared/program.rs"]
mod program;
mod served;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use keyward_core::time::Timestamp;
use keyward_store::{DatabaseAddress, Options, Store, audit};

use pages::{Kind, Page};
use program::{Program, Served};
use served::Connection;

const ROUNDS: usize = 30;
const WARM_UP: usize = 3;
const PASSWORD: &str = "correct-horse-battery";

struct Wanted {
    licenses: u64,
    database: Option<String>,
    keep: bool,
}

fn main() {
    let wanted = wanted();
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("console-{}", wanted.licenses));
    let is_there = wanted.keep && data.join("filled").exists();
    if !is_there {
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir_all(&data).expect("a directory for the run");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let program = Program::new(&data, wanted.database.as_deref());
    if !is_there {
        // The program makes the database, with its account and keys.
        served::link(&program, "nobody@example.org");
        runtime.block_on(fill_it(&wanted, &data));
        std::fs::write(data.join("filled"), "").expect("a note");
    }
    // Before the server runs, which seals what was written and lets no command in meanwhile.
    let email = format!("ada-{}@example.org", std::process::id());
    let link = served::link(&program, &email);
    let served = program.serve(&[]);
    runtime.block_on(sealed(&wanted, &data));
    let bare = runtime.block_on(served::bare());
    let mut console = Connection::to(&served.host);
    sign_in(&mut console, &email, &link);
    measure(&served, &mut console, &mut Connection::to(&bare), &fill::chosen(wanted.licenses));
    drop(served);
    if !wanted.keep {
        std::fs::remove_dir_all(&data).expect("the database is removed");
    }
}

fn wanted() -> Wanted {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        Some(arguments.get(at + 1).unwrap_or_else(|| panic!("{name} has no value")).clone())
    };
    Wanted {
        licenses: value("--licenses").map_or(1_000_000, |it| it.parse().expect("a number of licences")),
        database: value("--database"),
        keep: arguments.iter().any(|argument| argument == "--keep"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark says how long it takes")]
async fn fill_it(wanted: &Wanted, data: &Path) {
    let begun = Instant::now();
    let since = std::time::UNIX_EPOCH.elapsed().expect("the year is after 1970");
    let now = Timestamp::from_seconds(since.as_secs().cast_signed());
    let store = open(wanted, data).await;
    fill::fill(store, wanted.licenses, now).await;
    println!("{} licences were written in {:.0?}", wanted.licenses, begun.elapsed());
}

async fn open(wanted: &Wanted, data: &Path) -> Store {
    let address = match &wanted.database {
        Some(url) => url.parse().expect("an address"),
        None => DatabaseAddress::Sqlite(data.join("keyward.db")),
    };
    Store::open(&address, Options::default()).await.expect("it opens")
}

/// Waits until the server has sealed the audit log, which it would do beside the pages.
async fn sealed(wanted: &Wanted, data: &Path) {
    let store = open(wanted, data).await;
    while audit::count_unsealed(&store).await.expect("it is asked") > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn sign_in(console: &mut Connection, email: &str, link: &str) {
    let body = format!("link={link}&email={email}&password={PASSWORD}&again={PASSWORD}");
    let answer = console.ask("POST", "/console/set-up", &body);
    let cookie = answer.header("set-cookie").and_then(|it| it.split(';').next());
    console.cookie = cookie.unwrap_or_else(|| panic!("nobody was let in: {}", answer.status)).to_owned();
}

fn measure(served: &Served, console: &mut Connection, bare: &mut Connection, chosen: &fill::Filled) {
    println!("ms of a page, beside a bare handler: lists at most 60 x, searches 200 x; under 60 kB as gzip");
    println!(
        "{:<38} {:>8} {:>8} {:>7} {:>8} {:>8} {:>8}",
        "page", "median", "worst", "ratio", "cpu", "bytes", "gzip"
    );
    for Page { name, path, kind } in pages::all(chosen, console) {
        let (mut ours, mut theirs, mut body) = (Vec::new(), Vec::new(), Vec::new());
        let mut computed = Duration::ZERO;
        for round in 0..WARM_UP + ROUNDS {
            if round == WARM_UP {
                computed = served.computed();
            }
            let (took, answer) = time(|| console.get(&path));
            assert_eq!(answer.status, 200, "{path}");
            let (bare, _) = time(|| bare.get("/"));
            if round >= WARM_UP {
                ours.push(took);
                theirs.push(bare);
            }
            body = answer.body;
        }
        let computed = (served.computed() - computed) / ROUNDS as u32;
        ours.sort_unstable();
        theirs.sort_unstable();
        let (median, worst) = (ours[ROUNDS / 2], ours[ROUNDS - 1]);
        let ratio = median.as_secs_f64() / theirs[ROUNDS / 2].as_secs_f64();
        let gzip = gzip(&body);
        let most = if kind == Kind::Search { 200.0 } else { 60.0 };
        let late = if ratio > most { " slow" } else { "" };
        let heavy = if gzip >= 60_000 { " heavy" } else { "" };
        println!(
            "{name:<38} {:>8.2} {:>8.2} {ratio:>5.0} x {:>8.2} {:>8} {gzip:>8}{late}{heavy}",
            millis(median),
            millis(worst),
            millis(computed),
            body.len()
        );
    }
    let took: Vec<_> = (0..200).map(|_| time(|| bare.get("/")).0).collect();
    println!("the bare handler: {:.3} ms", millis(median(took)));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn gzip(body: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).expect("it is written");
    encoder.finish().expect("it is written").len()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let done = work();
    (begun.elapsed(), done)
}
