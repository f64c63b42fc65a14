//! Seats of devices without a network.

use keyward_store::licenses;
use keyward_store::machines::{self, Machine};
use keyward_store::offline_seats::{self, Held, OfflineSeat};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, TEXTS, id, worlds};

fn machine(license: Uuid) -> Machine {
    Machine {
        id: id(41),
        account_id: ACCOUNT,
        license_id: license,
        user_id: None,
        fingerprint: TEXTS[1].to_owned(),
        uniqueness_scope: license,
        pool: None,
        name: None,
        address: None,
        user_agent: None,
        created_at: NOW,
        last_seen_at: NOW,
    }
}

#[tokio::test]
async fn a_request_is_answered_once_and_its_seat_given_back_once() {
    for w in worlds().await {
        let license = w.license(1, |_| {}).await.id;
        let machine = machine(license);
        w.write(machine.clone(), |it, tx| Box::pin(machines::insert(tx, it))).await.unwrap();
        assert_eq!(offline_seats::of_machine(&w.store, machine.id).await.unwrap(), None);
        assert!(offline_seats::of_license(&w.store, license).await.unwrap().is_empty());

        let seat = |number: u8, seconds| OfflineSeat {
            account_id: ACCOUNT,
            license_id: license,
            machine_id: machine.id,
            fingerprint: TEXTS[1].to_owned(),
            device_key: [7; 32],
            nonce: [number; 16],
            issued_at: NOW.plus_seconds(seconds),
            lease_until: (number > 1).then_some(NOW.plus_seconds(seconds + 60)),
            released_at: None,
        };
        let answer = async |seat: OfflineSeat| {
            w.write(seat, |seat, tx| Box::pin(offline_seats::answer(tx, seat))).await.unwrap()
        };
        let held = async || offline_seats::of_machine(&w.store, machine.id).await.unwrap().unwrap();
        let answered = async |n: u8| offline_seats::answered(&w.store, license, &[n; 16]).await.unwrap();
        assert!(answer(seat(1, 0)).await);
        assert_eq!(held().await, Held { device_key: [7; 32], nonce: [1; 16], until: None });
        assert!(answer(seat(2, 30)).await);
        assert_eq!(held().await.until, Some(NOW.plus_seconds(90)));
        // The first one again: it is known, and the machine keeps what it holds.
        assert!(!answer(seat(1, 500)).await);
        assert_eq!(held().await.nonce, [2; 16]);
        assert_eq!(answered(1).await, Some(seat(1, 0)));
        assert_eq!(answered(3).await, None);
        let first = async |fingerprint: &str| {
            offline_seats::first_answered(&w.store, license, fingerprint).await.unwrap()
        };
        assert_eq!(first(TEXTS[1]).await, Some(NOW));
        assert_eq!(first("another").await, None);
        assert_eq!(offline_seats::of_license(&w.store, license).await.unwrap(), [(machine.id, held().await)]);

        let release = async |seconds| {
            let at = NOW.plus_seconds(seconds);
            w.write((), move |(), tx| {
                Box::pin(async move { offline_seats::release(tx, license, &[2; 16], at).await })
            })
            .await
            .unwrap()
        };
        assert!(release(100).await);
        assert!(!release(200).await);
        assert_eq!(answered(2).await.unwrap().released_at, Some(NOW.plus_seconds(100)));

        // With its licence all of it goes.
        assert!(w.write((), move |(), tx| Box::pin(licenses::remove(tx, license))).await.unwrap().is_some());
        assert_eq!(answered(1).await, None);
    }
}
