//! One chain, whoever writes.

use std::sync::Arc;
use std::time::Duration;

use keyward_engine::license::NewLicense;
use keyward_engine::{Caller, Engine};

use super::soon;
use crate::line::at_once;
use crate::site::Site;

/// Entries that each writer makes.
const EACH: usize = 40;

async fn unsealed(engine: &Engine) -> i64 {
    engine.audit_state().await.expect("the log is read").1
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_and_a_command_write_one_unbroken_chain() {
    for first in Site::all().await {
        let (second, command) = (first.node().await, first.command().await);
        let writers = [Arc::clone(&first.engine), Arc::clone(&second.engine), command];
        let before = entries(&first.engine).await;
        let sealers = writers.clone().map(|engine| {
            tokio::spawn(async move {
                for _ in 0..20 {
                    engine.seal_audit().await.expect("it is sealed, or another does it");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
        });
        at_once(EACH * writers.len(), |number| {
            let engine = Arc::clone(&writers[number % writers.len()]);
            async move {
                let wanted = NewLicense::default();
                engine.issue_pool_key(&Caller::operator(), "pool", "30", wanted).await.expect("a key");
            }
        })
        .await;
        for sealer in sealers {
            sealer.await.expect("it ends");
        }
        // Whoever sealed last may be the command, which has ended: its lease runs out.
        first.clock.advance(10);
        soon("everything is sealed", async || unsealed(&first.engine).await == 0).await;
        for engine in &writers {
            let verified = engine.verify_audit(&[], |_| {}).await.expect("the log is read");
            assert!(verified.report.is_sound(), "{:?}", verified.report);
            let head = verified.report.head;
            assert_eq!((head.seq, head.count, verified.unsealed), (head.count, head.count, 0));
            // The server itself writes, too: the key that it signs with is made.
            assert!(head.count - before >= (EACH * writers.len()) as i64, "{head:?}");
        }
    }
}

/// Entries of the chain, after everything so far is sealed.
async fn entries(engine: &Engine) -> i64 {
    soon("everything is sealed", async || unsealed(engine).await == 0).await;
    engine.verify_audit(&[], |_| {}).await.expect("the log is read").report.head.count
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_did_is_sealed_when_it_has_stopped() {
    for mut site in Site::all().await {
        site.pool_key("30").await;
        site.background.take().expect("it runs").stop().await;
        assert_eq!(unsealed(&site.engine).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_leaves_the_sealing_to_the_others_at_once() {
    for mut site in Site::all().await {
        let other = site.node().await;
        site.pool_key("30").await;
        site.background.take().expect("it runs").stop().await;
        // The clock stands still: no lease runs out.
        other.pool_key("30").await;
        soon("the other one seals", async || unsealed(&other.engine).await == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_as_old_as_the_oldest_entry_that_waits() {
    for mut site in Site::all().await {
        site.pool_key("30").await;
        site.background.take().expect("it runs").stop().await;
        // Nothing happened for a day, and nothing is late.
        site.clock.advance(86_400);
        site.pool_key("30").await;
        let now = site.engine.now();
        assert_eq!(site.engine.audit_state().await.expect("the log is read"), (Some(now), 1));
        site.clock.advance(3);
        site.pool_key("30").await;
        assert_eq!(site.engine.audit_state().await.expect("the log is read"), (Some(now), 2));
    }
}
