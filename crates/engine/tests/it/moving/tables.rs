//! Tables of systems A to C with rows that their documents do not show.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_engine::EngineError;
use keyward_engine::import::{Import, Reason, Report, System};
use keyward_engine::license::{Named, Shown};
use keyward_store::batches::Unfinished;
use serde_json::{Value, json};

use crate::stored::Stored;

/// An old SQLite file, removed at the end.
struct Old(PathBuf);

impl Old {
    fn new(script: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("table-{}-{}.db", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_file(&file);
        let made = rusqlite::Connection::open(&file).expect("a file");
        made.execute_batch(script).expect("the script runs");
        Self(file)
    }

    fn import(&self, system: System, skip_bad: bool) -> Import {
        Import {
            system,
            from: self.0.display().to_string(),
            product: None,
            secret: None,
            dry_run: false,
            skip_bad,
            installation: None,
            keep_attempts: 90,
        }
    }

    async fn run(&self, stored: &Stored, system: System, skip_bad: bool) -> Result<Report, EngineError> {
        stored.engine.import(&stored.caller(), self.import(system, skip_bad), |_, _| {}).await
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Keys of system B.
fn key(number: u64) -> String {
    format!("KEY{number:09}")
}

/// Rows of system B's main table.
fn keys(numbers: std::ops::Range<u64>, days: u64) -> String {
    numbers
        .map(|number| format!("insert into licenses values ({number}, '{}', {days});\n", key(number)))
        .collect()
}

async fn shown(stored: &Stored, key: &str) -> Shown {
    stored.engine.show(&Named::Key(key.to_owned())).await.expect("it is there")
}

async fn unfinished(stored: &Stored) -> Vec<Unfinished> {
    stored.engine.unfinished_batches().await.expect("they are read")
}

#[tokio::test]
async fn rows_without_an_id_are_all_moved_or_none_is() {
    let rows = "create table rows (id serial primary key, license_key text, duration_days int);
        insert into rows (license_key, duration_days) values ('KEY000000001', 30), ('KEY000000002', 30), ('KEY000000003', 30);
        create table license_activations (license_key text, domain_fingerprint text);";
    let table = Old::new(&format!("{rows} alter table rows rename to licenses;"));
    // A view has no rows of its own to tell apart.
    let view = Old::new(&format!("{rows} create view licenses as select * from rows;"));
    for stored in Stored::all().await {
        let refused = view.run(&stored, System::B, false).await.expect_err("one row of three was seen");
        assert_eq!(refused.code(), "IMPORT_SOURCE", "{refused}");
        assert!(stored.engine.show(&Named::Key(key(1))).await.is_err(), "nothing is left");
        assert!(unfinished(&stored).await.is_empty());
        let done = table.run(&stored, System::B, false).await.expect("a report");
        assert_eq!((done.read, done.imported), (3, 3));
    }
}

#[tokio::test]
async fn a_client_id_is_as_long_as_it_may_be_when_it_is_issued() {
    let (longest, longer) = ("x".repeat(2_000), "y".repeat(2_001));
    let old = Old::new(&format!(
        "create table licenses (client_id, license_type, issued_at, exp, signature);
         insert into licenses values
           ('{longest}', 'Pro', 1700000000, 1900000000, 'ab01'), ('{longer}', 'Pro', 1700000000, 1900000000, 'ab02');",
    ));
    for stored in Stored::all().await {
        let done = old.run(&stored, System::A, true).await.expect("a report");
        assert_eq!((done.imported, done.malformed()), (1, 1));
        let note = done.skipped[0].rows[0].note.as_deref();
        assert_eq!(note, Some("client_id: wanted is a text of at most 2000 bytes"));
    }
}

#[tokio::test]
async fn a_licence_with_a_time_of_revocation_alone_is_revoked() {
    let old = Old::new(
        "create table licenses (client_id, license_type, issued_at, exp, signature, revoked, status, revoked_at);
         insert into licenses values
           ('revoked', 'Pro', 1700000000, 1900000000, 'ab01', null, '', '2026-01-02 03:04:05'),
           ('reinstated', 'Pro', 1700000000, 1900000000, 'ab02', 0, null, '2026-01-02 03:04:05'),
           ('active', 'Pro', 1700000000, 1900000000, 'ab03', null, 'active', '2026-01-02 03:04:05'),
           ('never', 'Pro', 1700000000, 1900000000, 'ab04', null, null, null);",
    );
    for stored in Stored::all().await {
        assert_eq!(old.run(&stored, System::A, false).await.expect("a report").imported, 4);
        let product = stored.engine.catalog().product("records").expect("the product").id;
        for (client, reason) in
            [("revoked", Some("revoked")), ("reinstated", None), ("active", None), ("never", None)]
        {
            let shown =
                stored.engine.show(&Named::Subject(product, client.to_owned())).await.expect("it is there");
            let license = shown.found.license;
            assert_eq!(license.suspension_reason.as_deref(), reason, "{client}");
            let since = license.suspended_at.map(|at| at.to_string());
            assert_eq!(since.as_deref(), reason.map(|_| "2026-01-02T03:04:05Z"), "{client}");
        }
    }
}

#[tokio::test]
async fn a_type_that_is_no_code_is_named() {
    let long = "x".repeat(65);
    let old = Old::new(&format!(
        "create table licenses (client_id, license_type, issued_at, exp, signature);
         insert into licenses values
           ('a', ' Campus ', 1700000000, 1900000000, 'ab01'), ('b', 'campus', 1700000000, 1900000000, 'ab02'),
           ('c', 'Cam' || char(7) || 'pus', 1700000000, 1900000000, 'ab03'),
           ('d', '{long}', 1700000000, 1900000000, 'ab04'), ('e', '   ', 1700000000, 1900000000, 'ab05');"
    ));
    for stored in Stored::all().await {
        let done = old.run(&stored, System::A, true).await.expect("a report");
        assert_eq!((done.imported, done.policies), (2, vec!["campus".to_owned()]));
        let bad = done.skipped.iter().find(|skipped| skipped.reason == Reason::Malformed).expect("some are");
        assert_eq!(bad.count, 3);
        let named =
            |note: &Option<String>| note.as_ref().is_some_and(|note| note.starts_with("license_type: "));
        assert!(bad.rows.iter().all(|row| named(&row.note)), "{bad:?}");
    }
}

#[tokio::test]
async fn devices_are_said_to_be_left_over_where_some_are() {
    let old = Old::new(
        "create table licenses (id integer primary key, license_key, duration_days, is_used, used_domain, used_date);
         create table license_activations (id integer primary key, license_key, domain_fingerprint, is_active);
         insert into licenses values (1, 'KEY000000001', 30, 1, 'own', '2026-01-02'), (2, 'KEY000000002', 30, 1, 'own', '2026-01-02'),
           (3, 'KEY000000003', 30, 1, 'own', '2026-01-02'), (4, 'KEY000000004', 30, 1, 'own', '2026-01-02');
         insert into license_activations (license_key, domain_fingerprint, is_active) values
           ('KEY000000001', 'own', 0), ('KEY000000002', 'own', 1), ('KEY000000002', 'other', 1),
           ('KEY000000003', 'own', 1), ('KEY000000004', 'own', 0), ('KEY000000004', 'other', 0);",
    );
    for stored in Stored::all().await {
        let done = old.run(&stored, System::B, false).await.expect("a report");
        assert_eq!(done.imported, 4);
        let ids: Vec<_> =
            done.warnings.iter().flat_map(|warning| &warning.rows).filter_map(|row| row.id.clone()).collect();
        assert_eq!(ids, ["2", "4"], "{:?}", done.warnings);
        for (number, machines, others) in
            [(1, 0, Value::Null), (2, 1, json!(["other"])), (3, 1, Value::Null), (4, 0, json!(["other"]))]
        {
            let shown = shown(&stored, &key(number)).await;
            let metadata: Value = serde_json::from_str(&shown.found.license.metadata).expect("JSON");
            assert_eq!((shown.machines.len(), &metadata["other_domains"]), (machines, &others), "{number}");
        }
    }
}

#[tokio::test]
async fn only_a_date_past_the_year_9999_ends_never() {
    let long = format!("12763-10-01 00:00:00.{}", "0".repeat(64));
    let good = ["12763-10-01 00:00:00", "12000-02-29", "294276-12-31T23:59:59.999999+00"];
    let bad = [
        "20260-1-01",
        "20260-01-01x",
        "20260-13-01",
        "12001-02-29",
        "20260-",
        "20260-01",
        "2026010-01-01",
        "123456789-01-01",
        "20260-01-01 24:00:00",
        "20260-01-01 \0",
        "20260-01-01 00:00:00\n+02",
        long.as_str(),
    ];
    let old = Old::new("create table licenses (license_key, user_id, tier, expires_at);");
    let table = rusqlite::Connection::open(&old.0).expect("it opens");
    for (number, end) in (1..).zip(good.iter().chain(&bad)) {
        let row = "insert into licenses values ('QF-PRO-00-' || ?1, 'u', 'pro', ?2)";
        table.execute(row, rusqlite::params![number, end]).expect("a row");
    }
    drop(table);
    for stored in Stored::all().await {
        let done = old.run(&stored, System::C, true).await.expect("a report");
        assert_eq!((done.imported, done.malformed()), (3, 12), "{done:?}");
        for (number, end) in (1..).zip(good) {
            let license = shown(&stored, &format!("QF-PRO-00-{number}")).await.found.license;
            assert_eq!((license.expiry, license.expiry_text.as_deref()), (None, Some(end)));
        }
    }
}

/// What is unfinished whenever an import tells of its progress; each time, so many seconds have gone by.
async fn watched(stored: &Stored, import: Import, seconds: i64) -> (Report, Vec<Vec<Unfinished>>) {
    let mut seen = Vec::new();
    let runtime = tokio::runtime::Handle::current();
    let progress = |_, _| {
        stored.clock.advance(seconds);
        seen.push(tokio::task::block_in_place(|| runtime.block_on(unfinished(stored))));
    };
    let report = stored.engine.import(&stored.caller(), import, progress).await.expect("a report");
    (report, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_import_makes_nothing_and_says_so() {
    let row = |number: u64, end: &str| {
        format!(
            "insert into licenses values ({number}, 'QF-GOLD-00-{number}', 'u{number}', 'gold', '{end}', 'fast');\n"
        )
    };
    let rows: String = (2..1_400).map(|number| row(number, "2030-01-01")).collect();
    let table =
        "create table licenses (id integer primary key, license_key, user_id, tier, expires_at, features);
        create table license_verifications (license_key, verified_at);
        insert into license_verifications values ('QF-GOLD-00-2', '2026-07-01');\n";
    let first = Old::new(&format!("begin; {table}{}{rows} commit;", row(1, "soon")));
    let last = Old::new(&format!("begin; {table}{rows}{} commit;", row(1_400, "soon")));
    for stored in Stored::all().await {
        for old in [&first, &last] {
            let secret = Some(zeroize::Zeroizing::new("an old master key, long enough".to_owned()));
            let import = Import { secret, ..old.import(System::C, false) };
            let (report, seen) = watched(&stored, import, 0).await;
            assert!(report.refused);
            assert_eq!((report.read, report.malformed(), report.imported), (1_399, 1, 0));
            assert_eq!((report.users, report.attempts, report.policies), (0, 0, Vec::new()));
            assert_eq!((report.seals_fit, report.seals_wrong, report.batch), (None, 0, None));
            // Refused with the first row, it does not even begin.
            assert_eq!(seen.iter().all(Vec::is_empty), std::ptr::eq(old, &raw const first), "{seen:?}");
            assert!(unfinished(&stored).await.is_empty());
            let product = stored.engine.catalog().product("tier").expect("the product").id;
            assert!(stored.engine.catalog().policy_of(product, "gold").is_none());
            let feature = keyward_store::entitlements::by_code(
                stored.engine.store(),
                stored.engine.account().id,
                "fast",
            );
            assert_eq!(feature.await.expect("it is looked up"), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_goes_over_what_is_here_shows_that_it_goes_on() {
    let table = "create table licenses (id integer primary key, license_key, duration_days);";
    let here = Old::new(&format!("begin; {table}{} commit;", keys(11..3_000, 30)));
    let all = Old::new(&format!("begin; {table}{}{} commit;", keys(1..11, 77), keys(11..3_000, 30)));
    for stored in Stored::all().await {
        here.run(&stored, System::B, false).await.expect("a report");
        let (report, seen) = watched(&stored, all.import(System::B, false), 5).await;
        assert_eq!(report.imported, 10);
        let seen: Vec<_> = seen.into_iter().flatten().collect();
        assert!(seen.len() > 4, "{seen:?}");
        assert!(seen.windows(2).all(|both| both[0] != both[1]), "{seen:?}");
    }
}
