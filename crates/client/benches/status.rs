//! What a question costs: `status()` beside reading its files and the bare signature check.
//!
//! `cargo bench -p keyward-client --bench status`. Interleaved rounds, medians; the target is at most 1.3. Nothing here passes
//! or fails.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer as _, SigningKey};
use keyward_client::LicenseManager;
use keyward_core::crypto::pure::Pure;
use keyward_core::crypto::{KeySet, PublicKey};
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::lk3::{Lk3, Lk3Key};

const ROUNDS: usize = 31;
const QUESTIONS: u32 = 200;

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    println!("a question beside reading its files and the bare signature check (target 1.3 at most):");
    lk3(&directory.path().join("lk3"));
    file(&directory.path().join("file"));
}

/// A key signed with Ed25519.
fn lk3(data: &Path) {
    let key = SigningKey::from_bytes(&[1; 32]);
    let public = PublicKey::ed25519(&key.verifying_key().to_bytes(), &Pure).expect("a point");
    let builder = LicenseManager::builder("books").public_key(&public.to_pem()).expect("a key");
    let manager = builder.data_directory(data).open().expect("it opens");
    let license = Lk3 {
        product: "books".to_owned(),
        tier: "PRO".to_owned(),
        company: "ABC Traders".to_owned(),
        device_id: manager.device_id().to_owned(),
        issued_day: 20_000,
        ..Lk3::default()
    };
    let text = license.sign(public.id(), None, |covered| key.sign(covered).to_bytes()).expect("it is issued");
    manager.import(text).expect("it holds");
    let keys = KeySet::of_public(public);
    measure("lk3, Ed25519", data, &manager, |text| {
        black_box(Lk3Key::parse(text).expect("a key").verify(&keys).expect("it fits"));
    });
}

/// A file of system D, of the vectors.
fn file(data: &Path) {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors/format_d.json");
    let text = std::fs::read_to_string(vectors).expect("the vectors");
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("they are JSON");
    let cases = vectors["cases"].as_array().expect("a list");
    let case = &cases.iter().find(|case| case["name"] == "valid_plain").expect("the case")["inputs"];
    let pem = vectors["keys"]["d_main"]["public_spki"].as_str().expect("a PEM text");
    std::fs::create_dir_all(data).expect("a directory");
    std::fs::write(data.join("license.key"), case["file_text"].as_str().expect("a file"))
        .expect("it is written");
    let builder = LicenseManager::builder("Versoll Books").public_key(pem).expect("a key");
    let builder = builder.device_id(case["device_id"].as_str().expect("an id")).data_directory(data);
    let manager = builder.open().expect("it opens");
    let keys = KeySet::of_public(PublicKey::from_pem(pem, &Pure).expect("a key"));
    measure("file, RSA-2048", data, &manager, |text| {
        black_box(LicenseFile::parse(text).expect("a file").verify(&keys).expect("it fits"));
    });
}

fn measure(name: &str, data: &Path, manager: &LicenseManager, verify: impl Fn(&str)) {
    let files = std::fs::read_dir(data).expect("a directory").flatten().map(|entry| entry.path());
    let is_state = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "state");
    let state = files.into_iter().find(is_state).expect("the memory");
    let mut rounds: Vec<(f64, Duration, Duration)> = (0..ROUNDS)
        .map(|_| {
            let bare = time(|| {
                let license = std::fs::read_to_string(data.join("license.key")).expect("the licence");
                black_box(std::fs::read(&state).expect("the memory"));
                verify(&license);
            });
            let ours = time(|| drop(black_box(manager.status())));
            (ours.as_secs_f64() / bare.as_secs_f64(), ours, bare)
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, ours, bare) = rounds[ROUNDS / 2];
    let (least, most) = (rounds[0].0, rounds[ROUNDS - 1].0);
    println!("  {name}: {ratio:.2} x (from {least:.2} to {most:.2})   status {ours:?}, bare {bare:?}");
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time(question: impl Fn()) -> Duration {
    let begun = Instant::now();
    for _ in 0..QUESTIONS {
        question();
    }
    begun.elapsed() / QUESTIONS
}
