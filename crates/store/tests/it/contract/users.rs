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
