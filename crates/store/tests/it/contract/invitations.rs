//! Invitations.

use keyward_store::invitations::{self, Invitation};
use keyward_store::users::{self, User};

use crate::world::{ACCOUNT, NOW, digest, id, worlds};

fn invitation(number: u32, email: Option<&str>) -> Invitation {
    Invitation {
        id: id(number.into()),
        account_id: ACCOUNT,
        digest: digest(number).to_vec(),
        email: email.map(str::to_owned),
        role: "admin".to_owned(),
        created_at: NOW,
        expires_at: NOW.plus_seconds(i64::from(number)),
        invited_by: None,
    }
}

#[tokio::test]
async fn an_invitation_is_good_until_its_end_and_works_once() {
    for w in worlds().await {
        for (number, email) in
            [(1, None), (2, Some("ada@example.com")), (3, Some("ada@example.com")), (4, None)]
        {
            w.write(invitation(number, email), |it, tx| Box::pin(invitations::insert(tx, it))).await.unwrap();
        }
        let again = w.write(invitation(1, None), |it, tx| Box::pin(invitations::insert(tx, it))).await;
        assert_eq!(again.unwrap_err().code(), "CONFLICT");
        let found = async |number, second| {
            invitations::by_digest(&w.store, &digest(number), NOW.plus_seconds(second)).await.unwrap()
        };
        assert_eq!(found(2, 1).await, Some(invitation(2, Some("ada@example.com"))));
        assert_eq!((found(2, 2).await, found(9, 0).await), (None, None));
        let take = async |second| {
            w.write(second, |second, tx| {
                let now = NOW.plus_seconds(*second);
                Box::pin(async move { invitations::take(tx, &digest(4), now).await })
            })
            .await
            .unwrap()
        };
        assert_eq!(take(4).await, None, "its time is over");
        assert_eq!(take(3).await, Some(invitation(4, None)));
        assert_eq!(take(3).await, None, "it is gone");
        let removed = w
            .write((), |(), tx| Box::pin(invitations::delete_of_email(tx, ACCOUNT, "ada@example.com")))
            .await;
        assert_eq!(removed.unwrap(), 2);
        w.write(invitation(5, None), |it, tx| Box::pin(invitations::insert(tx, it))).await.unwrap();
        let removed = w.write((), |(), tx| Box::pin(invitations::delete_open(tx, id(77)))).await;
        assert_eq!(removed.unwrap(), 0, "of another account");
        let removed = w.write((), |(), tx| Box::pin(invitations::delete_open(tx, ACCOUNT))).await;
        assert_eq!(removed.unwrap(), 2);
        w.write(invitation(1, None), |it, tx| Box::pin(invitations::insert(tx, it))).await.unwrap();
        let over = NOW.plus_seconds(1);
        let removed = w.write((), move |(), tx| Box::pin(invitations::delete_expired(tx, over))).await;
        assert_eq!(removed.unwrap(), 1);
    }
}

#[tokio::test]
async fn those_that_wait_are_listed_with_who_made_them_and_withdrawn_once() {
    for w in worlds().await {
        let ada = User {
            id: id(50),
            account_id: ACCOUNT,
            external_id: None,
            email: Some("ada@example.com".to_owned()),
            name: None,
            role: "admin".to_owned(),
            banned_at: None,
            created_at: NOW,
        };
        w.write(ada, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap();
        let by_ada = Invitation { invited_by: Some(id(50)), ..invitation(3, Some("bob@example.com")) };
        for one in [invitation(1, None), invitation(2, None), by_ada.clone()] {
            w.write(one, |it, tx| Box::pin(invitations::insert(tx, it))).await.unwrap();
        }
        let waiting = async |second, limit| {
            invitations::waiting(&w.store, ACCOUNT, NOW.plus_seconds(second), limit).await.unwrap()
        };
        assert_eq!(waiting(1, 9).await, [by_ada.clone(), invitation(2, None)]);
        assert_eq!(waiting(0, 1).await, std::slice::from_ref(&by_ada));
        assert!(waiting(3, 9).await.is_empty());
        assert!(invitations::waiting(&w.store, id(5), NOW, 9).await.unwrap().is_empty());
        let withdraw = async |account, number: u128| {
            w.write((), move |(), tx| Box::pin(invitations::withdraw(tx, account, id(number), NOW)))
                .await
                .unwrap()
        };
        assert_eq!(withdraw(id(5), 3).await, None, "of another account");
        assert_eq!(withdraw(ACCOUNT, 3).await, Some(by_ada));
        assert_eq!(withdraw(ACCOUNT, 3).await, None);
        assert_eq!(waiting(0, 9).await.len(), 2);
    }
}
