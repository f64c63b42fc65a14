//! A whole database on its way into another: everything that worked works there, and nothing half goes in.

mod backups;
mod moves;
mod older;
mod refusals;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_core::scheme::Scheme;
use keyward_core::verdict::Scope;
use keyward_engine::archive::{self, Archive, Loaded, Target, Written};
use keyward_engine::license::{Activate, Named, NewLicense, PoolRequest, Question};
use keyward_engine::people::Welcome;
use keyward_engine::token::Role;
use keyward_engine::vault::MasterKey;
use keyward_engine::{EngineError, MasterKeySource};
use keyward_store::Store;
use zeroize::Zeroizing;

use crate::forms::every_form;
use crate::offline::seated;
use crate::stored::{Stored, generator, given};

const PASSPHRASE: &str = "a sentence that nobody guesses";
const PASSWORD: &str = "long enough for all";
const ADA: &str = "ada@example.com";

/// What somebody outside has of a database.
struct Known {
    /// Keys and forms, by name.
    texts: Vec<(&'static str, String)>,
    tier: String,
    pool: String,
    token: String,
    of_installation: String,
    invitation: keyward_engine::people::InvitationSecret,
}

/// A new name in the tests' directory; removed with its owner.
struct TestFile(PathBuf);

impl TestFile {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("archive-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn of(bytes: &[u8]) -> Self {
        let file = Self::new();
        std::fs::write(&file.0, bytes).expect("it is written");
        file
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.0).expect("it is there")
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Pool keys enough for several pieces of a file.
async fn some(stored: &Stored) -> Vec<String> {
    let (engine, caller) = (&stored.engine, stored.caller());
    let request = PoolRequest {
        id: None,
        product: "pool".to_owned(),
        policies: vec!["30".to_owned()],
        each: 600,
        name: "Žluťoučký \"kůň\"\n".to_owned(),
    };
    let mut keys = Vec::new();
    let made = engine.issue_pool(&caller, &request, |part, _| {
        keys.extend_from_slice(part);
        Ok::<_, EngineError>(())
    });
    made.await.expect("pool keys");
    engine.seal_audit().await.expect("sealed");
    keys
}

/// A database with something of everything.
async fn filled(stored: &Stored) -> Known {
    let (engine, caller) = (&stored.engine, stored.caller());
    let mut texts = Vec::new();
    for (name, form) in every_form() {
        texts.push((name, engine.issue_form(&caller, form).await.expect(name).key));
    }
    texts.push(("a seat", seated(stored).await));
    let tier =
        engine.issue_tier(&caller, "tier", "pro", NewLicense::default()).await.expect("a tier key").key;
    let keys = some(stored).await;
    let activate =
        Activate { key: keys[0].clone(), fingerprint: "device".to_owned(), name: Some("Zoë".to_owned()) };
    engine.activate(&caller, activate, None).await.expect("it is activated");
    for key in [&tier, &keys[1], "QF-PRO-UNKNOWN"] {
        engine.validate(&caller, Question::Run, key, &Scope::default()).await.expect("asked");
    }
    let recording = Arc::clone(engine);
    tokio::spawn(async move { recording.run_recorder().await });
    engine.flush_recorder().await;
    let token = engine.create_token(&caller, Role::Admin, "ci", None).await.expect("a token");
    let own = engine.create_installation_token(&caller, "own", true, "app", None).await.expect("a token");
    let link = engine.invite(&caller, Role::Admin, Some(ADA)).await.expect("a link");
    let welcome = Welcome { password: PASSWORD.to_owned().into(), ..Welcome::default() };
    engine.accept(&caller, &link, welcome).await.expect("she is in");
    let invitation = engine.invite(&caller, Role::ReadOnly, None).await.expect("another link");
    engine.seal_audit().await.expect("sealed");
    engine.checkpoint(true).await.expect("signed");
    engine.seal_audit().await.expect("sealed");
    Known {
        texts,
        tier,
        pool: keys[1].clone(),
        token: token.token.expose().to_owned(),
        of_installation: own.token.expose().to_owned(),
        invitation,
    }
}

/// All of it works.
async fn works(stored: &Stored, known: &Known) {
    let (engine, caller) = (&stored.engine, stored.caller());
    for (name, text) in &known.texts {
        let shown =
            engine.show(&Named::Key(text.clone())).await.unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(shown.verdicts[0].1.valid, "{name}: {:?}", shown.verdicts[0]);
        let told = engine.reveal(&caller, &Named::Id(shown.found.license.id)).await.expect("it is told");
        assert_eq!(told.as_str(), text, "{name}");
    }
    for key in [&known.tier, &known.pool] {
        let validated = engine.validate(&caller, Question::Run, key, &Scope::default()).await.expect("asked");
        assert!(validated.verdict.valid, "{:?}", validated.verdict);
    }
    for token in [&known.token, &known.of_installation] {
        assert!(engine.authenticate(token).await.expect("asked").is_some(), "a token is known");
    }
    let signed_in = engine.sign_in(&caller, ADA, PASSWORD).await.expect("asked");
    assert!(signed_in.is_some(), "whoever has a password signs in");
    assert!(engine.invitation(&known.invitation).await.expect("asked").is_some(), "a link is good");
    // New ones are made beside those that came.
    let before = count(stored, Scheme::Tier).await;
    let another =
        engine.issue_tier(&caller, "tier", "pro", NewLicense::default()).await.expect("another").key;
    assert_ne!(another, known.tier);
    assert_eq!(count(stored, Scheme::Tier).await, before + 1);
    // The lease of whoever sealed before may still run.
    stored.clock.advance(60);
    engine.seal_audit().await.expect("sealed");
    let checked = engine.verify_audit(&[], |_| {}).await.expect("asked");
    assert!(checked.report.is_sound() && checked.unsealed == 0, "{checked:?}");
    assert!(checked.report.checkpoints > 0);
}

async fn export(stored: &Stored, passphrase: Option<&str>) -> (TestFile, Written) {
    let file = TestFile::new();
    let out = File::create_new(&file.0).expect("a new file");
    let (mut rows, mut last) = (0, 0);
    let progress = |done, total| (rows, last) = (total, done);
    let (written, _) =
        stored.engine.export(&stored.caller(), out, passphrase, progress).await.expect("it is written");
    assert!(last == rows && rows > 600, "{last} of {rows}");
    (file, written)
}

fn open(file: &TestFile, passphrase: &str) -> Result<Archive, EngineError> {
    Archive::open(&file.0, || Ok(Zeroizing::new(passphrase.to_owned())))
}

async fn load(
    store: &Store,
    archive: Archive,
    stored: &Stored,
    master_key: &MasterKeySource,
) -> Result<Loaded, EngineError> {
    let target = Target { store, place: "here".to_owned(), master_key, accept_broken_log: false };
    archive::load(target, archive, &*stored.clock, Box::new(generator()), Box::new(|_, _| {})).await
}

fn another_master() -> MasterKey {
    MasterKey::generate(&mut generator())
}

fn source(master: &MasterKey) -> MasterKeySource {
    given(&master.to_text())
}

/// How many licences of a form there are.
async fn count(stored: &Stored, scheme: Scheme) -> i64 {
    use keyward_store::Read as _;
    let sql = keyward_store::Sql::of_test("select count(*) from licenses where scheme = $1");
    let args = [scheme.as_str().into()];
    fn number(row: &mut keyward_store::Row<'_>) -> Result<i64, keyward_store::StoreError> {
        row.take()
    }
    let count = stored.engine.store().one(sql, &args, number).await;
    count.expect("counts").expect("a row")
}
