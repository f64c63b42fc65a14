//! Users.

use keyward_core::time::Timestamp;
use keyward_store::users::{self, User};

use crate::world::{ACCOUNT, NOW, TEXTS, id, worlds};

fn user(number: u128) -> User {
    User {
        id: id(number),
        account_id: ACCOUNT,
        external_id: None,
        email: None,
        name: None,
        role: "user".to_owned(),
        banned_at: None,
        created_at: NOW,
    }
}

#[tokio::test]
async fn users_are_found_by_each_of_their_names() {
    for w in worlds().await {
        let mut full = user(10);
        (full.external_id, full.email) = (Some(TEXTS[0].to_owned()), Some(TEXTS[1].to_owned()));
        (full.name, full.banned_at) = (Some(TEXTS[2].to_owned()), Some(Timestamp::from_micros(i64::MIN)));
        // Two without a name do not collide.
        for one in [full.clone(), user(11), user(12)] {
            assert!(w.write(one, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap());
        }
        let (mut same_external, mut same_email) = (user(13), user(14));
        same_external.external_id.clone_from(&full.external_id);
        same_email.email.clone_from(&full.email);
        for one in [same_external, same_email] {
            assert!(!w.write(one, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap());
        }
        let db = &w.store;
        assert_eq!(users::by_id(db, id(10)).await.unwrap().as_ref(), Some(&full));
        assert_eq!(users::by_external_id(db, ACCOUNT, TEXTS[0]).await.unwrap().as_ref(), Some(&full));
        assert_eq!(users::by_email(db, ACCOUNT, TEXTS[1]).await.unwrap().as_ref(), Some(&full));
        assert_eq!(users::by_id(db, id(12)).await.unwrap(), Some(user(12)));
        assert_eq!(users::by_id(db, id(13)).await.unwrap(), None);
        assert_eq!(users::by_external_id(db, id(5), TEXTS[0]).await.unwrap(), None);
        assert_eq!(users::by_email(db, ACCOUNT, "nobody@example.org").await.unwrap(), None);
    }
}

#[tokio::test]
async fn bans_come_and_go_and_a_taken_address_is_a_conflict() {
    for w in worlds().await {
        for number in [10, 11] {
            w.write(user(number), |it, tx| Box::pin(users::insert(tx, it))).await.unwrap();
        }
        let ban = async |number, at| {
            w.write((), move |(), tx| Box::pin(users::set_banned(tx, id(number), at))).await.unwrap()
        };
        assert!(ban(10, Some(NOW)).await);
        assert_eq!(users::by_id(&w.store, id(10)).await.unwrap().unwrap().banned_at, Some(NOW));
        assert!(ban(10, None).await);
        assert_eq!(users::by_id(&w.store, id(10)).await.unwrap(), Some(user(10)));
        assert!(!ban(99, Some(NOW)).await);

        let email = async |number, email| {
            w.write((), move |(), tx| Box::pin(users::set_email(tx, id(number), email))).await
        };
        assert!(email(10, Some("a@example.org")).await.unwrap());
        assert!(!email(99, Some("b@example.org")).await.unwrap());
        let error = email(11, Some("a@example.org")).await.unwrap_err();
        assert_eq!(error.code(), "CONFLICT", "{error}");
        assert!(error.to_string().contains("email"), "{error}");
        assert!(email(10, None).await.unwrap());
        assert!(email(11, Some("a@example.org")).await.unwrap());
    }
}

#[tokio::test]
async fn customers_are_listed_and_found_by_how_they_begin_and_people_are_not_among_them() {
    for w in worlds().await {
        for number in 0..30_u128 {
            let one = User {
                external_id: Some(format!("C{number:02}")),
                email: (number % 2 == 0).then(|| format!("mail{number:02}@example.com")),
                name: (number % 3 == 0).then(|| format!("Name {number:02} {}", TEXTS[0])),
                role: if number == 7 { "admin".to_owned() } else { "user".to_owned() },
                ..user(100 + number)
            };
            assert!(w.write(one, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap());
        }
        let ids = |rows: Vec<(i64, User)>| {
            rows.into_iter().map(|(_, it)| it.external_id.unwrap()).collect::<Vec<_>>()
        };
        let first = users::customers_before(&w.store, ACCOUNT, i64::MAX, 25).await.unwrap();
        let serial = first.last().unwrap().0;
        let rest = users::customers_before(&w.store, ACCOUNT, serial, 25).await.unwrap();
        assert_eq!(
            (first.len(), ids(rest)),
            (25, vec!["C03".into(), "C02".into(), "C01".into(), "C00".into()])
        );
        let found = async |text: &str, limit| {
            ids(users::customers_like(&w.store, ACCOUNT, text, limit).await.unwrap())
        };
        assert_eq!(found("C1", 50).await.len(), 10);
        assert_eq!(found("C0", 50).await.len(), 9, "without the administrator");
        assert_eq!(found("c1", 50).await.len(), 0, "an id is what it is");
        assert_eq!(found("MAIL04", 50).await, ["C04"]);
        assert_eq!(found("name 0", 50).await, ["C09", "C06", "C03", "C00"]);
        assert_eq!(found("C", 5).await.len(), 5);
        for nothing in ["%", "_", "x", TEXTS[2]] {
            assert!(found(nothing, 50).await.is_empty(), "{nothing}");
        }
        assert!(users::customers_before(&w.store, id(5), i64::MAX, 9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn customers_are_found_through_an_index_of_each_of_their_marks() {
    let w = crate::world::sqlite().await;
    let newest = super::license_list::plan(&w, "NEWEST_CUSTOMERS").await;
    assert!(newest.contains("INTEGER PRIMARY KEY") && !newest.contains("TEMP B-TREE"), "{newest}");
    let found = super::license_list::plan(&w, "FOUND_CUSTOMERS").await;
    assert!(found.contains("sqlite_autoindex_users") && !found.contains("SCAN users"), "{found}");
}
