//! Whole moves: a database of an older system with 10,000 licences in all states is imported, and each of them answers
//! through its old interface as the old system would have. What that is, `testdata/make_old_databases.py` says: it follows the
//! code and the words of the systems' own documents.

mod a;
mod b;
mod broken_off;
mod c;
mod e;
mod e_small;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_engine::Caller;
use keyward_engine::import::{Import, Reason, Report, System};
use keyward_store::testing::Database;
use serde_json::Value;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::site::{self, START, Site};
use crate::world::Answer;

/// Licences of a whole move.
const LICENSES: u64 = 10_000;
/// Rows that no program can make sense of.
const BAD: u64 = 5;
/// What system C's keys of the samples are sealed with.
const SECRET: &str = "the old master key of the samples";

/// An old database, and what its system answers.
struct Old {
    system: System,
    from: String,
    answers: Vec<Value>,
    directory: PathBuf,
    /// Removed with it.
    _postgres: Option<Database>,
}

impl Old {
    /// A SQLite file for a site on SQLite, a PostgreSQL database for one on PostgreSQL.
    async fn like(site: &Site, system: System, rows: u64) -> Self {
        let postgres = match site.engine.store().kind() {
            "postgres" => Database::postgres().await,
            _ => None,
        };
        Self::make(system, rows, postgres).await
    }

    async fn make(system: System, rows: u64, postgres: Option<Database>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("old-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        let (out, answers) = (directory.join("old.db"), directory.join("answers"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/make_old_databases.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(system.as_str()).arg(&out).arg("--answers").arg(&answers);
        command.args(["--rows", &rows.to_string(), "--bad", &BAD.to_string(), "--now", &START.to_string()]);
        if postgres.is_some() {
            command.arg("--sql");
        }
        if system == System::A {
            let key = directory.join("a.pem");
            std::fs::write(&key, small_key()).expect("the key is written");
            command.arg("--key").arg(key);
        }
        assert!(command.status().expect("python3 starts").success());
        let read = |path: &Path| std::fs::read_to_string(path).expect("the script wrote it");
        let answers = read(&answers).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let from = match &postgres {
            Some(database) => {
                database.run_script(&read(&out)).await;
                database.url().expect("it is PostgreSQL")
            }
            None => out.display().to_string(),
        };
        Self { system, from, answers, directory, _postgres: postgres }
    }

    fn import(&self, dry_run: bool, skip_bad: bool) -> Import {
        Import {
            system: self.system,
            from: self.from.clone(),
            product: None,
            secret: None,
            installation: None,
            dry_run,
            skip_bad,
            keep_attempts: 90,
        }
    }

    async fn run(&self, site: &Site, dry_run: bool, skip_bad: bool) -> Report {
        let import = self.import(dry_run, skip_bad);
        site.engine.import(&Caller::operator(), import, |_, _| {}).await.expect("the old database is read")
    }

    /// Refused, rehearsed, done, and done again: the second time changes nothing.
    async fn move_in(&self, site: &Site, expected: u64, skipped: &[(Reason, u64)]) -> Report {
        let refused = self.run(site, false, false).await;
        assert!(refused.refused && refused.imported == 0, "{refused:?}");
        assert!(refused.malformed() > 0 && refused.malformed() <= BAD);
        assert_eq!(total(site, self.system).await, 0, "a refused import leaves nothing");
        assert!(site.engine.unfinished_batches().await.expect("reads").is_empty());

        let rehearsed = self.run(site, true, true).await;
        assert_eq!((rehearsed.imported, total(site, self.system).await), (expected, 0));
        let before = events(site).await;
        let done = self.run(site, false, true).await;
        assert!(!done.refused);
        let same = |report: &Report| {
            let skipped: Vec<_> =
                report.skipped.iter().map(|skipped| (skipped.reason, skipped.count)).collect();
            (report.read, report.imported, skipped, report.users, report.policies.clone(), report.attempts)
        };
        assert_eq!(same(&rehearsed), same(&done), "a dry run says what will be done");
        assert_eq!(done.imported, expected);
        for (reason, count) in skipped {
            let found = done.skipped.iter().find(|skipped| skipped.reason == *reason);
            assert_eq!(found.map(|skipped| skipped.count), Some(*count), "{reason:?}");
        }
        assert_eq!(done.read, expected + done.skipped_count());
        assert_eq!(events(site).await, before + 1, "one audit entry");

        let (stats, again) = (statistics(site, self.system).await, self.run(site, false, true).await);
        let here = again.skipped.iter().find(|skipped| skipped.reason == Reason::AlreadyHere);
        assert_eq!((again.imported, here.map(|here| here.count)), (0, Some(expected)), "{again:?}");
        assert_eq!((again.batch, again.users, again.attempts), (None, 0, 0));
        assert_eq!(events(site).await, before + 1, "the second run changes nothing");
        assert_eq!(statistics(site, self.system).await, stats);
        done
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        // Left behind, it does no harm in the target directory.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn statistics(site: &Site, system: System) -> keyward_engine::statistics::Statistics {
    let product = site
        .engine
        .catalog()
        .product(system.product().expect("a system of one product"))
        .expect("the product")
        .id;
    site.engine.statistics(product).await.expect("statistics")
}

async fn total(site: &Site, system: System) -> i64 {
    statistics(site, system).await.total()
}

/// Entries of whoever imports; the server makes some of its own meanwhile, such as the key that signs checkpoints.
async fn events(site: &Site) -> usize {
    let log = site.engine.audit_log(None, 1_000).await.expect("the log");
    log.iter().filter(|entry| entry.actor_kind == "operator").count()
}

/// Behind the one proxy that is trusted, so that each request can come from an address of its own.
fn behind_a_proxy(config: &mut keyward_server::config::Config) {
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
}

/// Asks all of these, several at a time, each from another address.
async fn ask_all(site: &Site, requests: Vec<(String, String)>) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = requests.iter().map(|_| None).collect();
    let mut under_way = JoinSet::new();
    for (number, (head, body)) in requests.into_iter().enumerate() {
        if under_way.len() >= 32 {
            let (number, answer) =
                under_way.join_next().await.expect("some are on their way").expect("it is asked");
            answers[number] = Some(answer);
        }
        let address = format!("10.{}.{}.7", number / 250, number % 250);
        let (url, head) = (site.url.clone(), format!("{head}\r\nX-Forwarded-For: {address}"));
        under_way.spawn(async move { (number, site::ask(&url, &head, &body).await) });
    }
    for (number, answer) in under_way.join_all().await {
        answers[number] = Some(answer);
    }
    answers.into_iter().map(|answer| answer.expect("each was asked")).collect()
}

/// The fields that the old system's answer has are those that ours has; it may have more.
fn assert_answers(wanted: &Value, answer: &Answer) {
    assert_eq!(u64::from(answer.status), wanted["http"].as_u64().expect("a status"), "{wanted} {answer:?}");
    let body = answer.json();
    for (name, value) in wanted["body"].as_object().expect("an object") {
        assert_eq!(&body[name], value, "{name} of {wanted}: {answer:?}");
    }
}

/// A key of 512 bits: with a large one the script would sign for minutes.
fn small_key() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors/format_a.json");
    let text = std::fs::read_to_string(path).expect("the vectors are in the repository");
    let vectors: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    vectors["keys"]["a_small512"]["private_pkcs8"].as_str().expect("a PEM text").to_owned()
}

async fn set_secret(site: &Site) {
    let secret = Zeroizing::new(SECRET.to_owned());
    site.engine.set_secret(&Caller::operator(), "tier", &secret, false).await.expect("a secret");
}
