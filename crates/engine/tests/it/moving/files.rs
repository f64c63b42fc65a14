//! System D: a folder of files in every state, moved in, then asked one by one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use keyward_core::crypto::KeySet;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, DeviceContext};
use keyward_engine::import::{Import, Reason, System};
use keyward_engine::issue::FileRequest;
use keyward_engine::keyring::SigningKey;
use keyward_engine::license::{Listing, Named, Status};
use serde_json::Value;

use crate::stored::Stored;
use crate::world::{KEY_A, KEY_D, NOW, PRODUCT, root};

const CUSTOMERS: usize = 10_000;
const DAY: i64 = 86_400;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the old application said of a file, worked out from its numbers alone.
fn status(expires: i64, grace_days: i64, now: i64) -> &'static str {
    if now <= expires {
        "ACTIVE"
    } else if now <= expires + grace_days * DAY {
        "GRACE_PERIOD"
    } else {
        "EXPIRED"
    }
}

struct Old {
    customer: String,
    device: String,
    issued: i64,
    expires: i64,
    grace_days: i64,
    text: String,
}

fn file(customer: &str, device: &str, issued: i64, months: i64, grace_days: i64, key: &SigningKey) -> Old {
    let request = FileRequest {
        product: PRODUCT.to_owned(),
        license_type: "YEARLY".to_owned(),
        issued_to: customer.to_owned(),
        device_id: device.to_owned(),
        months,
        grace_period_days: grace_days,
    };
    let file = request.issue(key, Timestamp::from_seconds(issued)).expect("a file");
    let expires = file.unverified().expect("its payload").expires_at.seconds();
    let (customer, device) = (customer.to_owned(), device.to_owned());
    Old { customer, device, issued, expires, grace_days, text: file.to_text() }
}

/// Files of customers in every state: running, in their grace, long over, of far dates and other scripts, every tenth of them
/// renewed once.
fn customers(number: usize) -> Vec<Old> {
    let now = NOW.seconds();
    let mut files = Vec::new();
    for n in 0..number {
        let script = ["ABC Traders", "Müller \"& Söhne\"", "株式会社", "Žluťoučký 🐎"][n % 4];
        let (customer, device) = (format!("{script} {n}"), format!("{n:016X}"));
        let grace = if n % 7 == 0 { 30 } else { 15 };
        let issued = match n % 5 {
            // Twelve months ago, and some days: in its grace.
            0 => now - 366 * DAY - i64::try_from(n % 14).expect("small") * DAY,
            1 => now - 500 * DAY,
            2 => now - 90 * DAY,
            3 => now,
            _ => now - 360 * DAY,
        };
        let months = if n % 50 == 3 { 1_200 } else { 12 };
        if n % 10 == 9 {
            files.push(file(&customer, &device, issued - 370 * DAY, 12, 15, &KEY_D.signing));
        }
        files.push(file(&customer, &device, issued, months, grace, &KEY_D.signing));
    }
    files
}

fn write(folder: &Path, name: &str, text: &[u8]) {
    std::fs::write(folder.join(name), text).expect("the file is written");
}

fn folder(files: &[Old]) -> Folder {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("files-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    for (n, old) in files.iter().enumerate() {
        // The order of the names is not that in which they were issued.
        write(&path, &format!("{:05}.key", (n * 7_919) % 100_003), old.text.as_bytes());
    }
    Folder(path)
}

fn import(from: &Path, dry_run: bool, skip_bad: bool) -> Import {
    Import {
        system: System::D,
        from: from.display().to_string(),
        product: None,
        secret: None,
        dry_run,
        skip_bad,
        installation: None,
        keep_attempts: 90,
    }
}

