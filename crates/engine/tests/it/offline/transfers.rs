//! Seats that are given back.

use keyward_engine::license::Transfer;

use super::*;

async fn release(stored: &Stored, receipt: &str, beyond: bool) -> Result<bool, EngineError> {
    stored.engine.release_offline(&stored.caller(), receipt, beyond).await.map(|done| done.already)
}

#[tokio::test]
async fn a_receipt_frees_the_seat_once() {
    for stored in Stored::all().await {
        let key = issued(&stored, Lk3 { max_devices: Some(1), ..pro_10() }).await;
        let (one, two) = (Device::new(1), Device::new(2));
        let seat = given(&stored, &one.request(&key, 1)).await.seat;
        assert_eq!(refused(&stored, &two.request(&key, 1)).await, "TOO_MANY_MACHINES");
        // Another device's word frees nothing.
        let forged = release(&stored, &two.receipt(&seat), false).await.expect_err("refused");
        assert_eq!(forged.code(), "BAD_SIGNATURE");
        assert!(!release(&stored, &one.receipt(&seat), false).await.expect("it is given back"));
        assert_eq!((devices(&stored, &key).await, row(&stored, &seat).await.transfers), (0, 1));
        assert_eq!(stored.events().await.last().map(String::as_str), Some("license.release-offline"));
        assert!(release(&stored, &one.receipt(&seat), false).await.expect("it is so already"));
        // Neither the request nor the receipt works once more when another device has the seat.
        let other = given(&stored, &two.request(&key, 1)).await.seat;
        assert_eq!(refused(&stored, &one.request(&key, 1)).await, "ALREADY_USED");
        assert!(release(&stored, &one.receipt(&seat), false).await.expect("it is so already"));
        assert_eq!((devices(&stored, &key).await, row(&stored, &other).await.transfers), (1, 1));
    }
}

#[tokio::test]
async fn a_receipt_of_an_earlier_seat_is_refused() {
    for stored in Stored::all().await {
        let key = issued(&stored, pro_10()).await;
        let device = Device::new(1);
        let first = given(&stored, &device.request(&key, 1)).await.seat;
        let second = given(&stored, &device.request(&key, 2)).await.seat;
        let old = release(&stored, &device.receipt(&first), false).await.expect_err("refused");
        assert_eq!((old.code(), devices(&stored, &key).await), ("ALREADY_USED", 1));
        let unknown = Seat { nonce: [9; 16], ..second.clone() };
        let unknown = release(&stored, &device.receipt(&unknown), false).await.expect_err("refused");
        assert_eq!(unknown.code(), "NOT_FOUND");
        let nowhere = Seat { license_id: uuid::Uuid::from_u128(9), ..second.clone() };
        let nowhere = release(&stored, &device.receipt(&nowhere), false).await.expect_err("refused");
        assert_eq!(nowhere.code(), "NOT_FOUND");
        let elsewhere = Seat { product: "pool".to_owned(), ..second.clone() };
        let elsewhere = release(&stored, &device.receipt(&elsewhere), false).await.expect_err("refused");
        assert_eq!(elsewhere.code(), "BAD_SIGNATURE");
        assert!(!release(&stored, &device.receipt(&second), false).await.expect("it is given back"));
    }
}

#[tokio::test]
async fn seats_given_back_and_transfers_count_together_within_the_window() {
    for stored in Stored::all().await {
        rules(&stored, "lk", "pro-10", |rules| {
            (rules.max_transfers, rules.transfer_window) = (Some(2), Some(30 * DAY));
        })
        .await;
        let key = issued(&stored, pro_10()).await;
        let transfer = Transfer { device: Some("elsewhere".to_owned()), user: None, beyond_limit: false };
        let transfer = async || {
            stored.engine.transfer(&stored.caller(), Named::Key(key.clone()), transfer.clone()).await
        };
        transfer().await.expect("it is moved");
        let device = Device::new(1);
        let seat = given(&stored, &device.request(&key, 1)).await.seat;
        assert!(!release(&stored, &device.receipt(&seat), false).await.expect("it is given back"));
        let seat = given(&stored, &device.request(&key, 2)).await.seat;
        let full = release(&stored, &device.receipt(&seat), false).await.expect_err("refused");
        assert_eq!(full.code(), "LIMIT_EXCEEDED");
        assert_eq!(transfer().await.expect_err("refused").code(), "LIMIT_EXCEEDED");
        assert_eq!(devices(&stored, &key).await, 2);
        // Support may, and time helps.
        assert!(!release(&stored, &device.receipt(&seat), true).await.expect("it is given back"));
        stored.clock.advance(31 * DAY);
        transfer().await.expect("it is moved");
    }
}
