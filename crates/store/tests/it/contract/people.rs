//! The people of the console.

use keyward_store::people::{self, Person};
use keyward_store::sessions::{self, Session};
use keyward_store::users::{self, User};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, TEXTS, digest, id, worlds};

fn person(number: u32, role: &str) -> Person {
    Person {
        id: id(number.into()),
        account_id: ACCOUNT,
        email: format!("person{number}@example.com"),
        name: Some(TEXTS[1].to_owned()),
        role: role.to_owned(),
        password_hash: Some("hash".to_owned()),
        totp_sealed: None,
        banned_at: None,
        created_at: NOW,
    }
}

#[tokio::test]
async fn people_are_apart_from_customers_until_they_are_invited() {
    for w in worlds().await {
        let customer = User {
            id: id(7),
            account_id: ACCOUNT,
            external_id: Some("c7".to_owned()),
            email: Some("person7@example.com".to_owned()),
            name: Some("Seven".to_owned()),
            role: "user".to_owned(),
            banned_at: Some(NOW),
            created_at: NOW,
        };
        w.write(customer, |it, tx| Box::pin(async move { users::insert(tx, it).await.map(drop) }))
            .await
            .unwrap();
        assert!(!people::any(&w.store, ACCOUNT).await.unwrap());
        assert_eq!(people::by_id(&w.store, id(7)).await.unwrap(), None);
        let change = async |number: u32| {
            w.write(number, |number, tx| {
                let id = id((*number).into());
                Box::pin(async move {
                    let before = people::by_id(tx, id).await?.map_or_else(|| "user".to_owned(), |it| it.role);
                    let password = people::set_password(tx, id, Some("new")).await?;
                    Ok((
                        password,
                        people::set_totp(tx, id, Some(b"sealed")).await?,
                        people::set_role(tx, id, &before, "admin").await?,
                    ))
                })
            })
            .await
            .unwrap()
        };
        assert_eq!(change(7).await, (false, false, false), "a customer has none of these");

        let put = async |it: Person| w.write(it, |it, tx| Box::pin(people::put(tx, it))).await.unwrap();
        assert_eq!(put(person(1, "admin")).await, Some(id(1)));
        assert_eq!(put(Person { id: id(2), ..person(1, "read-only") }).await, None, "he is one already");
        let seventh = Person { id: id(3), name: None, ..person(7, "support-agent") };
        assert_eq!(put(seventh).await, Some(id(7)), "the customer's row");
        assert!(people::any(&w.store, ACCOUNT).await.unwrap());

        let stored = people::by_email(&w.store, ACCOUNT, "person7@example.com").await.unwrap().unwrap();
        assert_eq!(
            (stored.id, stored.name.as_deref(), stored.role.as_str()),
            (id(7), Some("Seven"), "support-agent")
        );
        assert_eq!(stored.banned_at, None);
        assert_eq!(people::by_email(&w.store, id(5), "person7@example.com").await.unwrap(), None);
        assert_eq!(change(1).await, (true, true, true));
        let late =
            w.write((), |(), tx| Box::pin(people::set_role(tx, id(1), "support-agent", "read-only"))).await;
        assert!(!late.unwrap(), "he is an administrator by now");
        let changed = Person {
            password_hash: Some("new".to_owned()),
            totp_sealed: Some(b"sealed".to_vec()),
            ..person(1, "admin")
        };
        assert_eq!(people::by_id(&w.store, id(1)).await.unwrap(), Some(changed.clone()));
        assert_eq!(people::of_account(&w.store, ACCOUNT).await.unwrap(), [stored, changed]);
    }
}

#[tokio::test]
async fn a_step_works_once_and_the_last_administrators_are_known() {
    for w in worlds().await {
        for (number, role) in [(1, "admin"), (2, "admin"), (3, "read-only")] {
            w.write(person(number, role), |it, tx| {
                Box::pin(async move { people::put(tx, it).await.map(drop) })
            })
            .await
            .unwrap();
        }
        let step = async |step: i64| {
            w.write(step, |step, tx| Box::pin(people::use_step(tx, id(1), *step))).await.unwrap()
        };
        assert!(step(5).await && !step(5).await && !step(4).await && step(6).await);
        w.write((), |(), tx| Box::pin(people::set_totp(tx, id(1), None))).await.unwrap();
        assert!(step(1).await, "another secret has other steps");
        w.write((), |(), tx| Box::pin(users::set_banned(tx, id(2), Some(NOW)))).await.unwrap();
        let admins = w.write((), |(), tx| Box::pin(people::lock_admins(tx, ACCOUNT))).await.unwrap();
        assert_eq!(admins, [id(1)]);
    }
}

#[tokio::test]
async fn the_sessions_of_a_person_are_listed_and_end_together() {
    for w in worlds().await {
        w.write(person(1, "admin"), |it, tx| Box::pin(async move { people::put(tx, it).await.map(drop) }))
            .await
            .unwrap();
        let session = |number: u32| Session {
            id: id(100 + u128::from(number)),
            account_id: ACCOUNT,
            digest: digest(number).to_vec(),
            csrf_digest: digest(number + 100).to_vec(),
            user_id: Some(id(1)),
            token_id: None,
            address: None,
            user_agent: None,
            created_at: NOW,
            last_seen_at: NOW,
            expires_at: NOW.plus_seconds(i64::from(number)),
            pending: false,
        };
        for number in 1..=4 {
            w.write(session(number), |it, tx| Box::pin(sessions::insert(tx, it))).await.unwrap();
        }
        let good = sessions::of_user(&w.store, id(1), NOW.plus_seconds(1)).await.unwrap();
        assert_eq!(good, [session(4), session(3), session(2)], "those that are over are not shown");
        assert!(sessions::of_user(&w.store, id(2), NOW).await.unwrap().is_empty());
        let end = async |but: Uuid| {
            w.write(but, |but, tx| Box::pin(sessions::delete_of_user(tx, id(1), *but))).await.unwrap()
        };
        assert_eq!(end(id(103)).await, 3);
        assert_eq!(end(Uuid::nil()).await, 1);
    }
}
