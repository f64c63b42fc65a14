//! The truth table: every state of a licence, the three questions, and every front that asks one of them.

mod fronts;
mod states;

use keyward_engine::license::Question;

use fronts::Key;
use states::{State, in_state};

use crate::site::Site;

/// What the questions are answered: may it run, be activated, be changed?
type Codes = [&'static str; 3];

/// System B's keys: they work once, and their time begins with that.
const POOL: &[(State, Codes)] = &[
    (State::Unused, ["VALID", "VALID", "VALID"]),
    (State::Used, ["VALID", "ALREADY_USED", "VALID"]),
    (State::Suspended, ["SUSPENDED", "INACTIVE", "SUSPENDED"]),
    (State::Revoked, ["REVOKED", "INACTIVE", "REVOKED"]),
    (State::UsedAndRevoked, ["REVOKED", "ALREADY_USED", "REVOKED"]),
    (State::OwnerBanned, ["BANNED", "INACTIVE", "VALID"]),
    (State::AutoSuspended, ["SUSPENDED", "INACTIVE", "VALID"]),
    (State::LastInstant, ["VALID", "ALREADY_USED", "VALID"]),
    (State::Expired, ["EXPIRED", "ALREADY_USED", "VALID"]),
    (State::InGrace, ["GRACE_PERIOD", "ALREADY_USED", "VALID"]),
    (State::LastInstantOfGrace, ["GRACE_PERIOD", "ALREADY_USED", "VALID"]),
    (State::AfterGrace, ["EXPIRED", "ALREADY_USED", "VALID"]),
];

/// System C's keys.
const TIER: &[(State, Codes)] = &[
    (State::Unused, ["VALID", "VALID", "VALID"]),
    (State::Suspended, ["SUSPENDED", "SUSPENDED", "SUSPENDED"]),
    (State::Revoked, ["REVOKED", "REVOKED", "REVOKED"]),
    (State::OwnerBanned, ["BANNED", "BANNED", "VALID"]),
    (State::AutoSuspended, ["SUSPENDED", "SUSPENDED", "VALID"]),
    (State::LastInstant, ["VALID", "VALID", "VALID"]),
    (State::Expired, ["EXPIRED", "EXPIRED", "VALID"]),
    (State::InGrace, ["GRACE_PERIOD", "GRACE_PERIOD", "VALID"]),
    (State::LastInstantOfGrace, ["GRACE_PERIOD", "GRACE_PERIOD", "VALID"]),
    (State::AfterGrace, ["EXPIRED", "EXPIRED", "VALID"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_front_answers_as_its_question_is_answered() {
    let rows = |kind: Kind, table: &'static [(State, Codes)]| table.iter().map(move |row| (kind, row));
    for (kind, (state, codes)) in rows(Kind::Pool, POOL).chain(rows(Kind::Tier, TIER)) {
        for site in Site::all().await {
            let what = format!("{kind:?} {state:?} on {}", site.engine.store().kind());
            let key = Key { site: &site, text: in_state(&site, kind, *state).await };
            let shown = key.shown().await.expect("it is there");
            for ((question, verdict), code) in shown.verdicts.iter().zip(codes) {
                assert_eq!(verdict.code.as_str(), *code, "{what}: {question:?}: {verdict:?}");
                let valid = ["VALID", "GRACE_PERIOD"].contains(code);
                assert_eq!(verdict.valid, valid, "{what}: {question:?}: {verdict:?}");
            }
            let [run, activate, _] = *codes;
            match kind {
                Kind::Pool => {
                    key.validate_says(activate, &what).await;
                    key.activate_says(activate, &what).await;
                }
                Kind::Tier => key.verify_says(run, &what).await,
            }
            key.other_fronts_do_not_know(kind, &what).await;
            if *state == State::AfterGrace {
                let run = shown.verdicts.iter().find(|(question, _)| *question == Question::Run);
                let access = run.map(|(_, verdict)| verdict.access);
                assert_eq!(access, Some(keyward_core::verdict::Access::ReadOnly), "{what}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_never_made_is_unknown_at_every_front() {
    for site in Site::all().await {
        for (kind, text) in
            [(Kind::Pool, states::UNKNOWN.to_owned()), (Kind::Tier, states::unknown_tier(&site).await)]
        {
            let key = Key { site: &site, text };
            assert!(key.shown().await.is_none());
            match kind {
                Kind::Pool => {
                    key.validate_says("NOT_FOUND", "unknown").await;
                    key.activate_says("NOT_FOUND", "unknown").await;
                }
                Kind::Tier => key.verify_says("NOT_FOUND", "unknown").await,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_of_an_unfinished_batch_is_unknown_until_the_batch_is_whole() {
    for site in Site::all().await {
        let (text, finish) = states::in_unfinished_batch(&site).await;
        let key = Key { site: &site, text };
        assert!(key.shown().await.is_none());
        key.validate_says("NOT_FOUND", "unfinished").await;
        key.activate_says("NOT_FOUND", "unfinished").await;
        let stats = site.get("/api/stats").await.json();
        assert_eq!(stats["total_licenses"], 0, "{stats}");
        finish.finish().await;
        assert!(key.shown().await.is_some());
        key.validate_says("VALID", "whole").await;
        key.activate_says("VALID", "whole").await;
    }
}

/// What keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pool,
    Tier,
}
