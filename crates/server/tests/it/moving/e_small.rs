//! System E: what is not taken along is said, and what the installation switched off it may switch on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::import::{Import, Reason, Report, System};
use keyward_engine::issue::Lk2Request;
use keyward_engine::keys::OWN;
use serde_json::json;

use super::SECRET;
use crate::site::{START, Site};

const TABLES: &str = r#"
    create table "Licenses" ("Id" integer, "Key" text, "Tier" text, "MaxDevices" integer, "IsActive" integer,
                             "ExpiresAt" text, "ActivatedAt" text, "CreatedAt" text);
    create table "Devices" ("Id" integer, "DeviceId" text, "LicenseId" integer, "CreatedAt" text);
"#;

/// A small old database, removed with it.
struct Small(PathBuf);

impl Small {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("small-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        let small = Self(directory);
        small.run(TABLES);
        small
    }

    fn file(&self) -> PathBuf {
        self.0.join("old.db")
    }

    /// What the old system did.
    fn run(&self, script: &str) {
        let program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])";
        let mut python = Command::new("python3");
        python.args(["-c", program]).arg(self.file()).arg(script);
        assert!(python.status().expect("python3 starts").success());
    }

    fn license(&self, id: u32, key: &str, is_active: bool) {
        self.run(&format!(
            r#"insert into "Licenses" values ({id}, '{key}', 'PRO-10', 10, {}, null, '2026-01-01', '2026-01-01');"#,
            u8::from(is_active)
        ));
    }

    /// A device of a licence, or of none.
    fn device(&self, id: u32, name: &str, license: &str) {
        self.run(&format!(r#"insert into "Devices" values ({id}, '{name}', {license}, '2026-01-02');"#));
    }

    async fn import(&self, site: &Site, dry_run: bool) -> Report {
        let import = Import {
            system: System::E,
            from: self.file().display().to_string(),
            product: None,
            secret: None,
            installation: None,
            dry_run,
            skip_bad: true,
            keep_attempts: 90,
        };
        site.engine.import(&Caller::operator(), import, |_, _| {}).await.expect("the old database is read")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Left behind, it does no harm in the target directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(number: u32) -> String {
    let request = Lk2Request {
        tier: "PRO-10".to_owned(),
        max_devices: 10,
        company: None,
        expires: None,
        unique_id: Some(number.to_string()),
    };
    request.issue(&keyward_engine::keys::prepare(SECRET), Timestamp::from_seconds(START)).expect("a key").0
}

/// A new token of the installation that everything is imported to.
async fn token(site: &Site) -> String {
    let token = site.engine.create_installation_token(&Caller::operator(), OWN, false, "old", None).await;
    token.expect("a token").token.expose().to_owned()
}

/// The ids of the devices that a report says were not taken along, and how many there are.
fn left(report: &Report) -> (u64, Vec<&str>) {
    let left = report.warnings.iter().find(|warning| warning.sentence.contains("not taken along"));
    let ids = left.map(|left| left.rows.iter().filter_map(|row| row.id.as_deref()).collect());
    (left.map_or(0, |left| left.count), ids.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_of_rows_that_are_left_out_are_named() {
    for site in Site::all().await {
        let secret = site.engine.set_installation_secret(&Caller::operator(), OWN, SECRET, false).await;
        secret.expect("a secret");
        let old = Small::new();
        old.license(1, &key(1), true);
        old.license(2, &key(1), true);
        old.license(3, "no key at all", true);
        for (id, name, license) in [
            (11, "one", "1"),
            (12, "two", "2"),
            (13, "three", "3"),
            (14, "free", "null"),
            // Taken along with another licence, or not at all: in neither case is it left twice.
            (15, "one", "3"),
        ] {
            old.device(id, name, license);
        }
        for dry_run in [true, false] {
            let report = old.import(&site, dry_run).await;
            let skipped: Vec<_> = report.skipped.iter().map(|it| (it.reason, it.count)).collect();
            assert_eq!((report.imported, skipped), (2, vec![(Reason::Twice, 1), (Reason::Malformed, 1)]));
            assert_eq!(left(&report), (2, vec!["12", "13"]), "{report:?}");
        }

        // What the old system did since then comes too late: the licences are here.
        old.device(21, "late", "1");
        old.device(22, "late and free", "null");
        old.license(4, &key(4), true);
        old.device(23, "of a new one", "4");
        let report = old.import(&site, false).await;
        assert_eq!(report.imported, 1);
        assert_eq!(left(&report), (4, vec!["12", "13", "21", "22"]), "{report:?}");
        let head = format!("GET /devices HTTP/1.1\r\nAuthorization: Bearer {}", token(&site).await);
        let devices = site.ask(&head, "").await.json();
        let mut devices: Vec<_> =
            devices.as_array().expect("a list").iter().filter_map(|it| it["deviceId"].as_str()).collect();
        devices.sort_unstable();
        assert_eq!(devices, ["free", "of a new one", "one"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_switched_off_is_switched_on_by_the_installation() {
    for site in Site::all().await {
        let secret = site.engine.set_installation_secret(&Caller::operator(), OWN, SECRET, false).await;
        secret.expect("a secret");
        let old = Small::new();
        old.license(1, &key(1), false);
        assert_eq!(old.import(&site, false).await.imported, 1);
        let again = old.import(&site, false).await;
        let reasons: Vec<_> = again.skipped.iter().map(|skipped| skipped.reason).collect();
        assert_eq!(reasons, [Reason::AlreadyHere]);
        let token = token(&site).await;
        let ask = async |first: &str, body: &str| {
            let headers = "Content-Type: application/json\r\nAuthorization: Bearer";
            let answer = site.ask(&format!("{first} HTTP/1.1\r\n{headers} {token}"), body).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()
        };
        assert_eq!(ask("GET /license/status", "").await["maxDevices"], 3);
        let id = ask("GET /licenses", "").await[0]["id"].clone();
        let body = json!({ "isActive": true }).to_string();
        assert_eq!(ask(&format!("PATCH /licenses/{id}"), &body).await["isActive"], true);
        assert_eq!(ask("GET /license/status", "").await["maxDevices"], 13);
    }
}