/// What is in every old folder.
fn rubbish(folder: &Path, good: &Old) {
    write(folder, "zz-1.key", b"{ not JSON");
    write(folder, "zz-2.key", good.text.replace("YEARLY", "FOREVER").as_bytes());
    write(folder, "zz-3.key", file("X", "A1", good.issued, 12, 15, &KEY_A.signing).text.as_bytes());
    write(folder, "zz-4.key", &[0xff, 0xfe, 0]);
    write(folder, "zz-5.key", b"");
    write(folder, "zz-6 (copy).key", good.text.as_bytes());
    write(folder, "readme.txt", b"other");
}

#[tokio::test]
async fn a_whole_folder_moves_in_and_answers_as_before() {
    let files = customers(CUSTOMERS);
    let folder = folder(&files);
    rubbish(&folder.0, &files[0]);
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        engine.ensure_file_product(&caller, PRODUCT).await.expect("a product");
        let import = |dry_run, skip_bad| import(&folder.0, dry_run, skip_bad);
        let none = engine.import(&caller, import(false, false), |_, _| {}).await.expect_err("no key is here");
        assert_eq!(none.code(), "UNKNOWN_SIGNER");
        engine.import_key(&caller, &KEY_D.public_pem, Some(PRODUCT)).await.expect("the old key");

        let refused = engine.import(&caller, import(false, false), |_, _| {}).await.expect("a report");
        assert!(refused.refused && refused.batch.is_none());
        assert_eq!(refused.malformed(), 5);
        let everything = Listing { limit: 1_000, ..Listing::default() };
        assert!(engine.list(&everything).await.expect("a list").licenses.is_empty(), "all or nothing");

        let mut seen = 0;
        let done =
            engine.import(&caller, import(false, true), |read, _| seen = read).await.expect("a report");
        let read = files.len() as u64 + 6;
        assert_eq!(
            (done.read, seen, done.imported, done.forms),
            (read, read, CUSTOMERS as u64, CUSTOMERS as u64 / 10)
        );
        let count = |reason| done.skipped.iter().find(|it| it.reason == reason).map_or(0, |it| it.count);
        assert_eq!((count(Reason::Malformed), count(Reason::Twice), done.ignored), (5, 1, 1));

        // Every file says what it said, and finds its licence.
        let keys = KeySet::of_public(KEY_D.signing.public().clone());
        let mut newest: HashMap<&str, &Old> = HashMap::new();
        for old in &files {
            let claims = keyward_core::claims::Claims::verified(&old.text, &keys).expect("it verifies");
            for now in [NOW.seconds(), old.expires, old.expires + 1, old.expires + old.grace_days * DAY + 1] {
                let context = DeviceContext { device: Some(&old.device), ..DeviceContext::default() };
                let said = verdict::device(&claims, &context, Timestamp::from_seconds(now)).status().as_str();
                assert_eq!(said, status(old.expires, old.grace_days, now), "{}", old.text);
            }
            let other = DeviceContext { device: Some("another"), ..DeviceContext::default() };
            assert_eq!(verdict::device(&claims, &other, NOW).status().as_str(), "INVALID");
            let last = newest.entry(&old.device).or_insert(old);
            if last.issued < old.issued {
                *last = old;
            }
        }
        for old in files.iter().step_by(97) {
            let shown = engine.show(&Named::Key(old.text.clone())).await.expect("it is found");
            assert_eq!(shown.found.license.name.as_deref(), Some(old.customer.as_str()));
            let newest = newest[old.device.as_str()];
            let form =
                shown.forms.iter().find(|form| form.issued_at.seconds() == old.issued).expect("its form");
            let superseded = (newest.issued != old.issued).then_some(newest.issued);
            assert_eq!(form.superseded_at.map(Timestamp::seconds), superseded);
            assert!(form.signed_by.is_some() && form.device.as_deref() == Some(&old.device));
        }

        // Listed page by page, each with the answer of its newest file.
        let (mut listed, mut after) = (0, None);
        loop {
            let page = engine.list(&Listing { after, ..everything.clone() }).await.expect("a page");
            for it in &page.licenses {
                let old = newest[it.device.as_deref().expect("a device")];
                let wanted = status(old.expires, old.grace_days, NOW.seconds());
                assert_eq!(it.verdict.status().as_str(), wanted, "{}", old.text);
                assert_eq!(it.found.license.expiry.map(Timestamp::seconds), Some(old.expires));
            }
            listed += page.licenses.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, CUSTOMERS);
        let soon = Listing { status: Some(Status::Expiring), limit: 1_000, ..Listing::default() };
        let soon = engine.list(&soon).await.expect("a list").licenses;
        let ends = newest.values().map(|old| old.expires - NOW.seconds());
        let wanted = ends.filter(|left| (0..=30 * DAY).contains(left)).count().min(1_000);
        assert_eq!(soon.len(), wanted);
        assert!(soon.is_sorted_by_key(|it| it.found.license.expiry));

        let product = engine.catalog().product(PRODUCT).expect("the product").id;
        let statistics = engine.statistics(product).await.expect("statistics");
        assert_eq!((statistics.total(), statistics.used()), (CUSTOMERS as i64, CUSTOMERS as i64));
        assert_eq!(stored.events().await.last().map(String::as_str), Some("import"));

        let again = engine.import(&caller, import(false, true), |_, _| {}).await.expect("a report");
        assert_eq!((again.imported, again.forms, again.batch), (0, 0, None), "a second run changes nothing");
        assert_eq!(stored.events().await.last().map(String::as_str), Some("import"));

        // And an imported one is renewed as any other, with a key that signs.
        engine.import_key(&caller, &KEY_D.private_pem, Some(PRODUCT)).await.expect("the private half");
        let named = Named::Key(files[3].text.clone());
        let renewed =
            engine.renew(&caller, named, keyward_engine::license::Renewal::Policy).await.expect("renewed");
        let form = renewed.form.expect("a new file");
        LicenseFile::parse(&form).and_then(|file| file.verify(&keys)).expect("the old key signed it");
    }
}

