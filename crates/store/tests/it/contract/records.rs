//! Licences for somebody, page by page.

use keyward_store::licenses::{self, Subject};

use crate::world::{PRODUCT, World, id, worlds};

async fn client(w: &World, number: u32, scheme: &str, subject: Option<&str>) {
    w.license(number, |license| {
        license.scheme = scheme.to_owned();
        license.subject = subject.map(str::to_owned);
    })
    .await;
}

#[tokio::test]
async fn the_newest_come_first_and_only_those_that_are_for_somebody() {
    for w in worlds().await {
        client(&w, 1, "record", Some("a.example")).await;
        client(&w, 2, "record", None).await;
        client(&w, 3, "pool12", Some("b.example")).await;
        client(&w, 4, "record", Some("c.example")).await;
        client(&w, 5, "record", Some("\u{1f40e} 'd'")).await;
        let page = async |before, limit| {
            let found = licenses::records_before(&w.store, PRODUCT, "record", before, limit).await.unwrap();
            found.into_iter().map(|found| (found.serial, found.license.subject.unwrap())).collect::<Vec<_>>()
        };
        let subjects = async |before, limit| {
            let found = licenses::subjects_before(&w.store, PRODUCT, "record", before, limit).await.unwrap();
            found.into_iter().map(|Subject { serial, subject }| (serial, subject)).collect::<Vec<_>>()
        };
        let all: Vec<_> = [(5, "\u{1f40e} 'd'"), (4, "c.example"), (1, "a.example")]
            .map(|(serial, subject)| (serial, subject.to_owned()))
            .to_vec();
        assert_eq!(page(i64::MAX, 9).await, all);
        assert_eq!(page(i64::MAX, 2).await, all[..2]);
        assert_eq!(page(4, 2).await, all[2..]);
        assert_eq!(page(1, 2).await, []);
        assert_eq!(subjects(i64::MAX, 9).await, all);
        assert_eq!(subjects(5, 1).await, all[1..2]);

        let one = async |product, serial| {
            let found = licenses::record_by_serial(&w.store, product, "record", serial).await.unwrap();
            found.and_then(|found| found.license.subject)
        };
        assert_eq!(one(PRODUCT, 4).await.as_deref(), Some("c.example"));
        for nobody in [2, 3, 6, 0, -1, i64::MIN, i64::MAX] {
            assert_eq!(one(PRODUCT, nobody).await, None, "{nobody}");
        }
        assert_eq!(one(id(999), 4).await, None);
    }
}
