//! A million signed `lk3` keys by one command: keys a second beside the bare signing rate of all cores, and memory.
//!
//! `cargo bench -p keyward --bench bulk`. Nothing here passes or fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use keyward_engine::keyring::{self, SigningKey};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// The whole run, for its memory.
const KEYS: u64 = 1_000_000;
/// A part of it, for its speed: short, and in turns with bare signing, because a machine changes its speed.
const PART: u64 = 50_000;
const TURNS: u32 = 6;
const PAIRS: usize = 5;

fn main() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&directory).expect("a directory for the run");
    let (pem, out) = (directory.join("bulk.pem"), directory.join("bulk.csv"));
    let key = SigningKey::generate_ed25519(&mut StdRng::seed_from_u64(1));
    std::fs::write(&pem, key.to_pem().as_bytes()).expect("the key file is written");
    let cores = thread::available_parallelism().expect("the number of cores").get() as f64;

    println!("signed lk3 keys by one command, to {cores} x the bare signing rate of a core (target 0.70):");
    println!(
        "first the rate of a core while all of them sign, then that of one core alone, which shares nothing"
    );
    let mut ratios: Vec<(f64, f64)> = (0..PAIRS)
        .map(|_| {
            let [mut made, mut together, mut alone] = [0.0; 3];
            for _ in 0..TURNS {
                // Sums of seconds a key: the mean of rates would favour the fast moments.
                made += 1.0 / issue(PART, &pem, &out).0;
                together += 1.0 / bare_rate();
                alone += 1.0 / rate_of_one();
            }
            let rate = |seconds: f64| f64::from(TURNS) / seconds;
            println!(
                "  {:.2} x, {:.2} x   {:.0} keys/s, bare {:.0} and {:.0} signatures/s",
                together / made / cores,
                alone / made / cores,
                rate(made),
                rate(together),
                rate(alone)
            );
            (together / made / cores, alone / made / cores)
        })
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (together, alone) = ratios[PAIRS / 2];
    println!("  median {together:.2} x, {alone:.2} x");
    for keys in [PART, KEYS] {
        println!("  {keys} keys: at most {} kB of memory", issue(keys, &pem, &out).1);
    }
}

/// Signatures a second of one core while all of them sign.
fn bare_rate() -> f64 {
    let cores = thread::available_parallelism().expect("the number of cores").get();
    let sum: f64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(rate_of_one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
    });
    sum / cores as f64
}

/// Signatures a second of this thread.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn rate_of_one() -> f64 {
    let pem = SigningKey::generate_ed25519(&mut StdRng::seed_from_u64(2)).to_pem();
    let key = keyring::read_key(&pem).expect("a key");
    let (start, mut signed) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_millis(500) {
        for _ in 0..100 {
            std::hint::black_box(key.sign(std::hint::black_box(&[7; 120])));
        }
        signed += 100;
    }
    f64::from(signed) / start.elapsed().as_secs_f64()
}

/// Keys a second, and the most memory that the process held, in kB.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn issue(keys: u64, pem: &Path, out: &Path) -> (f64, u64) {
    if out.exists() {
        std::fs::remove_file(out).expect("the file of the last run is removed");
    }
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyward"))
        .args([
            "issue",
            "lk3",
            "--product",
            "signage",
            "--tier",
            "PRO-10",
            "--devices",
            "10",
            "--days",
            "365",
        ])
        .args(["--company", "Nord Media GmbH", "--count", &keys.to_string()])
        .arg("--key")
        .arg(pem)
        .arg("--out")
        .arg(out)
        .stdin(Stdio::null())
        .spawn()
        .expect("keyward starts");
    let mut peak = 0;
    loop {
        peak = peak.max(peak_memory(child.id()));
        if let Some(status) = child.try_wait().expect("the process can be waited for") {
            assert!(status.success(), "keyward failed");
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let seconds = start.elapsed().as_secs_f64();
    let lines = std::fs::read_to_string(out).expect("the keys").lines().count() as u64;
    assert_eq!(lines, keys + 1, "a header and a line a key");
    (keys as f64 / seconds, peak)
}

fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
