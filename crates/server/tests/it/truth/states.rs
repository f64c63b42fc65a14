//! Bringing a licence into a state.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use keyward_core::time::Timestamp;
use keyward_engine::license::{Named, NewLicense, PoolRequest, Suspension};
use keyward_engine::rules::AccessAfterExpiry;
use keyward_engine::{Caller, EngineError, NewUser};
use serde_json::json;
use tokio::task::JoinHandle;

use super::Kind;
use crate::rules::{change_rules, suspend_automatically};
use crate::site::{START, Site};

/// Days of the keys, and of the grace that policies get.
const DAYS: i64 = 30;
const GRACE_DAYS: i64 = 7;
/// A well-formed key that nobody made.
pub(super) const UNKNOWN: &str = "ABC123XYZ789";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unused,
    Used,
    Suspended,
    Revoked,
    UsedAndRevoked,
    OwnerBanned,
    AutoSuspended,
    LastInstant,
    Expired,
    InGrace,
    LastInstantOfGrace,
    AfterGrace,
}

/// A new licence in that state; gives its key.
pub(super) async fn in_state(site: &Site, kind: Kind, state: State) -> String {
    let (key, id) = make(site, kind).await;
    let caller = Caller::operator();
    let suspend = async |suspension| {
        site.engine.suspend(&caller, Named::Id(id), suspension, None).await.expect("it is suspended");
    };
    let has_begun = async || {
        if kind == Kind::Pool {
            let request = json!({ "license_key": key, "domain_fingerprint": "domain" });
            assert_eq!(site.post("/api/activate", &request).await.status, 200);
        }
    };
    // Whole days after its time began, and microseconds more.
    let wait = |days: i64, micros| {
        let end = Timestamp::from_seconds(START + days * 86_400);
        site.clock.set(end.plus_micros(micros));
    };
    match state {
        State::Unused => {}
        State::Used => has_begun().await,
        State::Suspended => suspend(Suspension::Suspend).await,
        State::Revoked => suspend(Suspension::Revoke).await,
        State::UsedAndRevoked => {
            has_begun().await;
            suspend(Suspension::Revoke).await;
        }
        State::OwnerBanned => {
            site.engine.ban_user(&caller, owner(), true).await.expect("the owner is banned");
        }
        State::AutoSuspended => suspend_automatically(&site.engine, id).await,
        State::LastInstant | State::Expired => {
            has_begun().await;
            // System C counts in milliseconds.
            wait(DAYS, if state == State::Expired { 1_000 } else { 0 });
        }
        State::InGrace | State::LastInstantOfGrace | State::AfterGrace => {
            has_begun().await;
            let (product, policy) = if kind == Kind::Pool { ("pool", "30") } else { ("tier", "pro") };
            change_rules(&site.engine, product, policy, |rules| {
                rules.grace_period = GRACE_DAYS * 86_400;
                rules.access_after_expiry = AccessAfterExpiry::ReadOnly;
            })
            .await;
            site.engine.refresh().await.expect("the rules are loaded");
            match state {
                State::InGrace => wait(DAYS, 1_000),
                State::LastInstantOfGrace => wait(DAYS + GRACE_DAYS, 0),
                _ => wait(DAYS + GRACE_DAYS, 1_000),
            }
        }
    }
    key
}

fn owner() -> NewUser {
    NewUser { external_id: Some("user_abc123".to_owned()), ..NewUser::default() }
}

async fn make(site: &Site, kind: Kind) -> (String, uuid::Uuid) {
    let caller = Caller::operator();
    let wanted = NewLicense { user: Some(owner()), ..NewLicense::default() };
    let issued = match kind {
        Kind::Pool => site.engine.issue_pool_key(&caller, "pool", "30", wanted).await,
        Kind::Tier => site.engine.issue_tier(&caller, "tier", "pro", wanted).await,
    };
    let issued = issued.expect("a licence");
    (issued.key, issued.id)
}

/// A key that is sealed as it should be, and that nobody made.
pub(super) async fn unknown_tier(site: &Site) -> String {
    const SECRET: &str = "a secret of nobody's";
    site.engine.set_secret(&Caller::operator(), "tier", SECRET, false).await.expect("the secret is set");
    let secret = keyward_engine::keys::prepare(SECRET);
    keyward_engine::issue::tier("PRO", "QF", &secret, Timestamp::from_seconds(START), 0).expect("a key")
}

/// A batch that is being made.
pub(super) struct Unfinished {
    go_on: Sender<()>,
    making: JoinHandle<()>,
}

impl Unfinished {
    pub(super) async fn finish(self) {
        self.go_on.send(()).expect("it waits");
        self.making.await.expect("the batch is made");
    }
}

/// Begins a batch, and stops after its keys are written; gives one of them.
pub(super) async fn in_unfinished_batch(site: &Site) -> (String, Unfinished) {
    let (told, key): (Sender<String>, Receiver<String>) = channel();
    let (go_on, waits): (Sender<()>, Receiver<()>) = channel();
    let engine = Arc::clone(&site.engine);
    let making = tokio::spawn(async move {
        let request = PoolRequest {
            id: None,
            product: "pool".to_owned(),
            policies: vec!["30".to_owned()],
            each: 3,
            name: "march".to_owned(),
        };
        let progress = move |keys: &[String], _: &_| {
            tokio::task::block_in_place(|| {
                told.send(keys[0].clone()).expect("the test waits");
                waits.recv().expect("the test goes on");
            });
            Ok::<_, EngineError>(())
        };
        engine.issue_pool(&Caller::operator(), &request, progress).await.expect("a batch");
    });
    let key = tokio::task::block_in_place(|| key.recv().expect("a key"));
    (key, Unfinished { go_on, making })
}
