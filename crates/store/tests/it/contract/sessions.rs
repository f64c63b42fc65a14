//! Sessions.

use keyward_store::sessions::{self, Session};
use keyward_store::tokens::{self, Token};

use crate::world::{ACCOUNT, NOW, TEXTS, digest, id, worlds};

fn session(number: u32) -> Session {
    Session {
        id: id(number.into()),
        account_id: ACCOUNT,
        digest: digest(number).to_vec(),
        csrf_digest: digest(number + 100).to_vec(),
        user_id: None,
        token_id: None,
        address: Some("2001:db8::7".to_owned()),
        user_agent: Some(TEXTS[1].to_owned()),
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: NOW.plus_seconds(i64::from(number)),
        pending: number % 2 == 1,
    }
}

#[tokio::test]
async fn a_session_is_good_until_its_end_and_goes_when_it_is_ended() {
    for w in worlds().await {
        for number in 1..=4 {
            w.write(session(number), |it, tx| Box::pin(sessions::insert(tx, it))).await.unwrap();
        }
        let error = w.write(session(1), |it, tx| Box::pin(sessions::insert(tx, it))).await.unwrap_err();
        assert_eq!(error.code(), "CONFLICT");
        let found = async |number, second| {
            sessions::by_digest(&w.store, &digest(number), NOW.plus_seconds(second)).await.unwrap()
        };
        assert_eq!(found(2, 1).await, Some(session(2)));
        assert_eq!(found(2, 2).await, None);
        assert_eq!(found(9, 0).await, None);

        let later = NOW.plus_seconds(3);
        w.write((), move |(), tx| Box::pin(sessions::touch(tx, id(4), later, NOW.plus_seconds(9))))
            .await
            .unwrap();
        assert_eq!(found(4, 3).await.unwrap().last_seen_at, later);
        assert_eq!(found(4, 8).await.unwrap().expires_at, NOW.plus_seconds(9));
        w.write((), move |(), tx| Box::pin(sessions::touch(tx, id(3), later, NOW.plus_seconds(9))))
            .await
            .unwrap();
        assert_eq!(found(3, 3).await, None, "one that is over stays over");
        let removed = w.write((), move |(), tx| Box::pin(sessions::delete_expired(tx, later))).await;
        assert_eq!(removed.unwrap(), 3);
        let end = async || w.write((), |(), tx| Box::pin(sessions::delete(tx, id(4)))).await.unwrap();
        assert!(end().await);
        assert!(!end().await);
        assert_eq!(w.count("select count(*) from sessions").await, 0);
    }
}

#[tokio::test]
async fn the_sessions_of_a_token_end_with_it() {
    for w in worlds().await {
        for number in 1..=2 {
            let token = Token {
                id: id(number),
                account_id: ACCOUNT,
                kind: "admin".to_owned(),
                role: Some("admin".to_owned()),
                name: String::new(),
                digest: digest(number as u32).to_vec(),
                hint: "wxyz".to_owned(),
                installation_id: None,
                created_at: NOW,
                expires_at: None,
                revoked_at: None,
                last_used_at: None,
            };
            w.write(token, |it, tx| Box::pin(tokens::insert(tx, it))).await.unwrap();
        }
        for (number, token) in [(3, Some(id(1))), (4, Some(id(1))), (5, Some(id(2))), (6, None)] {
            let session = Session { token_id: token, ..session(number) };
            w.write(session, |it, tx| Box::pin(sessions::insert(tx, it))).await.unwrap();
        }
        let end =
            async || w.write((), |(), tx| Box::pin(sessions::delete_of_token(tx, id(1)))).await.unwrap();
        assert_eq!((end().await, end().await), (2, 0));
        for (number, stays) in [(3, false), (4, false), (5, true), (6, true)] {
            let found = sessions::by_digest(&w.store, &digest(number), NOW).await.unwrap();
            assert_eq!(found.is_some(), stays, "{number}");
        }
    }
}
