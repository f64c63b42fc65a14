//! A million signed `lk3` keys by one command: keys a second beside the bare signing rate of all cores, and memory.
//!
//! `cargo bench -p keyward --bench bulk`. Nothing here passes or fails.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use keyward_engine::keyring::{self, SigningKey};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const KEYS: u64 = 1_000_000;
const PAIRS: usize = 3;

fn main() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&directory).expect("a directory for the run");
    let pem = directory.join("bulk.pem");
    let key = SigningKey::generate_ed25519(&mut StdRng::seed_from_u64(1));
    std::fs::write(&pem, key.to_pem().as_bytes()).expect("the key file is written");
    let cores = thread::available_parallelism().expect("the number of cores").get() as f64;

    println!("{KEYS} signed lk3 keys by one command, to {cores} x the bare signing rate (target 0.70)");
    let mut ratios: Vec<f64> = (0..PAIRS)
        .map(|_| {
            let bare = bare_rate();
            let (rate, peak) = issue(&pem, &directory.join("bulk.csv"));
            let ratio = rate / (cores * bare);
            println!("  {ratio:.2} x   {rate:.0} keys/s, bare {bare:.0} signatures/s a core, peak {peak} kB");
            ratio
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("  median {:.2} x", ratios[PAIRS / 2]);
}

/// Signatures a second on one core.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn bare_rate() -> f64 {
    let pem = SigningKey::generate_ed25519(&mut StdRng::seed_from_u64(2)).to_pem();
    let key = keyring::read_key(&pem).expect("a key");
    let (start, mut signed) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(2) {
        for _ in 0..100 {
            std::hint::black_box(key.sign(std::hint::black_box(&[7; 120])));
        }
        signed += 100;
    }
    f64::from(signed) / start.elapsed().as_secs_f64()
}

/// Keys a second, and the most memory that the process held, in kB.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn issue(pem: &std::path::Path, out: &std::path::Path) -> (f64, u64) {
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
        .args(["--company", "Nord Media GmbH", "--count", &KEYS.to_string()])
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
        thread::sleep(Duration::from_millis(20));
    }
    let seconds = start.elapsed().as_secs_f64();
    let lines = std::fs::read_to_string(out).expect("the keys").lines().count() as u64;
    assert_eq!(lines, KEYS + 1, "a header and a line a key");
    (KEYS as f64 / seconds, peak)
}

fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
