//! Counters.

use keyward_core::time::Timestamp;
use keyward_store::stats::{self, Change, Sums};

use crate::world::{ACCOUNT, NOW, POLICY, World, id, worlds};

async fn add(w: &World, policy: u128, by: u128, changes: Vec<Change>) {
    w.write(changes, move |changes, tx| Box::pin(stats::add(tx, ACCOUNT, id(policy), id(by), changes)))
        .await
        .unwrap();
}

async fn since(w: &World, at: Timestamp) -> Sums {
    stats::since(&w.store, ACCOUNT, "validations", at).await.unwrap()
}

fn sums(values: &[(u128, &str, i64)]) -> Sums {
    values.iter().map(|(policy, name, value)| ((id(*policy), (*name).to_owned()), *value)).collect()
}

#[tokio::test]
async fn counters_add_up_over_time_and_by_hour() {
    for w in worlds().await {
        for licence in 0..20 {
            let at = NOW.plus_seconds(i64::try_from(licence).unwrap() * 3_600);
            let changes = vec![
                Change::hourly("validations", at, 2),
                Change::total("licenses", 1),
                Change::total("active", if licence % 2 == 0 { 1 } else { -1 }),
            ];
            add(&w, 3 + licence % 2, licence, changes).await;
        }
        let expected =
            sums(&[(3, "licenses", 10), (4, "licenses", 10), (3, "active", 10), (4, "active", -10)]);
        assert_eq!(stats::totals(&w.store, ACCOUNT).await.unwrap(), expected);
        assert!(stats::totals(&w.store, id(5)).await.unwrap().is_empty());
        // The hour of an instant is counted whole.
        let in_hour_18 = NOW.plus_seconds(18 * 3_600 + 3_599);
        assert_eq!(since(&w, in_hour_18).await, sums(&[(3, "validations", 2), (4, "validations", 2)]));
        assert!(stats::since(&w.store, ACCOUNT, "no such", NOW).await.unwrap().is_empty());
        let hour_18 = in_hour_18.seconds() / 3_600;
        let by_hour = async |since| stats::by_hour(&w.store, ACCOUNT, "validations", since).await.unwrap();
        assert_eq!(by_hour(in_hour_18).await, [(hour_18, 2), (hour_18 + 1, 2)]);
        assert_eq!(by_hour(NOW).await.len(), 20);
        assert!(stats::by_hour(&w.store, id(5), "validations", NOW).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_sum_over_all_time_is_never_taken_for_an_hour() {
    for w in worlds().await {
        let early = Timestamp::from_seconds(-5);
        let changes = vec![Change::total("validations", 100), Change::hourly("validations", early, 1)];
        add(&w, 3, 1, changes).await;
        assert_eq!(since(&w, Timestamp::from_micros(i64::MIN)).await, sums(&[(3, "validations", 1)]));
        assert_eq!(stats::totals(&w.store, ACCOUNT).await.unwrap(), sums(&[(3, "validations", 100)]));
    }
}

#[tokio::test]
async fn folding_keeps_every_sum_and_leaves_one_row_an_hour() {
    for w in worlds().await {
        let fold = async |now| w.write((), move |(), tx| Box::pin(stats::fold(tx, now))).await.unwrap();
        let hour = |number: i64| NOW.plus_seconds(number * 3_600);
        for round in 0..2 {
            for by in 0..16 {
                let hours = [0, 1, 2].map(|number| Change::hourly("validations", hour(number), 1));
                add(&w, 3, by, [hours.to_vec(), vec![Change::total("licenses", 1)]].concat()).await;
            }
            let before = (since(&w, NOW).await, stats::totals(&w.store, ACCOUNT).await.unwrap());
            fold(hour(2)).await;
            fold(hour(2)).await;
            let after = (since(&w, NOW).await, stats::totals(&w.store, ACCOUNT).await.unwrap());
            assert_eq!(before, after);
            assert_eq!(before.0, sums(&[(3, "validations", 48 * (round + 1))]));
            assert_eq!(since(&w, hour(1)).await, sums(&[(3, "validations", 32 * (round + 1))]));
        }
        // Two folded hours, one that is not over, and the sum, of eight shards each.
        assert_eq!(w.count("select count(*) from stats_hourly").await, 2 + 8 + 8);
        let one = stats::totals(&w.store, ACCOUNT).await.unwrap()[&(POLICY, "licenses".to_owned())];
        assert_eq!(one, 32);
    }
}

#[tokio::test]
async fn sums_over_all_time_are_read_without_the_hours() {
    let w = crate::world::sqlite().await;
    let plan = super::license_list::plan(&w, "TOTALS").await;
    assert!(plan.contains("INDEX stats_totals (") && !plan.contains("TEMP B-TREE"), "{plan}");
}