/// Renewals lie in a folder of a later year, alone or beside the files that they renew.
#[tokio::test]
async fn a_later_folder_renews_what_an_earlier_one_brought() {
    let now = NOW.seconds();
    let file = |issued| file("ABC Traders", "A1", issued, 12, 15, &KEY_D.signing);
    let [old, renewal, latest] = [now - 700 * DAY, now - 340 * DAY, now].map(file);
    let place = |name: &str| {
        let name = format!("later-{name}-{}", std::process::id());
        let folder = Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        let _ = std::fs::remove_dir_all(&folder.0);
        std::fs::create_dir_all(&folder.0).expect("a folder");
        folder
    };
    let (first, alone, beside) = (place("first"), place("alone"), place("beside"));
    write(&first.0, "1.key", old.text.as_bytes());
    write(&alone.0, "1.key", renewal.text.as_bytes());
    // The newest one comes first by its name.
    for (name, it) in [("2.key", &old), ("3.key", &renewal), ("1.key", &latest)] {
        write(&beside.0, name, it.text.as_bytes());
    }
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        engine.ensure_file_product(&caller, PRODUCT).await.expect("a product");
        engine.import_key(&caller, &KEY_D.public_pem, Some(PRODUCT)).await.expect("the old key");
        let run = async |folder: &Folder, dry_run| {
            let done = engine.import(&caller, import(&folder.0, dry_run, false), |_, _| {}).await;
            let done = done.expect("a report");
            let skipped: Vec<_> = done.skipped.iter().map(|it| (it.reason, it.count)).collect();
            (done.imported, done.forms, skipped)
        };
        assert_eq!(run(&first, false).await, (1, 0, vec![]));
        assert_eq!(run(&alone, true).await, (0, 1, vec![]));
        assert_eq!(run(&alone, false).await, (0, 1, vec![]));
        assert_eq!(run(&beside, false).await, (0, 1, vec![(Reason::AlreadyHere, 2)]));
        assert_eq!(run(&beside, false).await, (0, 0, vec![(Reason::AlreadyHere, 3)]));

        let listed = engine.list(&Listing { limit: 10, ..Listing::default() }).await.expect("a list");
        assert_eq!(listed.licenses.len(), 1, "one licence of one customer and device");
        let shown = engine.show(&Named::Key(old.text.clone())).await.expect("it is found");
        assert_eq!(shown.found.license.expiry.map(Timestamp::seconds), Some(latest.expires));
        let forms: Vec<_> = shown.forms.iter().map(|form| form.issued_at.seconds()).collect();
        assert_eq!(forms, [old.issued, renewal.issued, latest.issued]);
        let after: Vec<_> =
            shown.forms.iter().map(|form| form.superseded_at.map(Timestamp::seconds)).collect();
        assert_eq!(after, [Some(renewal.issued), Some(latest.issued), None]);
        assert_eq!(shown.found.license.machines_count, 1);
    }
}

