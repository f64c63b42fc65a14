//! Many at once: exactly as many win as may, on one store and on several over one database.

use futures_util::future::{BoxFuture, join_all};
use keyward_store::idempotency::{self, Scope};
use keyward_store::licenses::{self, License};
use keyward_store::stats::{self, Change};
use keyward_store::testing::Database;
use keyward_store::{Store, StoreError, Tx};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, POLICY, World, digest, id, job, license, long, place};

const TASKS: u32 = 64;

/// What one task of a race does, in which round it is, and which it is.
type Run = for<'t, 'c> fn(&'t (u32, u32), &'t Tx<'c>) -> BoxFuture<'t, Result<bool, StoreError>>;

/// A database and the stores that are open on it.
struct Arena {
    world: World,
    stores: Vec<Store>,
}

async fn arenas() -> Vec<Arena> {
    let sqlite = || Some(Database::sqlite(&place()));
    let mut arenas = Vec::new();
    for (database, count) in [(sqlite(), 1), (sqlite(), 2), (Database::postgres().await, 3)] {
        let Some(database) = database else { continue };
        let world = World::of(database).await;
        let mut stores = vec![world.store.clone()];
        while stores.len() < count {
            stores.push(world.database.open().await.expect("another store opens"));
        }
        arenas.push(Arena { world, stores });
    }
    arenas
}

impl Arena {
    /// Each round has a licence of its own.
    async fn race(&self, allowed: usize, run: Run) {
        for round in 0..if long() { 200 } else { 20 } {
            self.world.license(round, |_| {}).await;
            let tasks = (0..TASKS).map(|task| {
                let store = self.stores[task as usize % self.stores.len()].clone();
                tokio::spawn(async move { store.write(job((round, task), run)).await.expect("a change") })
            });
            let won = join_all(tasks).await.into_iter().filter(|won| *won.as_ref().expect("a task")).count();
            let (kind, stores) = (self.world.store.kind(), self.stores.len());
            assert_eq!(won, allowed, "round {round} on {kind} with {stores} stores");
        }
    }
}

fn of_round(round: u32) -> Uuid {
    license(round).id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_is_used_by_one_of_many() {
    for arena in arenas().await {
        arena.race(1, |(round, _), tx| Box::pin(licenses::use_once(tx, of_round(*round), NOW, None))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_machines_are_counted_as_there_is_room_for() {
    for arena in arenas().await {
        arena
            .race(7, |(round, _), tx| Box::pin(licenses::count_machine(tx, of_round(*round), Some(7), NOW)))
            .await;
        assert_eq!(arena.world.found(of_round(0)).await.machines_count, 7);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_uses_are_counted_as_there_is_room_for() {
    for arena in arenas().await {
        arena
            .race(8, |(round, _), tx| {
                Box::pin(async {
                    let used = licenses::use_up(tx, of_round(*round), 3, Some(25), NOW).await?;
                    Ok(used.is_some())
                })
            })
            .await;
        assert_eq!(arena.world.found(of_round(0)).await.uses, 24);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_idempotency_key_is_taken_by_one_of_many() {
    for arena in arenas().await {
        arena
            .race(1, |(round, _), tx| {
                Box::pin(async move {
                    let scope = Scope {
                        account_id: ACCOUNT,
                        bearer: "anonymous".to_owned(),
                        route: "POST /licenses".to_owned(),
                        key: round.to_string(),
                    };
                    idempotency::begin(tx, &scope, &[7; 32], NOW).await
                })
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_is_given_to_one_licence_of_many() {
    for arena in arenas().await {
        arena
            .race(1, |(round, task), tx| {
                Box::pin(async move {
                    let key_digest = Some(digest(1_000_000 + round).to_vec());
                    let new = License { key_digest, ..license((round + 1) * 1_000 + task) };
                    licenses::insert(tx, &new).await
                })
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counters_add_up_while_they_are_folded() {
    for arena in arenas().await {
        arena
            .race(TASKS as usize, |(round, task), tx| {
                Box::pin(async move {
                    let changes = [Change::total("uses", 1), Change::hourly("uses", NOW, 1)];
                    stats::add(tx, ACCOUNT, POLICY, id(u128::from(round * TASKS + task)), &changes).await?;
                    if task % 8 == 0 {
                        stats::fold(tx, NOW.plus_days(1)).await?;
                    }
                    Ok(true)
                })
            })
            .await;
        let expected = i64::from(TASKS) * if long() { 200 } else { 20 };
        let name = || (POLICY, "uses".to_owned());
        assert_eq!(stats::totals(&arena.world.store, ACCOUNT).await.unwrap()[&name()], expected);
        assert_eq!(stats::since(&arena.world.store, ACCOUNT, "uses", NOW).await.unwrap()[&name()], expected);
    }
}