/// Customers whose files the script makes: it takes long to sign.
const OF_THE_SCRIPT: u64 = 300;

/// `testdata/make_old_databases.py` shares nothing with us, and says what the old application showed for each file.
#[tokio::test]
async fn files_that_others_made_answer_as_before() {
    let name = format!("made-files-{}", std::process::id());
    let directory = Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let _ = std::fs::remove_dir_all(&directory.0);
    std::fs::create_dir_all(&directory.0).expect("a directory for the test");
    let [folder, answers, key] = ["files", "answers", "d.pem"].map(|name| directory.0.join(name));
    write(&directory.0, "d.pem", KEY_D.private_pem.as_bytes());
    let mut script = Command::new("python3");
    script.arg(root().join("testdata/make_old_databases.py")).arg("D").arg(&folder);
    script.args(["--rows", &OF_THE_SCRIPT.to_string(), "--bad", "5", "--now", &NOW.seconds().to_string()]);
    script.arg("--key").arg(key).arg("--answers").arg(&answers);
    assert!(script.status().expect("python3 starts").success());
    let answers = std::fs::read_to_string(answers).expect("the script wrote it");
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();

    let keys = KeySet::of_public(KEY_D.signing.public().clone());
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        engine.ensure_file_product(&caller, PRODUCT).await.expect("a product");
        engine.import_key(&caller, &KEY_D.public_pem, Some(PRODUCT)).await.expect("the old key");
        let refused =
            engine.import(&caller, import(&folder, false, false), |_, _| {}).await.expect("a report");
        assert!(refused.refused && refused.malformed() == 5, "{refused:?}");
        let done = engine.import(&caller, import(&folder, false, true), |_, _| {}).await.expect("a report");
        assert_eq!((done.imported, done.forms), (OF_THE_SCRIPT, OF_THE_SCRIPT / 10));
        for answer in &answers {
            let file = folder.join(answer["file"].as_str().expect("a name"));
            let text = std::fs::read_to_string(file).expect("the file");
            let claims = keyward_core::claims::Claims::verified(&text, &keys).expect("it verifies");
            let context = DeviceContext { device: answer["device"].as_str(), ..DeviceContext::default() };
            assert_eq!(
                verdict::device(&claims, &context, NOW).status().as_str(),
                answer["status"],
                "{answer}"
            );
            let shown = engine.show(&Named::Key(text)).await.expect("it is found");
            assert_eq!(shown.found.license.name.as_deref(), answer["customer"].as_str());
            let issued = answer["issued"].as_i64().expect("seconds");
            let form = shown.forms.iter().find(|form| form.issued_at.seconds() == issued).expect("its form");
            assert_eq!(form.superseded_at.is_none(), answer["isNewest"] == true, "{answer}");
            assert_eq!(form.expires_at.map(Timestamp::seconds), answer["expires"].as_i64());
            if form.superseded_at.is_none() {
                assert_eq!(shown.found.license.expiry, form.expires_at, "the newest says the end");
            }
        }
    }
}
